// `./crypho router` as a process of its own.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openControl } from '../../../tools/router-control.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * @param {(folder: string) => string[]} flagsOf flags beside those of the control channel; the folder is
 *   the router's own and goes with it
 */
export async function startRouter(flagsOf) {
  const folder = mkdtempSync(join(tmpdir(), 'crypho-router-'));
  const socket = join(folder, 'control');
  const secretFile = join(folder, 'secret');
  const secret = randomBytes(32).toString('hex');
  writeFileSync(secretFile, secret, { mode: 0o600 });
  const flags = flagsOf(folder);
  let log = '';
  let child;

  function start() {
    child = spawn(
      join(ROOT, 'crypho'),
      ['router', '--control', `unix:${socket}`, '--secret-file', secretFile, ...flags],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CRYPHO_NO_BUILD: '1' } },
    );
    const mine = child;
    return new Promise((ready, fail) => {
      let said = '';
      mine.stdout.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (said.includes('ready\n')) ready();
      });
      mine.stderr.setEncoding('utf8').on('data', (text) => (log += text));
      mine.once('exit', () => fail(new Error(`the router ended:\n${said}${log.slice(-2000)}`)));
    });
  }

  async function end(signal) {
    const gone = child.exitCode !== null || child.signalCode !== null;
    const ended = gone ? undefined : new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  await start();
  return {
    start,
    pid: () => child.pid,
    log: () => log,
    kill: () => end('SIGKILL'),
    control: (onEvent, onClose) => openControl(socket, secret, onEvent, onClose),
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
