// Opens every story in one Chromium. Without --pictures it checks each on a phone, a tablet and a desk, in
// both languages: axe in four themes, a walk by keyboard, what Escape does, widths down to 320 px and up to
// 200 %, targets, motion. With --pictures it takes pictures at three sizes, light and dark, in both
// languages, into pictures/.
// npm run gallery -w @crypho/ui [-- part-of-a-name,another] [--report FILE] [--pictures] [--only 820,dark,nb]
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkAxe, enlarge, escape, measure, reflow, walk } from './checks.mjs';
import { openGallery } from './serve.mjs';
import { createLane, DESK, dress, PHONE, TABLET, THEMES } from './stage.mjs';

const LANES = 2;
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    report: { type: 'string' },
  },
});
const wanted = (positionals[0] ?? '').split(',');

const startedMs = Date.now();
const gallery = await openGallery();
const first = await gallery.browser.newPage();
await first.goto(gallery.base);
const read = async (name) => JSON.parse(await first.locator('#stories').getAttribute(name));
const texts = await read('data-texts');
const stories = (await read('data-stories')).filter((each) =>
  wanted.some((part) => each.id.includes(part)),
);
await first.close();

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = new URL('../pictures/', import.meta.url);
if (flags.pictures) await mkdir(folder, { recursive: true });

const results = [];
const waiting = [...stories];
await Promise.all(Array.from({ length: LANES }, runLane));
await gallery.close();

const failed = results.filter(({ problems }) => problems.length > 0);
const seconds = Math.round((Date.now() - startedMs) / 1000);
if (flags.report !== undefined) await writeReport(flags.report);
console.log(`${results.length - failed.length} passed, ${failed.length} failed, ${seconds} s`);
process.exit(failed.length === 0 && results.length > 0 ? 0 : 1);

async function runLane() {
  let problems = [];
  const lane = createLane(gallery, texts, (problem) => {
    problems.push(problem);
    console.error(problem);
  });
  for (let story = waiting.shift(); story !== undefined; story = waiting.shift()) {
    problems = [];
    if (flags.pictures) await picture(lane, story);
    else await inspect(lane, story);
    results.push({ story: story.id, problems });
  }
}

/** Each of the four themes once, each language on a phone, what differs by width at every width. */
async function inspect(lane, story) {
  await lane.open(story, PHONE, 'nb', async (page, complain) => {
    await checkAxe(page, axe, ['dark'], complain);
    await measure(page, complain);
    await reflow(page, complain);
  });
  await lane.open(story, PHONE, 'en', async (page, complain) => {
    await measure(page, complain);
    await reflow(page, complain);
  });
  await lane.open(story, TABLET, 'en', async (page, complain) => {
    await checkAxe(page, axe, [], complain);
    await measure(page, complain);
    if (story.steps !== undefined) await escape(page, complain);
  });
  await lane.open(story, DESK, 'nb', async (page, complain) => {
    await checkAxe(page, axe, ['contrast', 'contrast-dark'], complain);
    await measure(page, complain);
    await enlarge(page, complain);
    await walk(page, complain);
  });
}

async function picture(lane, story) {
  for (const size of chosen([PHONE, TABLET, DESK], ([width]) => String(width))) {
    for (const language of chosen(['nb', 'en'], (tag) => tag)) {
      await lane.open(story, size, language, async (page) => {
        for (const theme of chosen(THEMES.slice(0, 2), ({ name }) => name)) {
          await dress(page, theme);
          const name = `${story.id} ${size[0]} ${theme.name} ${language}`;
          const file = `${name.replace(/[^\w-]+/g, '-')}.png`;
          await page.screenshot({ path: new URL(file, folder).pathname });
        }
      });
    }
  }
}

/** Those that --only names; all where it names none of them. */
function chosen(all, nameOf) {
  const named = flags.only.split(',');
  const some = all.filter((each) => named.includes(nameOf(each)));
  return some.length === 0 ? all : some;
}

/** Each story counts as one test. */
async function writeReport(file) {
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  await mkdir(dirname(path), { recursive: true });
  const counts = { numPassed: results.length - failed.length, numFailed: failed.length };
  await writeFile(path, `${JSON.stringify({ ...counts, seconds, failed }, undefined, 2)}\n`);
}
