/** Browsers whose clock is off by a day, either way, talk with one whose clock is right. */
import { befriend, close, logIn, signUp } from './harness.ts';
import type { Browser, Known } from './harness.ts';

const DAY_MS = 86_400_000;

interface Shown {
  readonly timeMs?: number;
  readonly body?: { readonly text?: string };
}

/** The message's time as shown: the server's, wherever it is looked at. */
async function isTimed(browser: Browser, as: string, text: string): Promise<boolean> {
  const items = (await browser.page.evaluate((s) => globalThis.engine.items(s), as)) as Shown[];
  const timeMs = items.find((item) => item.body?.text === text)?.timeMs ?? 0;
  return Math.abs(timeMs - Date.now()) < 60_000;
}

async function say(from: Browser, to: Browser, conversationId: string, text: string) {
  await from.must('message.send', { conversationId, text });
  for (const each of [from, to]) {
    await each.reads('t', text);
    await each.until('dated by the server', () => isTimed(each, 't', text));
  }
}

async function talk(late: Known, right: Known): Promise<string> {
  await befriend(late, right);
  const { conversationId } = await late.browser.must<{ conversationId: string }>(
    'conversation.openDirect',
    { accountId: right.accountId },
  );
  for (const { browser } of [late, right])
    await browser.list('timeline', { conversationId, around: 'latest' }, 't');
  await say(late.browser, right.browser, conversationId, 'fra feil klokke');
  await say(right.browser, late.browser, conversationId, 'fra riktig klokke');
  return conversationId;
}

try {
  for (const shiftMs of [-DAY_MS, DAY_MS]) {
    // An account may own one group.
    const right = await signUp(shiftMs < 0 ? 'rita' : 'ruth');
    const name = shiftMs < 0 ? 'sigrid' : 'tor';
    const wrong = await signUp(name, shiftMs);
    const conversationId = await talk(wrong, right);
    const second = await logIn(wrong, name, shiftMs);
    await second.list('timeline', { conversationId, around: 'latest' }, 't');
    await second.reads('t', 'fra riktig klokke');
    await say(second, right.browser, conversationId, 'fra ny enhet');
    // Key packages both ways: the one whose clock is off founds a group, and is added to one.
    for (const [owner, other] of [
      [wrong, right],
      [right, wrong],
    ] as const) {
      const group = await owner.browser.must<{ kind: string; conversationId: string }>(
        'group.create',
        { name: 'Laget', members: [other.accountId], sharesHistory: false },
      );
      if (group.kind !== 'created') throw new Error(`${owner.email}: ${group.kind}`);
      for (const each of [owner, other])
        await each.browser.list(
          'timeline',
          { conversationId: group.conversationId, around: 'latest' },
          't',
        );
      await say(owner.browser, other.browser, group.conversationId, 'i gruppen');
      await say(other.browser, owner.browser, group.conversationId, 'jeg også');
    }
    await wrong.browser.page.reload();
    await wrong.browser.page.waitForFunction(() => 'engine' in globalThis);
    await wrong.browser.ready();
    for (const { browser } of [wrong, right])
      await browser.list('timeline', { conversationId, around: 'latest' }, 't');
    await say(wrong.browser, right.browser, conversationId, 'etter omlasting');
    console.log(`off by ${shiftMs / DAY_MS} day: fine`);
  }
  console.log('PASSED');
} finally {
  await close();
}
