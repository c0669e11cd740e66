// Our router and Debian's Janus on the same load, in turn: ./crypho bench router [work]… [options].
// The load comes from the rig (its folder: RIG), in two network namespaces; see bench/README.md.
// SPDX-License-Identifier: AGPL-3.0-or-later
import { parseArgs } from 'node:util';
import { checkRig, fail, home, run, withRig } from './rig/load.mjs';
import { startCrypho, startJanus } from './rig/servers.mjs';

/** One packet in so many is decrypted by the receivers to take its time. */
const SAMPLE = 10;

const fan = (subs, burst) => ['--subs', String(subs), '--pps', '200', '--burst', String(burst)];
const WORKS = {
  'fan-50-bursts': { subs: 50, burst: 5, rig: fan(50, 5), says: '1→50, bursts of 5' },
  'fan-50': { subs: 50, burst: 1, rig: fan(50, 1), says: '1→50, evenly spaced' },
  'fan-200-bursts': { subs: 200, burst: 5, rig: fan(200, 5), says: '1→200, bursts of 5' },
  'meeting-10': {
    subs: 10,
    burst: 5,
    rig: ['--mesh', '10', '--pps', '200', '--burst', '5', '--audiopps', '50'],
    says: 'meeting of 10, video and audio',
  },
  'audio-20': {
    subs: 20,
    burst: 1,
    rig: ['--mesh', '20', '--pps', '0', '--audiopps', '50'],
    says: 'audio of 20',
  },
  latency: {
    subs: 50,
    burst: 1,
    rig: fan(50, 1),
    secs: 20,
    sample: 4,
    says: 'added latency at 10,000 packets/s',
  },
  idle: {
    subs: 10,
    burst: 1,
    rig: ['--mesh', '10', '--pps', '0'],
    secs: 30,
    isIdle: true,
    says: 'a room of ten who send nothing: CPU time (ours alone)',
  },
};
const SFUS = ['crypho', 'janus', 'janus-loops1'];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    repeats: { type: 'string', default: '3' },
    secs: { type: 'string', default: '5' },
    warm: { type: 'string', default: '5' },
    settle: { type: 'string', default: '15' },
    sfu: { type: 'string', multiple: true, default: SFUS },
    help: { type: 'boolean', default: false },
  },
});

const USAGE = `./crypho bench router [work]… [--json] [--repeats 3] [--secs 5] [--warm 5] [--settle 15] [--sfu NAME]…

works (all unless told):
${Object.entries(WORKS)
  .map(([name, { says }]) => `  ${name.padEnd(16)}${says}`)
  .join('\n')}
sfu: ${SFUS.join(', ')} (all unless told), each measured in turn
--settle  seconds of load before the first run, not counted; --warm  before each run; --secs  counted in each run
RIG=DIRECTORY  where the load rig is; default: shared/rig beside this folder`;

function check() {
  if (options.help) {
    console.log(USAGE);
    process.exit(0);
  }
  for (const name of positionals)
    if (!(name in WORKS)) fail(`There is no work “${name}”.\n${USAGE}`);
  for (const name of options.sfu)
    if (!SFUS.includes(name)) fail(`There is no sfu “${name}”.\n${USAGE}`);
  for (const name of ['repeats', 'secs', 'warm', 'settle']) {
    if (!/^\d+$/.test(options[name])) fail(`--${name} takes a whole number.`);
  }
  if (Number(options.repeats) < 1) fail('--repeats takes at least 1.');
  checkRig();
}

function openServer(name, folder) {
  switch (name) {
    case 'janus':
      return startJanus(folder, { loops: 0, port: 8088, media: '20000-29999' });
    case 'janus-loops1':
      return startJanus(folder, { loops: 1, port: 8089, media: '30000-39999' });
    default:
      return startCrypho(home, folder);
  }
}

const median = (numbers) =>
  numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? null;
const ms = (micros) => Number((micros / 1000).toFixed(2));

