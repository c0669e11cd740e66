// Opens a conversation of 100,000 messages from the list, scrolls far up and down again in it, when little of it is
// loaded and when much is, and in a list of 500 conversations, in Chromium; says how long that took, and fails
// where it is slow.
// npm run perf -w @crypho/ui, on a machine that does nothing else.
import { openGallery } from './serve.mjs';

const OPEN_MS_MAX = 200;
const FRAME_MS = 1000 / 60;
/** Of a hundred frames this many may come late, by half a frame or more. */
const LATE_PERCENT_MAX = 1;
/** None takes so long that one sees it. */
const FRAME_MS_MAX = 50;
const WHEELS = 240;
const OPENINGS = 9;
/** More than the engine ever shows at once. */
const LOADED = 10_000;

const gallery = await openGallery();
const page = await gallery.browser.newPage({ viewport: { width: 1440, height: 900 } });
const slow = [];

await show('conversation/100000 messages');
await measureOpening();
await measureScrolling('100,000 messages', '.timeline-scroll', -480);
await loadMany();
await measureScrolling('100,000 messages, many loaded', '.timeline-scroll', -480);
await show('shell/list 500');
await measureScrolling('500 conversations', '.list-scroll', 480);
await gallery.close();
for (const each of slow) console.error(`Not as it should be: ${each}`);
process.exit(slow.length === 0 ? 0 : 1);

async function show(story) {
  await page.goto(`${gallery.base}?story=${encodeURIComponent(story)}&lang=nb`);
  await page.locator('.list-row').first().waitFor();
}

/** From the press on the list to the frame that shows the latest message. */
async function measureOpening() {
  const times = [];
  for (let at = 0; at < OPENINGS; at++) {
    times.push(
      await page.evaluate(async () => {
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        const [past, other] = document.querySelectorAll('.list-row');
        other.click();
        for (let left = 30; left > 0; left--) await frame();
        const before = performance.now();
        past.click();
        while (document.querySelector('[data-message$="past-99999"]') === null) await frame();
        await frame();
        return performance.now() - before;
      }),
    );
  }
  const sorted = times.toSorted((a, b) => a - b);
  const median = Math.round(sorted[OPENINGS >> 1]);
  const worst = Math.round(sorted.at(-1));
  console.log(`100,000 messages: open in ${median} ms (median of ${OPENINGS}), worst ${worst} ms`);
  if (median > OPEN_MS_MAX) slow.push(`opening takes ${median} ms`);
}

/**
 * Older messages, page by page, and then back to the latest. Whoever is at the very top when a page comes
 * still sees the message that was the oldest.
 */
async function loadMany() {
  const jumps = await page.evaluate(async (wanted) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const timeline = document.querySelector('.timeline-scroll');
    const numberOf = (each) => Number(/past-(\d+)$/.exec(each.dataset.message)[1]);
    const inSight = () => {
      const { top } = timeline.getBoundingClientRect();
      const all = [...timeline.querySelectorAll('[data-message]')];
      return numberOf(all.find((each) => each.getBoundingClientRect().bottom > top + 1));
    };
    const jumps = [];
    // The wheel's last turn glides on for a moment.
    for (let left = 30; left > 0; left--) await frame();
    // The first jump to the top only tells where the pages begin.
    let oldest;
    while (oldest === undefined || oldest > 100_000 - wanted) {
      timeline.scrollTop = 0;
      await frame();
      await frame();
      const seen = inSight();
      if (oldest !== undefined && seen !== oldest - 60) jumps.push(`${oldest - 60} to ${seen}`);
      oldest = seen;
    }
    while (document.querySelector('[data-message$="past-99999"]') === null) {
      document.querySelector('.timeline-latest').click();
      await frame();
    }
    return jumps;
  }, LOADED);
  if (jumps.length > 0) slow.push(`the view jumps when older messages come: ${jumps[0]}`);
}

async function measureScrolling(what, scroller, deltaY) {
  const { x, y, width, height } = await page.locator(scroller).boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.evaluate(() => {
    const measured = { frames: [], tasks: [] };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) measured.tasks.push(entry.duration);
    }).observe({ entryTypes: ['longtask'] });
    let before = performance.now();
    const tick = (now) => {
      measured.frames.push(now - before);
      before = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(globalThis, { measured });
  });
  for (const direction of [deltaY, -deltaY]) {
    for (let at = 0; at < WHEELS; at++) await page.mouse.wheel(0, direction);
  }
  const { frames, tasks, rows } = await page.evaluate(() => ({
    ...globalThis.measured,
    rows: document.querySelectorAll('[data-row], .fixed-list-row').length,
  }));
  const sorted = frames.slice(2).toSorted((a, b) => a - b);
  const at = (share) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  const late = sorted.filter((each) => each > FRAME_MS * 1.5).length;
  const worst = Math.round(sorted.at(-1) ?? 0);
  console.log(
    `${what}: ${sorted.length} frames up and down, ${late} late, median ${at(0.5)} ms, ` +
      `p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, worst ${worst} ms; ${tasks.length} long tasks; ` +
      `${rows} rows in the page`,
  );
  if (late > (sorted.length * LATE_PERCENT_MAX) / 100) {
    slow.push(`${late} of ${sorted.length} frames of ${what} come late`);
  }
  if (worst > FRAME_MS_MAX) slow.push(`a frame of ${what} takes ${worst} ms`);
}
