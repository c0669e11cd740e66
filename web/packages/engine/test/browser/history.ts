/** How fast a long conversation opens and scrolls: `MESSAGES=10000 node test/browser/run.mjs history`. */
import { befriend, close, home, logIn, signUp } from './harness.ts';
import type { Browser } from './harness.ts';

const messages = Number(process.env['MESSAGES'] ?? 10_000);

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

async function opens(
  browser: Browser,
  conversationId: string,
  times: number,
  least: number,
): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) {
    const { ms, items } = await browser.page.evaluate(
      (id) => globalThis.engine.measureOpen(id),
      conversationId,
    );
    if (items < least) throw new Error(`only ${items} items`);
    all.push(ms);
  }
  return all;
}

async function measure(
  name: string,
  browser: Browser,
  conversationId: string,
  least = 50,
): Promise<void> {
  const times = await opens(browser, conversationId, 20, least);
  const [first = 0] = times;
  console.log(
    `${name}: first open ${Math.round(first)} ms, then median ${percentile(times, 0.5)} ms,`,
    `p95 ${percentile(times, 0.95)} ms`,
  );
  const steps = await browser.page.evaluate(
    (id) => globalThis.engine.measureOlder(id, 40),
    conversationId,
  );
  console.log(
    `${name}: a step of 60 upwards median ${percentile(steps, 0.5)} ms,`,
    `p95 ${percentile(steps, 0.95)} ms, ${steps.length} steps`,
  );
}

async function isWhole(browser: Browser, conversationId: string): Promise<boolean> {
  const held = await browser.page.evaluate((id) => globalThis.engine.held(id), conversationId);
  return held >= messages;
}

try {
  const anna = await signUp('anna');
  const bo = await signUp('bo');
  await befriend(anna, bo);
  const { conversationId } = await anna.browser.must<{ conversationId: string }>(
    'conversation.openDirect',
    { accountId: bo.accountId },
  );
  await bo.browser.list('timeline', { conversationId, around: 'latest' }, 't');
  await anna.browser.must('message.send', { conversationId, text: 'hei' });
  await bo.browser.reads('t', 'hei');
  const start = performance.now();
  // Nobody looks on while they are made: what follows reads them as pages.
  await bo.browser.page.goto('about:blank');
  const made = await anna.browser.page.evaluate(
    ([id, count]) => globalThis.engine.fill(id, count),
    [conversationId, messages] as const,
  );
  if (made !== messages) throw new Error(`made ${made}`);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${messages} messages made in ${Math.round(seconds)} s`);
  await bo.browser.page.goto(home);
  await bo.browser.page.waitForFunction(() => 'engine' in globalThis);
  await bo.browser.ready();
  const back = await bo.browser.until(
    'caught up',
    () => isWhole(bo.browser, conversationId),
    300_000,
  );
  console.log('reading all of it again took', Math.round(back), 'ms');
  await measure('warm', bo.browser, conversationId);
  await bo.browser.page.reload();
  await bo.browser.page.waitForFunction(() => 'engine' in globalThis);
  console.log('reload to signed in', Math.round(await bo.browser.ready()), 'ms');
  await measure('after a reload', bo.browser, conversationId);
  const second = await logIn(bo, 'bo');
  await measure('new device, still reading the history', second, conversationId, 1);
  console.log('PASSED');
} finally {
  await close();
}
