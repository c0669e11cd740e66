import { Trapped } from '@crypho/mls/errors';
import { StorageError, hex, sealMessage, sha256 } from '@crypho/vault';
import { ContentSchema, create, toBinary } from '@crypho/wire';
import { describe, expect, test } from 'vitest';
import type { MessageItem } from '../src/api.ts';
import { until } from './sim/client.ts';
import type { SimTab } from './sim/client.ts';
import { parse } from './sim/mls.ts';
import type { WireInfo } from './sim/mls.ts';
import { befriend, browser, logIn, openDirect, ready, signUp, texts, world } from './sim/people.ts';
import { NO_FAULTS } from './sim/server.ts';
import type { SimServer } from './sim/server.ts';

async function pair(server: SimServer, annaAt = browser(server)) {
  const boAt = browser(server);
  const anna = await signUp(annaAt, 'anna');
  const bo = await signUp(boAt, 'bo');
  befriend(server, anna, bo);
  const id = await openDirect(anna, bo);
  const show = (tab: SimTab) => tab.list('timeline', { conversationId: id, around: 'latest' });
  const annaSees = show(anna);
  const boSees = show(bo);
  await anna.must('message.send', { conversationId: id, text: 'hei' });
  await until('bo reads', () => texts(boSees.items()).includes('hei'));
  const conversation = server.conversations.get(id);
  if (conversation === undefined) throw new Error('no conversation');
  return { anna, annaAt, annaSees, bo, boAt, boSees, conversation, conversationId: id, show };
}

describe('deposits', () => {
  test('a false one to oneself is replaced by what was derived', async () => {
    const server = world();
    const { anna, conversation, conversationId } = await pair(server);
    // Bo's next device turns the epoch; the server then puts another deposit for Anna.
    const before = conversation.epoch;
    await logIn(browser(server), 'bo');
    const { accountId, deviceId } = anna.session.account();
    const isHers = (each: (typeof conversation.deposits)[number]): boolean =>
      each.accountId === accountId && Number(each.epoch) === before + 1;
    await until('deposited', () => conversation.deposits.some(isHers));
    const index = conversation.deposits.findIndex(isHers);
    const honest = conversation.deposits[index];
    if (honest === undefined) throw new Error('no deposit');
    const sealedKey = honest.sealedKey.slice().reverse();
    conversation.deposits[index] = { ...honest, sealedKey };
    await until('replaced', () => conversation.deposits[index]?.sealedKey !== sealedKey);
    expect(conversation.deposits[index]?.depositorDeviceId).toBe(deviceId);
    const { epoch, generation } = conversation;
    const { keys } = anna.session.runtime().context;
    expect(await keys.checkDeposit(conversationId, { epoch, generation })).toBe('held');
  });
});

describe('messages that must not be believed', () => {
  test('of a device that was not in the group in that epoch', async () => {
    const server = world();
    const { anna, annaSees, bo, boAt, conversation, conversationId } = await pair(server);
    const { generation, epoch } = conversation;
    const held = await bo.session.runtime().context.keys.get(conversationId, { generation, epoch });
    if (held === undefined) throw new Error('no key');
    const second = await logIn(browser(server), 'bo');
    await until('the epoch turned', () => conversation.epoch > epoch);
    await anna.session.runtime().context.sync.refresh(conversationId);
    const { accountId, deviceId, signing } = second.session.account();
    const clientId = boAt.random(16);
    const header = {
      purpose: 1,
      conversation: conversationId,
      generation,
      epoch: BigInt(epoch),
      account: accountId,
      device: deviceId,
      clientId,
    } as const;
    const content = create(ContentSchema, { body: { case: 'text', value: { text: 'falsk' } } });
    const plain = toBinary(ContentSchema, content);
    const value = await sealMessage(held.key, header, plain, signing, boAt.random);
    server.plant(
      conversationId,
      { account: accountId, device: deviceId },
      { clientId, generation, epoch: BigInt(epoch), body: { case: 'message', value } },
    );
    await until('shown', () => texts(annaSees.items()).includes('<unreadable>'));
    const shown = annaSees.items().at(-1) as MessageItem;
    expect(shown.key).toBe(`${accountId}/${hex(clientId)}`);
    expect(shown.body).toMatchObject({ kind: 'unreadable', reason: 'device-unknown' });
  });

  test('other identity keys than those first seen are told in the timeline', async () => {
    const server = world();
    const { anna, annaSees, bo, conversationId } = await pair(server);
    const { accountId } = bo.session.account();
    server.swapIdentity(accountId, await sha256(new Uint8Array(1)));
    await until('told', () =>
      annaSees
        .items()
        .some(
          (item) =>
            item.kind === 'event' &&
            item.event.kind === 'identity-changed' &&
            item.event.person.accountId === accountId,
        ),
    );
    const details = anna.value('conversation', { conversationId });
    await until(
      'marked',
      () => details()?.members.some((member) => !member.isIdentityKnown) === true,
    );
  });
});

