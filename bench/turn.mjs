// Our TURN relay and Debian's coturn on the same load, in turn: ./crypho bench turn [options].
// In two network namespaces, which the load rig's scripts make (its folder: RIG); see bench/README.md.
// SPDX-License-Identifier: AGPL-3.0-or-later
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ADDRESS, startCoturn, startCrypho } from './rig/servers.mjs';

const home = path.resolve(import.meta.dirname, '..');
const RIG = path.resolve(process.env.RIG ?? path.join(home, '../shared/rig'));
const LOAD_NAMESPACE = 'sfu-load';
const LOAD_ADDRESS = '10.99.0.2';
const PORTS = { crypho: 3478, coturn: 3479 };
const SERVERS = Object.keys(PORTS);

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    repeats: { type: 'string', default: '3' },
    clients: { type: 'string', default: '100' },
    pps: { type: 'string', multiple: true, default: ['200', '600'] },
    bytes: { type: 'string', default: '1200' },
    warm: { type: 'string', default: '3' },
    settle: { type: 'string', default: '15' },
    secs: { type: 'string', default: '5' },
    server: { type: 'string', multiple: true, default: SERVERS },
    help: { type: 'boolean', default: false },
  },
});

const USAGE = `./crypho bench turn [--json] [--repeats 3] [--clients 100] [--pps 200 --pps 600] [--bytes 1200]
                    [--secs 5] [--warm 3] [--settle 15] [--server NAME]…

Clients send on channels at an even pace, and a peer sends everything back: each packet is forwarded twice.
--pps     packets a second of each client; each one is measured by itself
--settle  seconds of load before the first run, not counted; --warm  before each run; --secs  counted in each run
--server  ${SERVERS.join(', ')} (both unless told), measured in turn
RIG=DIRECTORY  where the load rig is; default: shared/rig beside this folder`;

function fail(text) {
  console.error(text);
  process.exit(2);
}

function check() {
  if (options.help) {
    console.log(USAGE);
    process.exit(0);
  }
  for (const name of options.server)
    if (!SERVERS.includes(name)) fail(`There is no server “${name}”.\n${USAGE}`);
  const numbers = ['repeats', 'clients', 'bytes', 'warm', 'settle', 'secs'];
  for (const text of [...numbers.map((name) => options[name]), ...options.pps])
    if (!/^\d+$/.test(text)) fail(`“${text}” is not a whole number.\n${USAGE}`);
  if (process.platform !== 'linux' || process.getuid() !== 0)
    fail('This measures in network namespaces: it needs Linux and root.');
  if (!fs.existsSync(path.join(RIG, 'netns-up.sh')))
    fail(`The load rig is not in ${RIG}.\nSay where it is: RIG=DIRECTORY ./crypho bench turn`);
}

function open(name, folder, secret) {
  if (name === 'coturn') return startCoturn(folder, { port: PORTS.coturn, secret });
  const secretFile = path.join(folder, 'turn-secret');
  fs.writeFileSync(secretFile, secret, { mode: 0o600 });
  return startCrypho(home, folder, {
    flags: [
      ...['--turn-port', String(PORTS.crypho), '--turn-secret-file', secretFile],
      ...['--turn-realm', 'bench', '--turn-allow-peer', `${LOAD_ADDRESS}/32`],
    ],
  });
}

const java = path.join(process.env.JAVA_HOME ?? '/usr', 'bin/java');
const classes = ['bench/target/classes', 'server/target/crypho-server.jar', 'server/target/lib/*']
  .map((each) => path.join(home, each))
  .join(':');

/** One run of the load: its line as an object. */
async function run(name, server, secret, { pps, warm, secs }) {
  const words = {
    ...{ server: ADDRESS, port: PORTS[name], bind: LOAD_ADDRESS, secret, pid: server.pid },
    ...{ clients: options.clients, bytes: options.bytes, pps, warm, secs },
  };
  const { stdout } = await promisify(execFile)('ip', [
    ...['netns', 'exec', LOAD_NAMESPACE, java, '-XX:+UseSerialGC', '-Xmx512m'],
    ...['--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow'],
    ...['-cp', classes, 'crypho.bench.TurnLoad'],
    ...Object.entries(words).map(([key, value]) => `${key}=${value}`),
  ]);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
const ms = (micros) => Number((micros / 1000).toFixed(2));

function print(server, pps, results) {
  const of = (field) => median(results.map((each) => each[field]));
  const row = {
    server,
    clients: Number(options.clients),
    pps: Number(pps),
    fwd_per_cpu_s: of('fwd_per_cpu_s'),
    fwd_pps: of('fwd_pps'),
    loss: Number((of('lost') / of('sent')).toFixed(5)),
    round_p50_ms: ms(of('p50_us')),
    round_p99_ms: ms(of('p99_us')),
    rss_mb: of('rss_mb'),
    pacer_lag_ms: ms(of('pacer_lag_us')),
    runs: results.map((each) => each.fwd_per_cpu_s),
  };
  if (options.json) console.log(JSON.stringify(row));
  else
    console.log(
      `${row.clients} × ${row.pps}/s  ${server.padEnd(7)} ${row.fwd_per_cpu_s} packets/CPU-s  ` +
        `${row.fwd_pps} packets/s  ${(100 * row.loss).toFixed(2)} % lost  ` +
        `there and back p50 ${row.round_p50_ms} ms, p99 ${row.round_p99_ms} ms  ${row.rss_mb} MB  ` +
        `runs ${row.runs.join(' ')}`,
    );
}

async function measure(folder) {
  const secret = randomBytes(24).toString('hex');
  const servers = new Map();
  try {
    for (const name of options.server) servers.set(name, await open(name, folder, secret));
    if (options.settle !== '0')
      for (const [name, server] of servers)
        await run(name, server, secret, { pps: options.pps[0], warm: options.settle, secs: 1 });
    for (const pps of options.pps) {
      const results = new Map(options.server.map((name) => [name, []]));
      for (let round = 0; round < Number(options.repeats); round++)
        for (const [name, server] of servers) {
          const { warm, secs } = options;
          results.get(name).push(await run(name, server, secret, { pps, warm, secs }));
        }
      for (const [name, each] of results) print(name, pps, each);
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

check();
const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
const isOurs = !namespaces.includes(LOAD_NAMESPACE);
if (isOurs) execFileSync(path.join(RIG, 'netns-up.sh'), { stdio: ['ignore', 2, 2] });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crypho-bench-turn-'));
try {
  await measure(folder);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
  if (isOurs) execFileSync(path.join(RIG, 'netns-down.sh'), { stdio: ['ignore', 2, 2] });
}
