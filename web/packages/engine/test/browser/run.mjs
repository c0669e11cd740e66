// Node 20 does not read TypeScript by itself; Vite does.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

await runnerImport(fileURLToPath(new URL('./run.ts', import.meta.url)), { configFile: false });