describe('the ladder', () => {
  test('a group that nobody can join is begun anew, and its history stays', async () => {
    const server = world();
    const { anna, boSees, conversation, conversationId, show } = await pair(server);
    // What is left of the group on the server vouches for a device that nobody certified.
    const info = parse<WireInfo>(conversation.groupInfo);
    const ghost = { id: { ...anna.session.runtime().context.mls.self, device: 'f'.repeat(16) } };
    const members = [...info.members, { ...ghost, thumb: 'ghost' }];
    conversation.groupInfo = new TextEncoder().encode(JSON.stringify({ ...info, members }));
    const second = await logIn(browser(server), 'anna');
    await until('begun anew', () => conversation.generation === 1);
    const sees = show(second);
    await until('history', () => texts(sees.items()).includes('hei'));
    await second.must('message.send', { conversationId, text: 'på nytt' });
    await until('bo reads on', () => texts(boSees.items()).join() === 'hei,på nytt');
    await anna.must('message.send', { conversationId, text: 'jeg også' });
    await until('all', () => texts(sees.items()).join() === 'hei,på nytt,jeg også');
    expect(boSees.items().some((i) => i.kind === 'event' && i.event.kind === 'keys-reset')).toBe(
      true,
    );
  });

  test('a trap of the MLS library asks for another worker, which leaves that group and joins anew', async () => {
    const server = world();
    const annaAt = browser(server);
    let traps = 0;
    annaAt.wrapMls = (mls) => ({
      ...mls,
      process: async (group, commit) => {
        if (traps > 0) return mls.process(group, commit);
        traps++;
        throw new Trapped();
      },
    });
    const { anna, boSees, conversation, conversationId, show } = await pair(server, annaAt);
    const { epoch } = conversation;
    await logIn(browser(server), 'bo');
    await until('the epoch turned', () => conversation.epoch > epoch);
    await until('another worker is asked for', () => annaAt.restarts === 1);
    await anna.must('message.send', { conversationId, text: 'venter' });
    annaAt.kill();
    server.cutSockets(anna.session.account().deviceId);
    const again = annaAt.start();
    await ready(again);
    const sees = show(again);
    await until('bo reads', () => texts(boSees.items()).join() === 'hei,venter');
    await until('history', () => texts(sees.items()).join() === 'hei,venter');
    expect(traps).toBe(1);
    expect(annaAt.restarts).toBe(1);
  });
});

describe('signing out', () => {
  test('without a network ends the session as soon as there is one, and before the next log-in', async () => {
    const server = world();
    const annaAt = browser(server);
    const anna = await signUp(annaAt, 'anna');
    const { accountId, deviceId } = anna.session.account();
    const linked = (): boolean =>
      server.accounts.get(accountId)?.devices.some((each) => each.deviceId === deviceId) === true;
    annaAt.isOnline = false;
    server.cutSockets();
    await anna.must('session.logOut', {});
    expect(annaAt.kept).toBeUndefined();
    expect(linked()).toBe(true);
    annaAt.kill();
    // The page is opened again much later, by somebody who signs in at once.
    const later = await (async () => {
      const tab = annaAt.start();
      annaAt.isOnline = true;
      return tab;
    })();
    await until('told', () => !linked());
    expect(later.session.state().kind).toBe('signed-out');
    const again = await logIn(annaAt, 'anna');
    expect(again.session.state().kind).toBe('signed-in');
    expect(annaAt.isLeaving).toBe(false);
  });

  test('a log-in that comes first ends the old session, not the new one', async () => {
    const server = world();
    const annaAt = browser(server);
    const anna = await signUp(annaAt, 'anna');
    const { accountId, deviceId } = anna.session.account();
    annaAt.isOnline = false;
    server.cutSockets();
    await anna.must('session.logOut', {});
    annaAt.kill();
    annaAt.isOnline = true;
    const again = await logIn(annaAt, 'anna');
    const devices = server.accounts.get(accountId)?.devices.map((each) => each.deviceId);
    expect(devices).toEqual([again.session.account().deviceId]);
    expect(devices).not.toContain(deviceId);
  });
});

describe('what fails while the socket is up', () => {
  test('what was said meanwhile is read although the head cannot be', async () => {
    const server = world();
    const { annaAt, annaSees, bo, conversationId } = await pair(server);
    annaAt.isOnline = false;
    server.cutSockets();
    await bo.must('message.send', { conversationId, text: 'ser du dette?' });
    server.faults = { ...NO_FAULTS, dropRequest: (path) => path.endsWith('/GetConversation') };
    annaAt.isOnline = true;
    await until('anna reads', () => texts(annaSees.items()).includes('ser du dette?'));
    server.faults = NO_FAULTS;
  });

  test('an entry that the disk refused once is there all the same', async () => {
    const server = world();
    const annaAt = browser(server);
    let refusals = 0;
    annaAt.wrap = (storage) => ({
      ...storage,
      write: async (writes) => {
        if (refusals-- > 0) throw new StorageError(new Error('busy'));
        return storage.write(writes);
      },
    });
    const { annaSees, bo, conversationId } = await pair(server, annaAt);
    refusals = 1;
    await bo.must('message.send', { conversationId, text: 'det siste' });
    await until('anna reads', () => texts(annaSees.items()).includes('det siste'));
    expect(refusals).toBeLessThan(1);
  });
});