/** Packets for each CPU-second of the threads that forward, without the JVM's own. */
function perLoopSecond(result) {
  const seconds = (result.top ?? [])
    .filter(([name]) => name.startsWith('router-'))
    .reduce((sum, [, each]) => sum + each, 0);
  return seconds > 0 ? Math.round((result.out_pps * result.wall) / seconds) : null;
}

/**
 * CPU-seconds of the whole process. The sum over threads is the finer one, but lacks threads that ended
 * meanwhile, with all they ever took.
 */
const cpuSeconds = (result) => Math.max(result.cpu_s, result.cpu_user + result.cpu_sys);

const perCpuSecond = (result) => Math.round((result.out_pps * result.wall) / cpuSeconds(result));

/** Medians of the runs without loss; a run with loss is none. */
function summarize(sfu, name, results) {
  const work = WORKS[name];
  const clean = results.filter((each) => each.lost === 0 && (work.isIdle || each.out_pps > 0));
  const of = (pick) => median(clean.map(pick).filter((each) => each !== null));
  return {
    sfu,
    work: name,
    subs: work.subs,
    burst: work.burst,
    fwd_per_cpu_s: work.isIdle ? null : of(perCpuSecond),
    loop_fwd_per_cpu_s: of(perLoopSecond),
    out_pps: of((each) => each.out_pps),
    loss: results.reduce((sum, each) => sum + each.lost, 0),
    p50_ms: of((each) => ms(each.lat_us.p50)),
    p99_ms: of((each) => ms(each.lat_us.p99)),
    p999_ms: of((each) => ms(each.lat_us.p999)),
    cores: of((each) => Number((cpuSeconds(each) / each.wall).toFixed(4))),
    rss_mb: of((each) => each.rssMB),
    pacer_lag_ms: of((each) => ms(each.pacer_lag_us)),
    runs: clean.map(perCpuSecond),
    runs_with_loss: results.length - clean.length,
  };
}

function print(row) {
  if (options.json) {
    console.log(JSON.stringify(row));
    return;
  }
  const none = row.runs.length === 0;
  const cells = none
    ? ['every run lost packets: no result']
    : [
        row.fwd_per_cpu_s === null ? '' : `${row.fwd_per_cpu_s} packets/CPU-s`,
        `${(100 * row.cores).toFixed(2)} % of a core`,
        row.loop_fwd_per_cpu_s === null ? '' : `(loop alone ${row.loop_fwd_per_cpu_s})`,
        `p50 ${row.p50_ms} ms, p99 ${row.p99_ms} ms, p99.9 ${row.p999_ms} ms`,
        `${row.rss_mb} MB`,
        `runs ${row.runs.join(' ')}`,
        row.runs_with_loss > 0 ? `${row.runs_with_loss} with loss, left out` : '',
      ];
  console.log(
    `${row.work.padEnd(15)} ${row.sfu.padEnd(13)} ${cells.filter((each) => each !== '').join('   ')}`,
  );
}

async function measure(engine, folder) {
  const servers = new Map();
  try {
    for (const name of options.sfu) servers.set(name, await openServer(name, folder));
    const names = positionals.length > 0 ? positionals : Object.keys(WORKS);
    if (options.settle !== '0') {
      for (const server of servers.values()) {
        await run(server, engine, fan(50, 5), { warm: options.settle, secs: 1, sample: SAMPLE });
      }
    }
    for (const name of names) {
      const { rig, secs = options.secs, sample = SAMPLE, isIdle = false } = WORKS[name];
      const measured = [...servers].filter(([sfu]) => !isIdle || sfu === 'crypho');
      const results = new Map(measured.map(([sfu]) => [sfu, []]));
      for (let round = 0; round < Number(options.repeats); round++) {
        for (const [sfu, server] of measured) {
          const result = await run(server, engine, rig, { warm: options.warm, secs, sample });
          results.get(sfu).push(result);
        }
      }
      for (const [sfu, each] of results) print(summarize(sfu, name, each));
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

check();
await withRig(measure);
