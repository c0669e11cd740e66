// The interface's own texts, so that journeys find things by the words that people see.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CATALOGUES = join(dirname(fileURLToPath(import.meta.url)), '../../web/packages/i18n/src');

/** The catalogues are literals in TypeScript: without their types they are JavaScript. */
async function load(language) {
  const source = readFileSync(join(CATALOGUES, `${language}.ts`), 'utf8')
    .replace(/^import .*$/gm, '')
    .replace(/\}\s*(as const\s*)?satisfies[\s\S]*?;\s*$/, '};')
    .replace(/export const (\w+)[^=]*=/, 'export const $1 =');
  const module = await import(`data:text/javascript;base64,${Buffer.from(source).toString('base64')}`);
  return module[language];
}

const CATALOGUE = { en: await load('en'), nb: await load('nb') };

/** The text for `key`; `places` fill `{name}`s, `count` chooses the plural. */
export function text(language, key, places = {}) {
  const entry = CATALOGUE[language][key];
  if (entry === undefined) throw new Error(`no text "${key}" in ${language}`);
  const form =
    typeof entry === 'string'
      ? entry
      : entry[new Intl.PluralRules(language).select(places.count)] ?? entry.other;
  return form.replace(/\{(\w+)\}/g, (_, name) => String(places[name]));
}

/** A pattern for `key` in which every place may be anything. */
export function pattern(language, key) {
  const entry = CATALOGUE[language][key];
  const forms = typeof entry === 'string' ? [entry] : Object.values(entry);
  const escaped = forms.map((f) =>
    f
      .split(/\{\w+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );
  return new RegExp(`^(?:${escaped.join('|')})$`, 's');
}
