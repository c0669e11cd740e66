// Opens every story in one Chromium. Without --pictures it checks: axe in four themes on a wide and a narrow
// window, a walk by keyboard, what Escape does, and that nothing is wider than the window. With --pictures it
// takes a picture at three sizes, light and dark, in both languages, into pictures/.
// npm run gallery -w @crypho/ui [-- part-of-a-name,another] [--pictures] [--quick]
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';

const args = process.argv.slice(2);
const has = (flag) => args.includes(flag);
const wanted = (args.find((each) => !each.startsWith('--')) ?? '').split(',');
const PHONE = [390, 844];
const TABLET = [820, 1180];
const DESK = [1440, 900];
const PICTURES = {
  sizes: has('--quick') ? [DESK, PHONE] : [PHONE, TABLET, DESK],
  themes: has('--quick') ? [has('--dark') ? 'dark' : 'light'] : ['light', 'dark'],
  languages: has('--quick') ? ['nb'] : ['nb', 'en'],
};
const THEMES = [
  { name: 'light', theme: 'light', scheme: 'light' },
  { name: 'dark', theme: 'dark', scheme: 'dark' },
  { name: 'high-contrast', theme: 'high-contrast', scheme: 'light' },
  { name: 'high-contrast-dark', theme: 'high-contrast', scheme: 'dark' },
];

const startedMs = Date.now();
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
const pages = new Map();
let current = '';

const first = await browser.newPage();
await first.goto(base);
const stories = JSON.parse(await first.locator('#stories').getAttribute('data-stories'));
const texts = JSON.parse(await first.locator('#stories').getAttribute('data-texts'));
await first.close();

const chosen = stories.filter((each) => wanted.some((part) => each.id.includes(part)));
for (const story of chosen) {
  if (has('--pictures')) await picture(story);
  else await inspect(story);
}
await browser.close();
await server.close();
const seconds = Math.round((Date.now() - startedMs) / 1000);
console.log(`${chosen.length} stories, ${problems.length} problems, ${seconds} s`);
process.exit(problems.length === 0 ? 0 : 1);

async function picture(story) {
  for (const size of PICTURES.sizes) {
    for (const language of PICTURES.languages) {
      await open(story, size, language, async (page, name) => {
        for (const theme of PICTURES.themes) {
          await dress(page, { theme, scheme: theme });
          const file = `${name.replace(/[^\w-]+/g, '-')}-${size[0]}-${theme}-${language}.png`;
          await page.screenshot({ path: new URL(file, folder).pathname });
        }
      });
    }
  }
}

async function inspect(story) {
  await open(story, PHONE, 'nb', checkThemes);
  await open(story, TABLET, 'en', measure);
  await open(story, DESK, 'en', checkThemes);
  await open(story, DESK, 'nb', async (page, name) => {
    await walk(page, name);
  });
  if (story.steps !== undefined) await open(story, DESK, 'nb', escape);
}

/** One page for each size, used again for every story. */
async function pageOf([width, height], zoom) {
  const key = `${width}/${zoom}`;
  const known = pages.get(key);
  if (known !== undefined) return known;
  const context = await browser.newContext({
    viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
    deviceScaleFactor: zoom,
    reducedMotion: 'reduce',
    hasTouch: width < 900,
    isMobile: width < 900 && zoom === 1,
    timezoneId: 'Europe/Oslo',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => report(`${current}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') report(`${current}: ${message.text()}`);
  });
  pages.set(key, page);
  return page;
}

async function open(story, size, language, act) {
  current = `${story.id} ${size[0]} ${language}`;
  try {
    await within(60, openAnd(story, size, language, act));
  } catch (error) {
    report(`${current}: ${error.message.split('\n')[0]}`);
  }
}

async function openAnd(story, size, language, act) {
  const page = await pageOf(size, story.zoom ?? 1);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${base}?story=${encodeURIComponent(story.id)}&lang=${language}&theme=light`);
  await page.locator('#main').first().waitFor({ state: 'attached' });
  const steps = (size[0] < 900 ? story.touch : undefined) ?? story.steps ?? [];
  for (const step of steps) await take(page, step, language);
  await settle(page);
  await act(page, story.id);
}

/** A page that hangs is a finding, not the end of the run. */
async function within(seconds, work) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs for ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error.message.startsWith('hangs')) {
      for (const page of pages.values()) void page.context().close();
      pages.clear();
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function dress(page, { theme, scheme }) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate((name) => {
    document.documentElement.dataset.theme = name;
  }, theme);
  await settle(page);
}

/** Two frames after the last thing drawn. */
async function settle(page) {
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const frames = (left) =>
          requestAnimationFrame(() => (left === 0 ? resolve(undefined) : frames(left - 1)));
        setTimeout(() => frames(2), 40);
      }),
  );
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
  } else if ('hold' in step) {
    await page.locator(step.hold).last().click({ button: 'right' });
  } else if ('write' in step) {
    await page.getByLabel(text(step.write), { exact: true }).first().fill(step.text);
  } else {
    const all = page.getByRole(step.role ?? 'button', { name: text(step.press), exact: true });
    const target =
      step.nth === undefined
        ? all.first()
        : all.nth(step.nth < 0 ? (await all.count()) + step.nth : step.nth);
    await target.click({ timeout: 5000 });
  }
}

