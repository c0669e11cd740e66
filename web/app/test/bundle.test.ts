import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Everything that a build in this mode would put on the server, as text. */
async function bundle(mode: string): Promise<string> {
  const options = { root, mode, logLevel: 'error', build: { write: false } } as const;
  const result = await build(options);
  if (!('output' in result)) throw new Error('not one bundle');
  const files = result.output.map((file) =>
    file.type === 'chunk' ? file.code : new TextDecoder('latin1').decode(bytes(file.source)),
  );
  return files.join('\n');
}

function bytes(source: string | Uint8Array): Uint8Array {
  return typeof source === 'string' ? new TextEncoder().encode(source) : source;
}

test('only test builds answer which keys a browser holds', async () => {
  const product = await bundle('production');
  expect(product).toContain('crypho-engine');
  expect(product.includes('crypho-test')).toBe(false);
  expect(product.includes('test.decrypt')).toBe(false);
  // The same search finds it where it is meant to be.
  expect((await bundle('e2e')).includes('crypho-test')).toBe(true);
}, 120_000);
