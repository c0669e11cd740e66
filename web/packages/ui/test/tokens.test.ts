import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = new URL('../src/', import.meta.url).pathname;
const css = readFileSync(join(root, 'tokens/tokens.css'), 'utf8');

type Theme = 'light' | 'dark' | 'high-contrast light' | 'high-contrast dark';

function declarations(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

const high = /data-theme='high-contrast'\]\s*\{([^}]*)\}/.exec(css)?.[1] ?? '';
const base = declarations(css.slice(0, css.indexOf(":root[data-theme='light']")));
const contrast = declarations(high);

/** The relative luminance of a token in a theme (WCAG 2.2), from OKLCH by way of linear sRGB. */
function luminance(token: string, theme: Theme): number {
  const isDark = theme.endsWith('dark');
  let value = (theme.startsWith('high') ? contrast.get(token) : undefined) ?? base.get(token) ?? '';
  for (let at = 0; at < 5; at++) {
    const both = /^light-dark\(\s*(.+?\))\s*,\s*(.+\))\s*\)$/s.exec(value);
    if (both !== null) value = (isDark ? both[2] : both[1]) ?? '';
    const named = /^var\((--[\w-]+)\)$/.exec(value);
    if (named !== null) value = base.get(named[1] ?? '') ?? '';
  }
  const match = /^oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)$/.exec(value);
  if (match === null) throw new Error(`${token} in ${theme} is ${value}`);
  const [l, c, h] = [Number(match[1]) / 100, Number(match[2]), (Number(match[3]) * Math.PI) / 180];
  const [a, b] = [c * Math.cos(h), c * Math.sin(h)];
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clamp = (value_: number): number => Math.min(1, Math.max(0, value_));
  const red = clamp(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short);
  const green = clamp(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short);
  const blue = clamp(-0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratio(one: string, other: string, theme: Theme): number {
  const [low, top] = [luminance(one, theme), luminance(other, theme)].sort((a, b) => a - b);
  return ((top ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const SURFACES = ['--surface', '--surface-sunken', '--surface-raised', '--surface-hover'];
const GROUNDS = [...SURFACES, '--surface-selected', '--bubble', '--bubble-own'];
const PAIRS: readonly (readonly [string, readonly string[], number])[] = [
  ['--ink', GROUNDS, 7],
  ['--ink', ['--warning-soft', '--accent-soft', '--danger-soft'], 7],
  ['--ink-muted', GROUNDS, 4.5],
  [
    '--accent',
    [...SURFACES, '--surface-selected', '--bubble', '--bubble-own', '--accent-soft'],
    4.5,
  ],
  ['--accent-ink', ['--accent', '--accent-hover'], 4.5],
  ['--danger', [...SURFACES, '--surface-selected', '--danger-soft'], 4.5],
  ['--danger-ink', ['--danger', '--danger-hover'], 4.5],
  ['--warning', ['--surface', '--warning-soft'], 4.5],
  ['--focus', GROUNDS, 3],
  ['--line-strong', ['--surface', '--surface-raised', '--surface-sunken'], 3],
  ['--tint-ink', Array.from({ length: 8 }, (_, at) => `--tint-${at}`), 4.5],
  ['--qr-ink', ['--qr-ground'], 7],
];

for (const theme of ['light', 'dark', 'high-contrast light', 'high-contrast dark'] as const) {
  test(`contrast of the declared pairs: ${theme}`, () => {
    for (const [ink, grounds, least] of PAIRS) {
      for (const ground of grounds) {
        expect(ratio(ink, ground, theme), `${ink} on ${ground}`).toBeGreaterThanOrEqual(least);
      }
    }
  });
}

function files(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

test('colours are named by tokens alone', () => {
  for (const file of files(root, /\.css$/)) {
    if (file.endsWith('tokens.css')) continue;
    const found = readFileSync(file, 'utf8').match(
      /#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch|lab|color)\(/gi,
    );
    expect(found, file).toBeNull();
  }
});

test('directions are logical', () => {
  for (const file of files(root, /\.css$/)) {
    const found = readFileSync(file, 'utf8').match(
      /(margin|padding|border)-(left|right|top|bottom)\b|text-align: (left|right)/g,
    );
    expect(found, file).toBeNull();
  }
});

test('views hold no text of their own', () => {
  for (const file of files(root, /\.tsx$/)) {
    const source = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    const between = [
      ...source.matchAll(/[\w"'}/]>\s*([^<>{}()=;]*[A-Za-zÆØÅæøå]{3}[^<>{}()=;]*)<\//g),
    ];
    expect(
      between.map((match) => match[1]),
      file,
    ).toEqual([]);
    const labels = source.match(/\b(aria-label|title|placeholder|label|alt)="[^"]+"/g);
    expect(labels, file).toBeNull();
  }
});
