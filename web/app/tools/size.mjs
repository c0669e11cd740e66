// Fails when the log-in page needs more than 60 kB of compressed JavaScript: npm run size.
// Counted are the entry and all that it imports statically, and one language; not what is fetched later.
import { readFile } from 'node:fs/promises';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const MAX = 60_000;
const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(await readFile(new URL('.vite/manifest.json', dist), 'utf8'));
const files = new Set();

function add(key) {
  const chunk = manifest[key];
  if (chunk === undefined || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const each of chunk.imports ?? []) add(each);
}
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
add(entry);
add(Object.keys(manifest).find((key) => key.endsWith('i18n/src/nb.ts')));

let brotli = 0;
let gzip = 0;
for (const file of files) {
  const code = await readFile(new URL(file, dist));
  const small = brotliCompressSync(code, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
  }).length;
  brotli += small;
  gzip += gzipSync(code, { level: 9 }).length;
  console.log(`${String(small).padStart(7)}  ${file}`);
}
console.log(`${String(brotli).padStart(7)}  brotli (${gzip} gzip), at most ${MAX}`);
if (gzip > MAX) {
  console.error('The log-in page has grown too large.');
  process.exit(1);
}
