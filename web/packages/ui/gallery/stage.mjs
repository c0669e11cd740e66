// Opens stories in pages that are used again: one for each size, in each lane.

export const PHONE = [390, 844];
export const TABLET = [820, 1180];
export const DESK = [1440, 900];

export const THEMES = [
  { name: 'light', media: { colorScheme: 'light', contrast: 'no-preference' } },
  { name: 'dark', media: { colorScheme: 'dark', contrast: 'no-preference' } },
  { name: 'contrast', media: { colorScheme: 'light', contrast: 'more' } },
  { name: 'contrast-dark', media: { colorScheme: 'dark', contrast: 'more' } },
];

const PATIENCE_SECONDS = 60;
const SHOWN_WITHIN_MS = 5_000;
/** What stands in for a page until it has been fetched. */
const WAITING = '.waiting-page';

/** A lane runs one story after the other; `report` is told what the pages complain about. */
export function createLane({ browser, base }, texts, report) {
  const pages = new Map();
  let current = '';
  const complain = (problem) => report(`${current}: ${problem}`);

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
    page.on('pageerror', (error) => complain(error.message));
    page.on('console', (message) => {
      // What a story keeps from being fetched is meant to fail.
      const isMeant = message.text().includes('net::ERR_FAILED');
      if (message.type() === 'error' && !isMeant) complain(message.text());
    });
    pages.set(key, page);
    return page;
  }

  async function openAnd(story, size, language, act) {
    const zoom = story.zoom ?? 1;
    const page = await pageOf(size, zoom);
    const [width, height] = size.map((each) => Math.round(each / zoom));
    await page.setViewportSize({ width, height });
    await page.emulateMedia(THEMES[0].media);
    const { unreachable } = story;
    const pattern = `**/*${unreachable}*`;
    if (unreachable !== undefined) await page.route(pattern, (route) => route.abort());
    await page.goto(`${base}?story=${encodeURIComponent(story.id)}&lang=${language}`);
    await page.locator('#app > *').first().waitFor({ state: 'attached' });
    if (story.shows !== WAITING) await page.locator(WAITING).waitFor({ state: 'detached' });
    const isTouched = size[0] < 900 && story.touch !== undefined;
    const steps = isTouched ? story.touch : (story.steps ?? []);
    // Keys are listened for once the page has been drawn.
    if (steps.length > 0) await settle(page);
    for (const step of steps) await take(page, step, texts[language]);
    await settle(page);
    if (story.shows !== undefined) {
      const wanted = page.locator(story.shows).first();
      await wanted
        .waitFor({ timeout: SHOWN_WITHIN_MS })
        .catch(() => complain(`does not show ${story.shows}`));
    }
    await act(page, complain);
    if (unreachable !== undefined) await page.unroute(pattern);
  }

  return {
    /** A page that hangs is a finding, not the end of the run. */
    async open(story, size, language, act) {
      current = `${story.id} ${size[0]} ${language}`;
      let timer;
      const late = new Promise((_resolve, reject) => {
        const error = new Error(`hangs for ${PATIENCE_SECONDS} s`);
        timer = setTimeout(() => reject(error), PATIENCE_SECONDS * 1000);
      });
      try {
        await Promise.race([openAnd(story, size, language, act), late]);
      } catch (error) {
        complain(error.message.split('\n')[0]);
        for (const page of pages.values()) void page.context().close();
        pages.clear();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** What the device asks for; the gallery follows it as the app does. */
export async function dress(page, { media }) {
  await page.emulateMedia(media);
  await settle(page);
}

/** Two frames after the last thing drawn. */
export async function settle(page) {
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const frames = (left) =>
          requestAnimationFrame(() => (left === 0 ? resolve(undefined) : frames(left - 1)));
        setTimeout(() => frames(2), 20);
      }),
  );
}

function textOf(texts, key, values = {}) {
  const entry = texts[key];
  const pattern = typeof entry === 'string' ? entry : entry.other;
  return pattern.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? '');
}

async function take(page, step, texts) {
  if ('key' in step) {
    if (step.key === 'tick') await page.getByRole('checkbox').first().check();
    else await page.keyboard.press(step.key);
  } else if ('hover' in step) {
    await page.locator(step.hover).last().hover();
  } else if ('hold' in step) {
    await page.locator(step.hold).last().click({ button: 'right' });
  } else if ('write' in step) {
    await page.getByLabel(textOf(texts, step.write), { exact: true }).first().fill(step.text);
  } else {
    const name = textOf(texts, step.press, step.with);
    const all = page.getByRole(step.role ?? 'button', { name, exact: true });
    const target =
      step.nth === undefined
        ? all.first()
        : all.nth(step.nth < 0 ? (await all.count()) + step.nth : step.nth);
    await target.click({ timeout: 5000 });
  }
}
