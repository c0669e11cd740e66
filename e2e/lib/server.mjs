// The packaged server as a process of its own, started by the same script that people use.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const READY_MS_MAX = 90_000;

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

let testBuild;

/** The web client whose engine answers what keys it holds; built once a run. */
function buildForTests() {
  if (testBuild === undefined) {
    const app = join(ROOT, 'web/app');
    execFileSync('npm', ['run', '--silent', 'build', '--', '--mode', 'e2e'], { cwd: app });
    testBuild = join(app, 'dist-e2e');
  }
  return testBuild;
}

/**
 * @param {{smtpPort: number, config?: Record<string, string>}} options
 */
export async function startServer({ smtpPort, config = {}, isTestBuild = false }) {
  const web = isTestBuild ? ['--web', buildForTests()] : [];
  const data = mkdtempSync(join(tmpdir(), 'crypho-e2e-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const configFile = join(data, 'crypho.conf');
  const entries = {
    'mail.smtp.host': '127.0.0.1',
    'mail.smtp.port': String(smtpPort),
    'mail.smtp.security': 'none',
    ...config,
  };
  writeFileSync(configFile, Object.entries(entries).map(([k, v]) => `${k}=${v}\n`).join(''));
  let log = '';
  let child;

  async function start() {
    child = spawn(
      join(ROOT, 'crypho'),
      ['serve', '--port', String(port), '--data', join(data, 'data'), '--config', configFile, ...web],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CRYPHO_NO_BUILD: '1' } },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => (log += text));
    }
    const mine = child;
    const until = Date.now() + READY_MS_MAX;
    for (;;) {
      if (mine.exitCode !== null) throw new Error(`the server ended:\n${log.slice(-4000)}`);
      const ready = await fetch(`${url}/health/ready`).then((r) => r.ok, () => false);
      if (ready) return;
      if (Date.now() > until) throw new Error(`the server is not ready:\n${log.slice(-4000)}`);
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  const ended = (process) =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve()
      : new Promise((done) => process.once('exit', () => done(undefined)));

  await start();
  return {
    url,
    port,
    data: join(data, 'data'),
    log: () => log,
    pid: () => child.pid,
    start,
    /** As Ctrl-C: drains, stops the database too. */
    async stop() {
      child.kill('SIGTERM');
      await ended(child);
    },
    /** kill -9 of the server process alone; the database stays behind for the next start. */
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
    /** Where the embedded database listens: the folder of its Unix socket. */
    databaseSocket() {
      const found = findSocket(join(data, 'data'));
      if (!found) throw new Error('no database socket below the data folder');
      return found;
    },
    remove: () => rmSync(data, { recursive: true, force: true }),
  };
}

function findSocket(folder) {
  for (const pidFile of pidFiles(folder)) {
    const lines = readFileSync(pidFile, 'utf8').split('\n');
    if (lines[4]) return { folder: lines[4], port: Number(lines[3]) };
  }
  return null;
}

function pidFiles(folder, depth = 3) {
  if (depth === 0 || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory()
      ? pidFiles(join(folder, e.name), depth - 1)
      : e.name === 'postmaster.pid'
        ? [join(folder, e.name)]
        : [],
  );
}
