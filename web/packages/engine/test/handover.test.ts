import { describe, expect, test } from 'vitest';
import type { Answer, EngineClient, ListQueries, SessionState, TimelineItem } from '../src/api.ts';
import { connect } from '../src/connect.ts';
import type { EngineWorker } from '../src/connect.ts';
import { applyTo } from './sim/patches.ts';
import { until } from './sim/client.ts';
import type { SimTab } from './sim/client.ts';
import { befriend, browser, openDirect, signUp, texts, world } from './sim/people.ts';
import { SimTabs } from './sim/tabs.ts';

function timeline(engine: EngineClient, conversationId: string): () => readonly TimelineItem[] {
  const held = new Map<string, ListQueries['timeline']['item']>();
  engine.list('timeline', { conversationId, around: 'latest' }, (patch) => applyTo(held, patch));
  return () => [...held.values()].toSorted((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
}

/** Anna's browser with two tabs, the first of which owns the engine; and Bo elsewhere. */
async function twoTabs() {
  const server = world();
  const annaAt = browser(server);
  const anna = await signUp(annaAt, 'anna');
  const bo = await signUp(browser(server), 'bo');
  befriend(server, anna, bo);
  const conversationId = await openDirect(anna, bo);
  await anna.must('message.send', { conversationId, text: 'hei' });
  const boSees = bo.list('timeline', { conversationId, around: 'latest' });
  await until('bo reads', () => texts(boSees.items()).includes('hei'));
  await anna.session.runtime().stop();
  annaAt.kill();
  server.cutSockets();
  const tabs = new SimTabs(annaAt);
  const first = tabs.open();
  const states: SessionState['kind'][] = [];
  first.engine.watch('session', {}, () => undefined);
  const firstSees = timeline(first.engine, conversationId);
  await until('the first tab shows', () => texts(firstSees()).includes('hei'));
  const second = tabs.open();
  second.engine.watch('session', {}, (state) => states.push(state.kind));
  const secondSees = timeline(second.engine, conversationId);
  await until('the second tab shows', () => texts(secondSees()).includes('hei'));
  return { server, tabs, bo, boSees, first, second, secondSees, states, conversationId };
}

async function sendsOnce(bo: SimTab, boSees: () => readonly TimelineItem[], text: string) {
  await until(`bo reads ${text}`, () => texts(boSees()).includes(text));
  await bo.must('settings.change', {});
  expect(texts(boSees()).filter((each) => each === text)).toHaveLength(1);
}

describe('the tab that owns the engine is closed', () => {
  test('right before another tab sends: sent once, and nothing was torn down', async () => {
    const { bo, boSees, first, second, secondSees, states, conversationId } = await twoTabs();
    first.close();
    const answer = await second.engine.command('message.send', { conversationId, text: 'etter' });
    expect(answer.ok && answer.value.kind).toBe('queued');
    await sendsOnce(bo, boSees.items, 'etter');
    await until('shown as sent', () => texts(secondSees()).includes('etter'));
    expect(texts(secondSees())).toEqual(['hei', 'etter']);
    expect(new Set(states)).toEqual(new Set(['signed-in']));
  });

  test('at any use of the disk while another tab sends: sent once', async () => {
    const first = await twoTabs();
    let uses = 0;
    first.tabs.onStorage = () => uses++;
    await say(first, 'uten hinder');
    await sendsOnce(first.bo, first.boSees.items, 'uten hinder');
    expect(uses).toBeGreaterThan(2);
    for (let at = 1; at <= uses; at++) {
      const run = await twoTabs();
      let seen = 0;
      run.tabs.onStorage = () => {
        if (++seen === at) run.first.close();
      };
      const text = `lukket ved ${at}`;
      const answer = await say(run, text);
      expect(answer.ok && answer.value.kind, text).toBe('queued');
      await sendsOnce(run.bo, run.boSees.items, text);
      await until('shown once', () => texts(run.secondSees()).join() === `hei,${text}`);
    }
  }, 120_000);

  test('while a group is made: made once, by the tab that takes over', async () => {
    const { bo, first, second, server } = await twoTabs();
    const before = server.conversations.size;
    const members = [bo.session.account().accountId];
    const asked = second.engine.command('group.create', {
      name: 'Tur',
      members,
      sharesHistory: false,
    });
    await until('the server has it', () => server.conversations.size > before);
    first.close();
    const answer = await asked;
    expect(answer).toMatchObject({ ok: true, value: { kind: 'created' } });
    expect(server.conversations.size).toBe(before + 1);
    const boList = bo.list('conversations', {});
    await until('bo is in it', () => boList.items().some((item) => item.name === 'Tur'));
  });

  test('while the passphrase is changed: interrupted, and not tried again', async () => {
    const { first, second } = await twoTabs();
    const asked = second.engine.command('passphrase.change', { current: 'a', next: 'b' });
    // Time for the message to reach the owner; it stretches the passphrase first.
    await new Promise((resolve) => setTimeout(resolve));
    first.close();
    expect(await asked).toEqual({ ok: false, failure: { code: 'interrupted' } });
  });
});

function say(
  { second, conversationId }: Awaited<ReturnType<typeof twoTabs>>,
  text: string,
): Promise<Answer<{ kind: 'queued'; key: string }>> {
  return second.engine.command('message.send', { conversationId, text });
}

describe('the worker of a page ends', () => {
  function fakeWorkers() {
    const made: (EngineWorker & { asked: { type: string; name?: string; nonce?: string }[] })[] =
      [];
    const engine = connect(() => {
      const asked: { type: string; name?: string; nonce?: string }[] = [];
      const worker = {
        asked,
        postMessage: (message: unknown) => asked.push(message as (typeof asked)[number]),
        onmessage: null,
        onerror: null,
        terminate: () => undefined,
      };
      made.push(worker);
      return worker;
    });
    const end = (): void => made.at(-1)?.onmessage?.({ data: { type: 'restart' } } as MessageEvent);
    const commands = (at: number) =>
      made[at]?.asked.filter((each) => each.type === 'command') ?? [];
    return { engine, end, commands, made };
  }

  test('what may be repeated is asked of the next one under the same nonce', () => {
    const { engine, end, commands } = fakeWorkers();
    void engine.command('message.send', { conversationId: 'c', text: 'a' });
    void engine.command('message.send', { conversationId: 'c', text: 'b' });
    end();
    expect(commands(1)).toEqual(commands(0));
    const [a, b] = commands(1);
    expect(a?.nonce).toMatch(/^[0-9a-f]{32}$/);
    expect(a?.nonce).not.toBe(b?.nonce);
  });

  test('what may not fails as interrupted', async () => {
    const { engine, end, commands } = fakeWorkers();
    const asked = engine.command('invitation.accept', { invitationId: 'i' });
    end();
    expect(await asked).toEqual({ ok: false, failure: { code: 'interrupted' } });
    expect(commands(1)).toEqual([]);
  });

  test('three are asked and no more; and none after the last one', async () => {
    const { engine, end, commands, made } = fakeWorkers();
    const asked = engine.command('message.send', { conversationId: 'c', text: 'a' });
    for (let ends = 0; ends < 3; ends++) end();
    expect(await asked).toEqual({ ok: false, failure: { code: 'interrupted' } });
    expect([0, 1, 2, 3].map((at) => commands(at).length)).toEqual([1, 1, 1, 0]);
    const last = engine.command('session.logOut', {});
    for (let ends = 0; ends < 3; ends++) end();
    expect(made).toHaveLength(6);
    expect(await last).toMatchObject({ ok: false });
    const late = await engine.command('session.logOut', {});
    expect(late).toEqual({ ok: false, failure: { code: 'unavailable' } });
  });
});
