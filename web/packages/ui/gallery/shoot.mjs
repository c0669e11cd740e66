// Opens every story in Chromium: a picture at three sizes, two themes and two languages into pictures/,
// axe on each, and a walk by keyboard. npm run gallery -w @crypho/ui [-- part-of-a-name] [--quick]
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const wanted = (args.find((each) => !each.startsWith('--')) ?? '').split(',');
const SIZES = isQuick
  ? [
      [1440, 900],
      [390, 844],
    ]
  : [
      [390, 844],
      [820, 1180],
      [1440, 900],
    ];
const THEMES = args.includes('--dark') ? ['dark'] : isQuick ? ['light'] : ['light', 'dark'];
const LANGUAGES = isQuick ? ['nb'] : ['nb', 'en'];

const configFile = new URL('vite.config.ts', import.meta.url).pathname;
await build({ configFile, logLevel: 'error' });
const server = await preview({
  configFile,
  preview: { port: 0, host: '127.0.0.1' },
  logLevel: 'error',
});
const base = `http://127.0.0.1:${server.httpServer.address().port}/gallery/index.html`;
const folder = new URL('../pictures/', import.meta.url);
await mkdir(folder, { recursive: true });
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
});
const problems = [];

const first = await browser.newPage();
await first.goto(base);
const stories = JSON.parse(await first.locator('#stories').getAttribute('data-stories'));
const texts = JSON.parse(await first.locator('#stories').getAttribute('data-texts'));
await first.close();

for (const story of stories.filter((each) => wanted.some((part) => each.id.includes(part)))) {
  for (const [width, height] of SIZES) {
    for (const theme of THEMES) {
      for (const language of LANGUAGES) await shoot(story, width, height, theme, language);
    }
  }
}
await browser.close();
await server.close();
console.log(`${stories.length} stories, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

async function shoot(story, width, height, theme, language) {
  const zoom = story.zoom ?? 1;
  const context = await browser.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
    colorScheme: theme,
    reducedMotion: 'reduce',
    hasTouch: width < 500,
    timezoneId: 'Europe/Oslo',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const name = `${story.id.replace(/[^\w-]+/g, '-')}-${width}-${theme}-${language}`;
  page.on('pageerror', (error) => report(`${name}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') report(`${name}: ${message.text()}`);
  });
  try {
    await page.goto(
      `${base}?story=${encodeURIComponent(story.id)}&lang=${language}&theme=${theme}`,
    );
    await page.locator('#main').first().waitFor();
    for (const step of story.steps ?? []) await take(page, step, language);
    await page.waitForTimeout(250);
    await page.screenshot({ path: new URL(`${name}.png`, folder).pathname });
    await check(page, name);
    if (width === 1440 && theme === 'light' && language === 'nb') await walk(page, name);
  } catch (error) {
    // On a phone some steps are out of sight by design: the picture says enough.
    if (width > 700) report(`${name}: ${error.message.split('\n')[0]}`);
  }
  await context.close();
}

function report(problem) {
  problems.push(problem);
  console.error(problem);
}

async function take(page, step, language) {
  const text = (key) => texts[language][key];
  if ('key' in step) {
    if (step.key === 'tick') await page.getByRole('checkbox').first().check();
    else await page.keyboard.press(step.key);
  } else if ('hover' in step) {
    await page.locator(step.hover).last().hover();
  } else if ('write' in step) {
    await page.getByLabel(text(step.write), { exact: true }).first().fill(step.text);
  } else {
    const all = page.getByRole(step.role ?? 'button', { name: text(step.press), exact: true });
    const target =
      step.nth === undefined
        ? all.first()
        : all.nth(step.nth < 0 ? (await all.count()) + step.nth : step.nth);
    await target.click({ timeout: 3000 });
  }
}

async function check(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      resultTypes: ['violations'],
      rules: { region: { enabled: true } },
    }),
  );
  for (const violation of violations) {
    const where = violation.nodes
      .map((node) => node.target.join(' '))
      .slice(0, 3)
      .join(', ');
    report(`${name}: axe ${violation.id}: ${violation.help} (${where})`);
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 1) report(`${name}: wider than the window by ${overflow} px`);
}

/** Tab reaches something new each time, shows where it is, and comes round. */
async function walk(page, name) {
  const seen = new Set();
  for (let at = 0; at < 60; at++) {
    // Where a dialog has put the focus counts as reached.
    if (at > 0) await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const around = element.closest(
        '.field-box, .composer-box, .choice-option, .palette-box, .list-search',
      );
      const outlined =
        style.outlineStyle !== 'none' ||
        (around !== null && getComputedStyle(around).outlineStyle !== 'none');
      const label = `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 30) ?? ''} ${Math.round(box.x)},${Math.round(box.y)}`;
      return { label, outlined, isInSight: box.width > 0 && box.height > 0 };
    });
    if (focus === null && at === 0) continue;
    if (focus === null) break;
    if (!focus.isInSight) report(`${name}: focus out of sight on ${focus.label}`);
    if (!focus.outlined) report(`${name}: focus not shown on ${focus.label}`);
    if (seen.has(focus.label)) break;
    seen.add(focus.label);
  }
  if (seen.size === 0) report(`${name}: nothing can be reached by keyboard`);
}
