/** How fast a long conversation opens and scrolls: `MESSAGES=10000 node test/browser/run.mjs history`. */
import { befriend, close, logIn, signUp } from './harness.ts';
import type { Browser } from './harness.ts';

const messages = Number(process.env['MESSAGES'] ?? 10_000);
const BATCH = 250;

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

async function opens(browser: Browser, conversationId: string, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) {
    const { ms, items } = await browser.page.evaluate(
      (id) => globalThis.engine.measureOpen(id),
      conversationId,
    );
    if (items < 50) throw new Error(`only ${items} items`);
    all.push(ms);
  }
  return all;
}

async function measure(name: string, browser: Browser, conversationId: string): Promise<void> {
  const times = await opens(browser, conversationId, 20);
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

try {
  const anna = await signUp('anna');
  const bo = await signUp('bo');
  await befriend(anna, bo);
  const { conversationId } = await anna.browser.must<{ conversationId: string }>(
    'conversation.openDirect',
    { accountId: bo.accountId },
  );
  await bo.browser.list('timeline', { conversationId, around: 'latest' }, 't');
  const start = performance.now();
  for (let from = 0; from < messages; from += BATCH) {
    const sender = (from / BATCH) % 2 === 0 ? anna.browser : bo.browser;
    const to = Math.min(messages, from + BATCH);
    await sender.page.evaluate(
      async ([id, low, high]) => {
        for (let i = low; i < high; i++)
          await globalThis.engine.command('message.send', {
            conversationId: id,
            text: `nr ${i}: ${'et par ord til '.repeat(1 + (i % 7))}`,
          });
      },
      [conversationId, from, to] as const,
    );
    await bo.browser.until(
      `message ${to - 1}`,
      async () => (await bo.browser.texts('t')).some((t) => t.startsWith(`nr ${to - 1}:`)),
      120_000,
    );
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(`${messages} messages sent and shown in ${Math.round(seconds)} s`);
  await measure('warm', bo.browser, conversationId);
  await bo.browser.page.reload();
  await bo.browser.page.waitForFunction(() => 'engine' in globalThis);
  console.log('reload to signed in', Math.round(await bo.browser.ready()), 'ms');
  await measure('after a reload', bo.browser, conversationId);
  const second = await logIn(bo, 'bo');
  await measure('new device, still reading the history', second, conversationId);
  console.log('PASSED');
} finally {
  await close();
}
