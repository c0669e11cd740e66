// The router under a steady load for a long time, with its memory: ./crypho bench soak [minutes].
// The load comes from the rig (its folder: RIG), in two network namespaces; see bench/README.md.
// SPDX-License-Identifier: AGPL-3.0-or-later
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { checkRig, fail, home, run, withRig } from './rig/load.mjs';
import { startCrypho } from './rig/servers.mjs';

const MINUTES = 20;
const SAMPLE_MS = 30_000;

/** Half of the 40,000 packets/s of the highest work of `bench router`. */
const WORK = ['--subs', '100', '--pps', '200', '--burst', '5'];

/** What the last third may have more than the middle third before it counts as growth. */
const GROWTH_MAX = 0.05;

const words = process.argv.slice(2).filter((word) => word !== '--json');
const isJson = process.argv.includes('--json');
const minutes = words.length === 0 ? MINUTES : Number(words[0]);
if (words.length > 1 || !(minutes > 0)) fail('./crypho bench soak [minutes] [--json]');
checkRig();

const jcmd = path.join(process.env.JAVA_HOME, 'bin/jcmd');
const samples = [];

function megabytes(text, pattern) {
  const found = pattern.exec(text);
  return found === null ? 0 : Number((Number(found[1]) / 1024).toFixed(1));
}

function sample(pid, began) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const heap = execFileSync(jcmd, [String(pid), 'GC.heap_info'], { encoding: 'utf8' });
  // After a collection the old generation is what lives; the young one is between nothing and full.
  const row = {
    minute: Number(((Date.now() - began) / 60_000).toFixed(1)),
    rss_mb: megabytes(status, /VmRSS:\s+(\d+)/),
    old_mb: megabytes(heap, /Tenured\s+total \d+K, used (\d+)K/),
    young_mb: megabytes(heap, /DefNew\s+total \d+K, used (\d+)K/),
  };
  samples.push(row);
  console.log(
    isJson
      ? JSON.stringify(row)
      : Object.entries(row)
          .map((each) => each.join(' '))
          .join('   '),
  );
}

const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

function isFlat(name) {
  const third = Math.floor(samples.length / 3);
  if (third < 1) return true;
  const middle = mean(samples.slice(third, 2 * third).map((each) => each[name]));
  const last = mean(samples.slice(2 * third).map((each) => each[name]));
  return last <= middle * (1 + GROWTH_MAX) + 1;
}

await withRig(async (engine, folder) => {
  const server = await startCrypho(home, folder);
  const began = Date.now();
  const timer = setInterval(() => sample(server.pid, began), SAMPLE_MS);
  try {
    const secs = Math.round(minutes * 60);
    const result = await run(server, engine, WORK, { warm: 5, secs, sample: 100 });
    sample(server.pid, began);
    const end = {
      minutes,
      out_pps: result.out_pps,
      loss: result.lost,
      fwd_per_cpu_s: result.fwd_per_cpu_s,
      rss_flat: isFlat('rss_mb'),
      heap_flat: isFlat('old_mb'),
    };
    console.log(
      isJson
        ? JSON.stringify(end)
        : `end: ${Object.entries(end)
            .map((each) => each.join(' '))
            .join('   ')}`,
    );
    if (!end.rss_flat || !end.heap_flat) process.exitCode = 1;
  } finally {
    clearInterval(timer);
    await server.stop();
  }
});
