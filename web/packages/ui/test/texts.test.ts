import { readdirSync, readFileSync } from 'node:fs';
import { en } from '@crypho/i18n/en';
import { expect, test } from 'vitest';

const WEB = new URL('../../..', import.meta.url);
const FOLDERS = ['packages/ui/src', 'packages/model/src', 'packages/i18n/src', 'app/src'];
const CATALOGUES = /(^|\/)(en|nb|pseudo)\.ts$/;

const code = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, `${WEB.href}/`), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.stories\./.test(name) && !CATALOGUES.test(name))
    .map((name) => readFileSync(new URL(`${folder}/${name}`, `${WEB.href}/`), 'utf8')),
).join('\n');

test('each text is used somewhere', () => {
  const written = new Set([...code.matchAll(/'([a-z][\w.-]*)'/g)].map(([, key]) => key));
  const made = [...code.matchAll(/`([a-z][\w.-]*\$\{[^`]*)`/g)].map(([, key = '']) => {
    const parts = key.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.-]/g, '\\$&'));
    return new RegExp(`^${parts.join('[\\w.-]+')}$`);
  });
  const unused = Object.keys(en).filter(
    (key) => !written.has(key) && !made.some((pattern) => pattern.test(key)),
  );
  expect(unused).toEqual([]);
});