async function checkThemes(page) {
  await page.evaluate(axe);
  for (const theme of THEMES) {
    if (theme !== THEMES[0]) await dress(page, theme);
    // Colours are all that a theme changes.
    const only = theme === THEMES[0] ? {} : { runOnly: ['color-contrast'] };
    const { violations } = await page.evaluate(
      (more) => globalThis.axe.run(document, { resultTypes: ['violations'], ...more }),
      only,
    );
    for (const { id, help, nodes } of violations) {
      const where = nodes.map((node) => node.target.join(' ')).slice(0, 3);
      report(`${current} ${theme.name}: axe ${id}: ${help} (${where.join(', ')})`);
    }
  }
  await measure(page);
}

/** Nothing is wider than the window; on touch nothing is too small for a finger. */
async function measure(page) {
  const { overflow, small } = await page.evaluate(() => {
    const isTouch = matchMedia('(pointer: coarse)').matches;
    const top = document.querySelector('dialog[open]') ?? document;
    const reach = (element) => {
      const box = element.getBoundingClientRect();
      // A label is part of its field's target.
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      return Math.max(box.height, ...labels.map((each) => each.getBoundingClientRect().height));
    };
    const small = [...top.querySelectorAll('button, a[href], input, [role=menuitem], [role=tab]')]
      .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      // Links in running text are let off, as WCAG 2.5.8 does; a reaction reaches outside its chip.
      .filter((each) => each.closest('p, .formatted, .skip, .quoted, .reaction, [inert]') === null)
      .filter((each) => reach(each) > 1 && reach(each) < (isTouch ? 43.5 : 24))
      .map((each) => `${each.className || each.tagName} ${Math.round(reach(each))} px`);
    const { scrollWidth, clientWidth } = document.documentElement;
    return { overflow: scrollWidth - clientWidth, small: [...new Set(small)] };
  });
  if (overflow > 1) report(`${current}: wider than the window by ${overflow} px`);
  for (const each of small) report(`${current}: target too small: ${each}`);
}

/** Tab reaches something new each time, shows where it is, and comes round; a dialog keeps it. */
async function walk(page) {
  const seen = new Set();
  const isModal = (await page.locator('dialog[open]').count()) > 0;
  for (let at = 0; at < 70; at++) {
    // Where a dialog has put the focus counts as reached.
    if (at > 0) await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const box = element.getBoundingClientRect();
      const isShown = (each) => each !== null && getComputedStyle(each).outlineStyle !== 'none';
      const around = element.closest(
        '.field-box, .composer-box, .choice-option, .palette-box, .list-search',
      );
      // A heading or a page that was given the focus is read aloud; it needs no ring. The palette's
      // field always has the focus, and the caret in it.
      const isPassive =
        element.getAttribute('tabindex') === '-1' || element.matches('.palette-field');
      const label = `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent?.slice(0, 30) ?? ''} ${Math.round(box.x)},${Math.round(box.y)}`;
      return {
        label,
        outlined: isPassive || isShown(element) || isShown(around),
        isInSight: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
        isInDialog: element.closest('dialog[open]') !== null,
        isInert: element.closest('[inert]') !== null,
      };
    });
    if (focus === null && (at === 0 || isModal)) continue;
    if (focus === null) break;
    if (!focus.isInSight && !(await comesIntoSight(page)))
      report(`${current}: focus out of sight on ${focus.label}`);
    // What a pointer gave the focus need not show it.
    if (!focus.outlined && at > 0) report(`${current}: focus not shown on ${focus.label}`);
    if (isModal && !focus.isInDialog) report(`${current}: focus left the dialog: ${focus.label}`);
    if (seen.has(focus.label)) break;
    seen.add(focus.label);
  }
  const hasAny = (await page.locator('main :is(a, button, input)').count()) > 0;
  if (seen.size === 0 && hasAny) report(`${current}: nothing can be reached by keyboard`);
}

/** A list that makes its rows as they are needed may scroll to one a frame later. */
async function comesIntoSight(page) {
  await settle(page);
  return page.evaluate(() => {
    const box = document.activeElement?.getBoundingClientRect();
    return box !== undefined && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  });
}

/** Escape closes what is on top, and the focus goes back to something. */
async function escape(page) {
  const open = 'dialog[open], [popover]:popover-open:not(.tip), .details';
  const before = await page.locator(open).count();
  if (before === 0) return;
  await page.keyboard.press('Escape');
  await settle(page);
  const after = await page.locator(open).count();
  if (after >= before) report(`${current}: Escape closed nothing`);
  const isLost = await page.evaluate(
    () => document.activeElement === null || document.activeElement === document.body,
  );
  if (isLost) report(`${current}: focus was lost after Escape`);
}
