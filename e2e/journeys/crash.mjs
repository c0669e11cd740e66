import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const ROUNDS = 20;

export const journey = {
  title: `the packaged server under load is killed with -9 ${ROUNDS} times: every log is compared`,
  async run(world, step, note) {
    await step('load, kills, restarts, and every acknowledged message found once', async () => {
      const { code, output } = await run(['bench', 'crash', String(ROUNDS)]);
      assert.equal(code, 0, output.slice(-4000));
      note(output.trim().split('\n').at(-1) ?? '');
    });
  },
};

/** The load is a program of its own (Java); it starts and kills a server of its own. */
function run(words) {
  return new Promise((done, fail) => {
    const { CRYPHO_NO_BUILD: _, ...env } = process.env;
    const child = spawn(join(ROOT, 'crypho'), words, { cwd: ROOT, env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    child.on('error', fail);
    child.on('exit', (code) => done({ code, output }));
  });
}
