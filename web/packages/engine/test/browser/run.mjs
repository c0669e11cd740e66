// `CRYPHO_SERVER=http://localhost:8080 node test/browser/run.mjs [journeys | clock | history]`: engines in
// Chromium against a running server. Node 20 does not read TypeScript by itself; Vite does.
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const name = process.argv[2] ?? 'journeys';
await runnerImport(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), { configFile: false });
