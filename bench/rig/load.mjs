// The load rig as the bench uses it: its folder (RIG), its program, its namespaces, one run of it.
// SPDX-License-Identifier: AGPL-3.0-or-later
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const home = path.resolve(import.meta.dirname, '../..');
const RIG = path.resolve(process.env.RIG ?? path.join(home, '../shared/rig'));
const LOAD_NAMESPACE = 'sfu-load';

/** What a run may take beside the seconds that were asked for. */
const SETUP_MS = 90_000;

export function fail(text) {
  console.error(text);
  process.exit(2);
}

export function checkRig() {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    fail('This measures in network namespaces: it needs Linux and root.');
  }
  if (!fs.existsSync(path.join(RIG, 'rig.mjs'))) {
    fail(
      `The load rig is not in ${RIG}.\nSay where it is: RIG=DIRECTORY ./crypho bench … (a folder with rig.mjs and engine.c).`,
    );
  }
}

/** The rig's peers are a C program; built anew when its source is newer. */
function buildEngine() {
  const engine = path.join(home, 'build/rig-engine');
  const source = path.join(RIG, 'engine.c');
  if (!fs.existsSync(engine) || fs.statSync(engine).mtimeMs < fs.statSync(source).mtimeMs) {
    fs.mkdirSync(path.dirname(engine), { recursive: true });
    try {
      execFileSync(path.join(RIG, 'build.sh'), {
        env: { ...process.env, RIG_ENGINE: engine },
        stdio: ['ignore', 2, 2],
      });
    } catch {
      fail(
        'The load rig could not be built. On Debian: apt-get install gcc libssl-dev libsrtp2-dev',
      );
    }
  }
  return engine;
}

/** One run of the rig: its one line as an object, or an error. */
export function run(server, engine, work, { warm, secs, sample }) {
  const command = [
    ...['netns', 'exec', LOAD_NAMESPACE, process.execPath, path.join(RIG, 'rig.mjs')],
    ...server.rig,
    ...['--pid', String(server.pid), '--par', '10', '--threads', '--sample', String(sample)],
    ...work,
    ...['--warm', String(warm), '--secs', String(secs)],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('ip', command, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...server.env, RIG_ENGINE: engine },
      timeout: SETUP_MS + 1000 * (Number(warm) + Number(secs)),
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (errors += data));
    child.on('close', () => {
      const line = out
        .trim()
        .split('\n')
        .findLast((each) => each.startsWith('{'));
      if (line === undefined) {
        reject(new Error(`The rig ended without a result.\n${errors.slice(-2000)}`));
      } else {
        resolve(JSON.parse(line));
      }
    });
  });
}

/** Does something with the rig's program, its namespaces and a folder, and cleans up after it. */
export async function withRig(measure) {
  const engine = buildEngine();
  const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  const isOurs = !namespaces.includes(LOAD_NAMESPACE);
  if (isOurs) execFileSync(path.join(RIG, 'netns-up.sh'), { stdio: ['ignore', 2, 2] });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crypho-bench-router-'));
  try {
    await measure(engine, folder);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
    if (isOurs) execFileSync(path.join(RIG, 'netns-down.sh'), { stdio: ['ignore', 2, 2] });
  }
}
