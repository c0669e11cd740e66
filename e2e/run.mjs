// Runs the journeys, all or those named: `node run.mjs [name …]`; a name may be that of a
// group, as router. Last line: N passed, N failed.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Skipped } from './lib/skipped.mjs';
import { openWorld } from './lib/world.mjs';
import { openRouterWorld } from './router/lib/world.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const JOURNEY_MS_MAX = 10 * 60_000;
const SCREEN_LINES_MAX = 40;
const CONSOLE_LINES_MAX = 20;
/** Journeys by the name of their group: those of messaging have none. */
const GROUPS = [
  { folder: 'journeys', prefix: '', open: openWorld },
  { folder: 'router/journeys', prefix: 'router/', open: openRouterWorld },
];
const asked = process.argv.slice(2);
const all = GROUPS.flatMap(({ folder, prefix, open }) =>
  readdirSync(join(HERE, folder))
    .filter((file) => file.endsWith('.mjs'))
    .sort()
    .map((file) => ({
      name: prefix + file.replace(/\.mjs$/, ''),
      group: prefix.slice(0, -1),
      path: `./${folder}/${file}`,
      open,
    })),
);

for (const name of asked) {
  if (!all.some((each) => each.name === name || (name !== '' && each.group === name))) {
    const names = all.map((each) => each.name).join(', ');
    console.error(
      `There is no journey "${name}". There are: ${names}; and the group router`,
    );
    process.exit(2);
  }
}

const results = [];
for (const each of all) {
  if (asked.length === 0 || asked.includes(each.name) || asked.includes(each.group)) {
    results.push(await runJourney(each));
  }
}
mkdirSync(join(HERE, 'results'), { recursive: true });
writeFileSync(join(HERE, 'results/e2e.json'), JSON.stringify(results, null, 2));
const skipped = results.filter((r) => r.skipped !== undefined).length;
const failed = results.filter((r) => !r.ok).length;
const passed = results.length - failed - skipped;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);

async function runJourney({ name, path, open }) {
  const { journey } = await import(path);
  const began = Date.now();
  const notes = [];
  const note = (text) => notes.push(text);
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
    world = await open(journey.world);
    await withTimeout(journey.run(world, step, note), JOURNEY_MS_MAX);
    at = 'looking through what it left';
    await world.finish(note);
    await world.close();
    const seconds = (Date.now() - began) / 1000;
    for (const text of notes) console.log(`    note: ${text}`);
    console.log(`  ok ${name} (${seconds.toFixed(1)} s)`);
    return { name, ok: true, seconds, notes };
  } catch (e) {
    if (e instanceof Skipped) {
      await world?.close();
      console.log(`  skipped ${name}: ${e.message}`);
      return { name, ok: true, skipped: e.message };
    }
    console.error(`  FAILED ${name} at "${at}": ${e?.stack ?? e}`);
    await pictures(world, name);
    if (world) console.error(world.log().split('\n').slice(-40).join('\n'));
    await world?.close().catch(() => {});
    return { name, ok: false, seconds: (Date.now() - began) / 1000, at, error: String(e) };
  }
}

/** What everyone saw when it failed. */
async function pictures(world, name) {
  const folder = join(HERE, 'results', name.replace('/', '-'));
  mkdirSync(folder, { recursive: true });
  for (const context of world?.contexts() ?? []) {
    for (const page of context.pages()) {
      const label = `${context.label ?? 'someone'}-${context.pages().indexOf(page)}`;
      await page.screenshot({ path: join(folder, `${label}.png`) }).catch(() => {});
      const said = context.console ?? [];
      writeFileSync(join(folder, `${label}.txt`), `${page.url()}\n${said.join('\n')}`);
      // The pictures stay on the machine that ran it; this much of them comes with the log.
      const screen = await page
        .locator('body')
        .innerText({ timeout: 5_000 })
        .catch((e) => `nothing: ${e}`);
      console.error(`--- ${label} saw, at ${new URL(page.url()).pathname}:`);
      console.error(screen.split('\n').slice(-SCREEN_LINES_MAX).join('\n'));
      console.error(said.slice(-CONSOLE_LINES_MAX).join('\n'));
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
