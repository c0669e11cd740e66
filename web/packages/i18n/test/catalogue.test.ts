import { expect, test } from 'vitest';
import { createText } from '../src/index.ts';
import { en } from '../src/en.ts';
import { nb } from '../src/nb.ts';
import type { Plural } from '../src/catalogue.ts';

const names = (entry: string | Plural): readonly string[] => {
  const text = typeof entry === 'string' ? entry : `${entry.one ?? ''} ${entry.other}`;
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort();
};

test('both languages have the same keys and use the same placeholders', () => {
  expect(Object.keys(nb).sort()).toEqual(Object.keys(en).sort());
  const english: Readonly<Record<string, string | Plural>> = en;
  for (const [key, entry] of Object.entries<string | Plural>(nb)) {
    expect([key, ...names(entry)]).toEqual([key, ...names(english[key] ?? '')]);
  }
});

test('no text is empty or carries markup', () => {
  for (const entry of [
    ...Object.values<string | Plural>(nb),
    ...Object.values<string | Plural>(en),
  ]) {
    for (const text of typeof entry === 'string'
      ? [entry]
      : [entry.one ?? entry.other, entry.other]) {
      expect(text.trim()).not.toBe('');
      expect(text).not.toMatch(/[<>]/);
    }
  }
});

test('plurals and numbers follow the language', () => {
  const text = createText('nb', nb, 'Europe/Oslo');
  expect(text.t('list.unread', { count: 1 })).toBe('1 ulest melding');
  expect(text.t('list.unread', { count: 1200 })).toMatch(/^1\s200 uleste meldinger$/u);
  expect(text.list(['Kari', 'Ola', 'Amir'])).toBe('Kari, Ola og Amir');
});

test('times are told from now', () => {
  const now = Date.UTC(2026, 10, 23, 9, 41);
  const text = createText('nb', nb, 'Europe/Oslo');
  expect(text.short(now - 60_000, now)).toBe('10:40');
  expect(text.short(now - 86_400_000, now)).toBe('I går');
  expect(text.day(now, now)).toBe('I dag');
  expect(text.relative(now - 3 * 3_600_000, now)).toBe('for 3 timer siden');
});
