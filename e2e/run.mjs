// Runs the journeys, all or those named: `node run.mjs [name …]`. Last line: N passed, N failed.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWorld } from './lib/world.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const JOURNEY_MS_MAX = 10 * 60_000;
const asked = process.argv.slice(2);
const files = readdirSync(join(HERE, 'journeys'))
  .filter((f) => f.endsWith('.mjs'))
  .map((f) => f.replace(/\.mjs$/, ''))
  .sort();

for (const name of asked) {
  if (!files.includes(name)) {
    console.error(`There is no journey "${name}". There are: ${files.join(', ')}`);
    process.exit(2);
  }
}

const results = [];
for (const name of files.filter((f) => asked.length === 0 || asked.includes(f))) {
  results.push(await runJourney(name));
}
mkdirSync(join(HERE, 'results'), { recursive: true });
writeFileSync(join(HERE, 'results/e2e.json'), JSON.stringify(results, null, 2));
const failed = results.filter((r) => !r.ok).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function runJourney(name) {
  const { journey } = await import(`./journeys/${name}.mjs`);
  const began = Date.now();
  const notes = [];
  let world;
  let at = 'starting';
  const step = async (title, work) => {
    at = title;
    const from = Date.now();
    const value = await work();
    console.log(`    ${title} (${Date.now() - from} ms)`);
    return value;
  };
  console.log(`journey ${name}: ${journey.title}`);
  try {
    world = await openWorld(journey.world);
    await withTimeout(journey.run(world, step, (note) => notes.push(note)), JOURNEY_MS_MAX);
    at = 'searching for planted markers';
    const searched = await world.assertNothingLeaked();
    notes.push(`${searched.markers} markers in ${searched.places} places: none found`);
    await world.close();
    const seconds = (Date.now() - began) / 1000;
    for (const note of notes) console.log(`    note: ${note}`);
    console.log(`  ok ${name} (${seconds.toFixed(1)} s)`);
    return { name, ok: true, seconds, notes };
  } catch (e) {
    console.error(`  FAILED ${name} at "${at}": ${e?.stack ?? e}`);
    await pictures(world, name);
    if (world) console.error(world.server.log().split('\n').slice(-40).join('\n'));
    await world?.close().catch(() => {});
    return { name, ok: false, seconds: (Date.now() - began) / 1000, at, error: String(e) };
  }
}

/** What everyone saw when it failed. */
async function pictures(world, name) {
  const folder = join(HERE, 'results', name);
  mkdirSync(folder, { recursive: true });
  for (const context of world?.browser.contexts() ?? []) {
    for (const page of context.pages()) {
      const label = `${context.label ?? 'someone'}-${context.pages().indexOf(page)}`;
      await page.screenshot({ path: join(folder, `${label}.png`) }).catch(() => {});
      writeFileSync(join(folder, `${label}.txt`), `${page.url()}\n${(context.console ?? []).join('\n')}`);
    }
  }
}

function withTimeout(work, ms) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not done after ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
