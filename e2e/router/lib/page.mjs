// Checks and bundles the page, once a run, with the tools of the web client.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PAGE = join(dirname(fileURLToPath(import.meta.url)), '../page');
const WEB = join(PAGE, '../../../web');

let built;

/** The folder of the built page. */
export function buildPage() {
  built ??= build();
  return built;
}

async function build() {
  execFileSync(join(WEB, 'node_modules/.bin/tsc'), ['-p', PAGE], { stdio: 'inherit' });
  const { resolve } = createRequire(join(WEB, 'package.json'));
  const { build: bundle } = await import(pathToFileURL(resolve('vite')).href);
  const folder = join(PAGE, 'dist');
  await bundle({
    root: PAGE,
    configFile: false,
    logLevel: 'warn',
    build: { target: 'es2022', outDir: folder, emptyOutDir: true, modulePreload: false },
    worker: { format: 'es' },
  });
  return folder;
}
