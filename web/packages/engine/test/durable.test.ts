import { expect, test } from 'vitest';
import type { ConversationSummary, Draft, EngineClient } from '../src/api.ts';
import { until } from './sim/client.ts';
import { applyTo } from './sim/patches.ts';
import { befriend, browser, openDirect, signUp, texts, world } from './sim/people.ts';
import { SimTabs } from './sim/tabs.ts';

function conversations(engine: EngineClient): () => ConversationSummary | undefined {
  const held = new Map<string, ConversationSummary>();
  engine.list('conversations', {}, (patch) => applyTo(held, patch));
  return () => [...held.values()][0];
}

/** Bo has said something that Anna has not read; her browser has one tab. */
async function unread() {
  const server = world();
  const annaAt = browser(server);
  const anna = await signUp(annaAt, 'anna');
  const bo = await signUp(browser(server), 'bo');
  befriend(server, anna, bo);
  const conversationId = await openDirect(anna, bo);
  await until('bo has it', () => bo.session.runtime().context.store.ids().length === 1);
  await bo.must('message.send', { conversationId, text: 'les dette' });
  const annaSees = anna.list('timeline', { conversationId, around: 'latest' });
  await until('anna has it', () => texts(annaSees.items()).includes('les dette'));
  await anna.session.runtime().stop();
  annaAt.kill();
  server.cutSockets();
  const tabs = new SimTabs(annaAt);
  const tab = tabs.open();
  const shown = conversations(tab.engine);
  await until('one unread', () => shown()?.unread === 1);
  const boSees = bo.list('timeline', { conversationId, around: 'latest' });
  const isReadAtBo = (): boolean => {
    const item = boSees.items().find((each) => each.kind === 'message');
    return item?.kind === 'message' && item.delivery.kind === 'read';
  };
  const upToSeq = server.conversations.get(conversationId)?.log.length ?? 0;
  return { annaAt, tabs, tab, shown, isReadAtBo, conversationId, upToSeq };
}

test('what is read without a network is told after the tab was closed', async () => {
  const { annaAt, tabs, tab, isReadAtBo, conversationId, upToSeq } = await unread();
  annaAt.isOnline = false;
  const answer = await tab.engine.command('conversation.markRead', { conversationId, upToSeq });
  expect(answer.ok).toBe(true);
  tab.close();
  expect(isReadAtBo()).toBe(false);
  annaAt.isOnline = true;
  const shown = conversations(tabs.open().engine);
  await until('read here', () => shown()?.unread === 0);
  await until('read at bo', isReadAtBo);
});

test('nothing is shown as read that the others will not hear of, wherever the tab is closed', async () => {
  const whole = await unread();
  let uses = 0;
  whole.tabs.onStorage = () => uses++;
  const { conversationId, upToSeq } = whole;
  await whole.tab.engine.command('conversation.markRead', { conversationId, upToSeq });
  await until('read at bo', whole.isReadAtBo);
  expect(uses).toBeGreaterThan(3);
  let timesRead = 0;
  for (let at = 1; at <= uses; at++) {
    const run = await unread();
    let seen = 0;
    run.tabs.onStorage = () => {
      if (++seen === at) run.tab.close();
    };
    void run.tab.engine.command('conversation.markRead', run);
    await until('closed', () => seen >= at || run.isReadAtBo());
    run.tabs.onStorage = () => undefined;
    run.tab.close();
    const shown = conversations(run.tabs.open().engine);
    await until('there again', () => shown() !== undefined);
    if (shown()?.unread !== 0) continue;
    timesRead++;
    await until(`read at bo, closed at ${at}`, run.isReadAtBo);
  }
  expect(timesRead).toBeGreaterThan(0);
}, 120_000);

test('a draft is there again after a tab that was closed at once', async () => {
  const { tabs, tab, conversationId } = await unread();
  const draft = { text: 'Halvferdige ord' };
  expect(await tab.engine.command('conversation.draft', { conversationId, draft })).toMatchObject({
    ok: true,
  });
  tab.close();
  let seen: Draft | null | undefined;
  const { engine } = tabs.open();
  engine.watch('draft', { conversationId }, (value) => (seen = value));
  await until('the draft', () => seen?.text === 'Halvferdige ord');
});
