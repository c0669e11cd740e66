// Scrolls a conversation of 100,000 messages and a list of 500 conversations in Chromium and says how long the
// frames took. npm run perf -w @crypho/ui
import { openGallery } from './serve.mjs';

const WHEELS = 160;
const gallery = await openGallery();
const page = await gallery.browser.newPage({ viewport: { width: 1440, height: 900 } });
await measure('conversation/100000 messages', '.timeline-scroll', -240);
await measure('shell/list 500', '.list-scroll', 240);
await gallery.close();

async function measure(story, scroller, deltaY) {
  await page.goto(`${gallery.base}?story=${encodeURIComponent(story)}&lang=nb`);
  const box = page.locator(scroller);
  await box.waitFor();
  const openMs = await page.evaluate(() => Math.round(performance.now()));
  const { x, y, width, height } = await box.boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.evaluate(() => {
    const frames = [];
    const tasks = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    }).observe({ entryTypes: ['longtask'] });
    let before = performance.now();
    const tick = (now) => {
      frames.push(now - before);
      before = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(globalThis, { measured: { frames, tasks } });
  });
  for (let at = 0; at < WHEELS; at++) await page.mouse.wheel(0, deltaY);
  const { frames, tasks, rows } = await page.evaluate(() => ({
    ...globalThis.measured,
    rows: document.querySelectorAll('[data-row], .fixed-list-row').length,
  }));
  const sorted = frames.slice(2).toSorted((a, b) => a - b);
  const at = (share) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  const worst = Math.round(Math.max(0, ...tasks));
  console.log(
    `${story}: there after ${openMs} ms; ${sorted.length} frames, median ${at(0.5)} ms, ` +
      `p95 ${at(0.95)} ms, p99 ${at(0.99)} ms; ${tasks.length} long tasks, worst ${worst} ms; ${rows} rows in the page`,
  );
}
