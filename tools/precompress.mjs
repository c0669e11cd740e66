// Puts a .br and a .gz beside each file of the built web client that gets smaller by it; the server sends
// them to browsers that take them. `node precompress.mjs FOLDER`
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const COMPRESSED = /\.(js|css|html|json|svg|wasm|webmanifest|txt)$/;
const SMALLEST_BYTES = 1024;

for (const entry of readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath ?? entry.path, entry.name);
  if (!entry.isFile() || !COMPRESSED.test(entry.name)) continue;
  const bytes = readFileSync(file);
  if (bytes.length < SMALLEST_BYTES) continue;
  // Quality 9 is within a few per cent of 11 and takes a tenth of its time.
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const forms = { '.br': brotliCompressSync(bytes, { params: quality }), '.gz': gzipSync(bytes) };
  for (const [ending, form] of Object.entries(forms)) {
    if (form.length < bytes.length) writeFileSync(file + ending, form);
  }
}
