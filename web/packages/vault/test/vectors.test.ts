import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { makeVectors } from './vectors.ts';

const folder = new URL('../../../../docs/protocol/vectors/', import.meta.url);

/** `WRITE_VECTORS=1` writes the files; otherwise they must be what the code makes. */
test('the vectors in docs/protocol are what this code makes', async () => {
  for (const [name, vector] of Object.entries(await makeVectors())) {
    const file = new URL(`${name}.json`, folder);
    const text = `${JSON.stringify(vector, undefined, 2)}\n`;
    if (process.env['WRITE_VECTORS'] !== undefined) await writeFile(file, text);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(text));
  }
});
