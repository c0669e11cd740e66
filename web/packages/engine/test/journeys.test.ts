import { describe, expect, test } from 'vitest';
import { until } from './sim/client.ts';
import { befriend, browser, logIn, openDirect, ready, signUp, texts, world } from './sim/people.ts';

describe('two people', () => {
  test('talk both ways, and read what was said after a reload', async () => {
    const server = world();
    const annaAt = browser(server);
    const anna = await signUp(annaAt, 'anna');
    const bo = await signUp(browser(server), 'bo');
    befriend(server, anna, bo);
    const conversationId = await openDirect(anna, bo);
    const annaSees = anna.list('timeline', { conversationId, around: 'latest' });
    const boSees = bo.list('timeline', { conversationId, around: 'latest' });
    await anna.must('message.send', { conversationId, text: 'hei' });
    await until('bo reads', () => texts(boSees.items()).includes('hei'));
    await bo.must('message.send', { conversationId, text: 'hallo' });
    await until('anna reads', () => texts(annaSees.items()).includes('hallo'));
    await anna.session.runtime().stop();
    annaAt.kill();
    server.cutSockets();
    const again = annaAt.start();
    await ready(again);
    const sees = again.list('timeline', { conversationId, around: 'latest' });
    await until('history', () => texts(sees.items()).join() === 'hei,hallo');
    await again.must('message.send', { conversationId, text: 'tilbake' });
    await until('bo reads on', () => texts(boSees.items()).join() === 'hei,hallo,tilbake');
  });

  test('edit, react, reply, delete, read marks and unread', async () => {
    const server = world();
    const anna = await signUp(browser(server), 'anna');
    const bo = await signUp(browser(server), 'bo');
    befriend(server, anna, bo);
    const conversationId = await openDirect(anna, bo);
    const annaSees = anna.list('timeline', { conversationId, around: 'latest' });
    const boSees = bo.list('timeline', { conversationId, around: 'latest' });
    const boList = bo.list('conversations', {});
    const sent = await anna.must('message.send', { conversationId, text: 'frist' });
    await until('bo has one unread', () => boList.items()[0]?.unread === 1);
    await anna.must('message.edit', { conversationId, target: sent.key, text: 'først' });
    await until('edited', () => texts(boSees.items()).join() === 'først');
    await bo.must('message.react', {
      conversationId,
      target: sent.key,
      emoji: '👍',
      isRemoved: false,
    });
    await until('reaction', () => {
      const [item] = annaSees.items();
      return item?.kind === 'message' && item.reactions[0]?.emoji === '👍';
    });
    await bo.must('message.send', { conversationId, text: 'svar', replyTo: sent.key });
    await until('reply', () => {
      const item = annaSees.items().at(-1);
      return item?.kind === 'message' && item.replyTo?.excerpt === 'først';
    });
    const seq = boSees.items()[0];
    if (seq?.kind !== 'message') throw new Error('no message');
    await bo.must('conversation.markRead', { conversationId, upToSeq: seq.seq });
    await until('read', () => {
      const [item] = annaSees.items();
      return item?.kind === 'message' && item.delivery.kind === 'read';
    });
    await until('none unread', () => boList.items()[0]?.unread === 0);
    await anna.must('message.delete', { conversationId, target: sent.key });
    await until('deleted', () => texts(boSees.items()).join() === '<deleted>,svar');
  });
});

describe('devices', () => {
  test('a new device reads everything while the first is off', async () => {
    const server = world();
    const annaAt = browser(server);
    const anna = await signUp(annaAt, 'anna');
    const bo = await signUp(browser(server), 'bo');
    befriend(server, anna, bo);
    const conversationId = await openDirect(anna, bo);
    for (const text of ['en', 'to', 'tre'])
      await anna.must('message.send', { conversationId, text });
    const boSees = bo.list('timeline', { conversationId, around: 'latest' });
    await until('bo reads', () => texts(boSees.items()).length === 3);
    await until('the vault has the keys', async () => {
      await anna.session.runtime().context.vault.flush();
      return true;
    });
    annaAt.isOnline = false;
    server.cutSockets(anna.session.account().deviceId);
    const second = await logIn(browser(server), 'anna');
    const sees = second.list('timeline', { conversationId, around: 'latest' });
    await until('history', () => texts(sees.items()).join() === 'en,to,tre');
    await second.must('message.send', { conversationId, text: 'fire' });
    await until('bo reads on', () => texts(boSees.items()).includes('fire'));
    annaAt.isOnline = true;
    anna.session.runtime().context.socket.wake();
    const first = anna.list('timeline', { conversationId, around: 'latest' });
    await until('the first device too', () => texts(first.items()).join() === 'en,to,tre,fire');
  });

  test('unlinking shuts a device out and turns the account key', async () => {
    const server = world();
    const anna = await signUp(browser(server), 'anna');
    const bo = await signUp(browser(server), 'bo');
    befriend(server, anna, bo);
    const conversationId = await openDirect(anna, bo);
    const second = await logIn(browser(server), 'anna');
    const lost = second.session.account().deviceId;
    const held = server.conversations.get(conversationId);
    await until('joined', () => held?.leaves.has(lost) === true);
    await second.must('message.send', { conversationId, text: 'fra den gamle' });
    const before = anna.list('timeline', { conversationId, around: 'latest' });
    await until('read before', () => texts(before.items()).includes('fra den gamle'));
    await anna.must('device.unlink', { deviceId: lost });
    await until('signed out', () => second.session.state().kind === 'signed-out');
    await bo.must('message.send', { conversationId, text: 'bare oss' });
    const sees = anna.list('timeline', { conversationId, around: 'latest' });
    await until('read', () => texts(sees.items()).includes('bare oss'));
    expect(held?.leaves.has(lost)).toBe(false);
    expect(anna.session.account().secrets.generation).toBe(2);
    const third = await logIn(browser(server), 'anna');
    const all = third.list('timeline', { conversationId, around: 'latest' });
    const said = 'fra den gamle,bare oss';
    await until('history over the rotation', () => texts(all.items()).join() === said);
  });

  test('a device that came and went while all of the other side was off is still believed', async () => {
    const server = world();
    const anna = await signUp(browser(server), 'anna');
    const boAt = browser(server);
    const bo = await signUp(boAt, 'bo');
    befriend(server, anna, bo);
    const conversationId = await openDirect(anna, bo);
    await anna.must('message.send', { conversationId, text: 'hei' });
    const before = bo.list('timeline', { conversationId, around: 'latest' });
    await until('bo reads', () => texts(before.items()).includes('hei'));
    await bo.session.runtime().stop();
    boAt.kill();

    const second = await logIn(browser(server), 'anna');
    const brief = second.session.account().deviceId;
    const held = server.conversations.get(conversationId);
    await until('joined', () => held?.leaves.has(brief) === true);
    await second.must('message.send', { conversationId, text: 'fra nettbrettet' });
    const sees = anna.list('timeline', { conversationId, around: 'latest' });
    await until('anna reads', () => texts(sees.items()).includes('fra nettbrettet'));
    await anna.must('device.unlink', { deviceId: brief });
    await anna.must('message.send', { conversationId, text: 'tilbake' });
    await until('sent', () => held?.leaves.has(brief) === false);

    const again = boAt.start();
    await ready(again);
    const after = again.list('timeline', { conversationId, around: 'latest' });
    await until('all of it', () => texts(after.items()).join() === 'hei,fra nettbrettet,tilbake');
    const { directory } = again.session.runtime().context;
    const { accountId } = anna.session.account();
    expect(directory.device(accountId, brief)?.isCurrent).toBe(false);
  });
});

describe('groups', () => {
  test('add, talk, remove, share history', async () => {
    const server = world();
    const anna = await signUp(browser(server), 'anna');
    const bo = await signUp(browser(server), 'bo');
    const cilla = await signUp(browser(server), 'cilla');
    befriend(server, anna, bo);
    befriend(server, anna, cilla);
    const created = await anna.must('group.create', {
      name: 'Laget',
      members: [bo.session.account().accountId],
      sharesHistory: true,
    });
    if (created.kind !== 'created') throw new Error(created.kind);
    const { conversationId } = created;
    const boSees = bo.list('timeline', { conversationId, around: 'latest' });
    await anna.must('message.send', { conversationId, text: 'velkommen' });
    await until('bo reads', () => texts(boSees.items()).includes('velkommen'));
    const members = [cilla.session.account().accountId];
    expect((await anna.must('group.add', { conversationId, members })).kind).toBe('done');
    const cillaSees = cilla.list('timeline', { conversationId, around: 'latest' });
    await until('history shared', () => texts(cillaSees.items()).includes('velkommen'));
    const accountId = bo.session.account().accountId;
    expect((await anna.must('group.remove', { conversationId, accountId })).kind).toBe('done');
    await cilla.must('message.send', { conversationId, text: 'uten bo' });
    const annaSees = anna.list('timeline', { conversationId, around: 'latest' });
    await until('anna reads', () => texts(annaSees.items()).includes('uten bo'));
    expect(texts(boSees.items())).not.toContain('uten bo');
    const details = bo.value('conversation', { conversationId });
    await until('bo is out', () => details()?.isCurrent === false);
  });
});

describe('a new group that the server does not fill', () => {
  test('is made without who is no contact any more, and says so', async () => {
    const server = world();
    const anna = await signUp(browser(server), 'anna');
    const bo = await signUp(browser(server), 'bo');
    const cilla = await signUp(browser(server), 'cilla');
    befriend(server, anna, bo);
    const stranger = cilla.session.account().accountId;
    const created = await anna.must('group.create', {
      name: 'Laget',
      members: [bo.session.account().accountId, stranger],
      sharesHistory: false,
    });
    if (created.kind !== 'created') throw new Error(created.kind);
    expect(created.notAdded).toEqual({ kind: 'not-a-contact', accountIds: [stranger] });
    const { conversationId } = created;
    const boSees = bo.list('timeline', { conversationId, around: 'latest' });
    await anna.must('message.send', { conversationId, text: 'velkommen' });
    await until('bo reads', () => texts(boSees.items()).includes('velkommen'));
    expect(server.conversations.get(conversationId)?.members.has(stranger)).toBe(false);
  });

  test('is made empty where there is no room, says so, and can be filled later', async () => {
    const server = world();
    const anna = await signUp(browser(server), 'anna');
    const bo = await signUp(browser(server), 'bo');
    befriend(server, anna, bo);
    server.groupDevicesMax = 1;
    const members = [bo.session.account().accountId];
    const created = await anna.must('group.create', {
      name: 'Laget',
      members,
      sharesHistory: false,
    });
    if (created.kind !== 'created') throw new Error(created.kind);
    expect(created.notAdded).toEqual({ kind: 'group-too-large', max: 1 });
    const { conversationId } = created;
    server.groupDevicesMax = 2;
    expect((await anna.must('group.add', { conversationId, members })).kind).toBe('done');
  });
});

describe('offline', () => {
  test('what waited is sent once and in order', async () => {
    const server = world();
    const annaAt = browser(server);
    const anna = await signUp(annaAt, 'anna');
    const bo = await signUp(browser(server), 'bo');
    befriend(server, anna, bo);
    const conversationId = await openDirect(anna, bo);
    const boSees = bo.list('timeline', { conversationId, around: 'latest' });
    await anna.must('message.send', { conversationId, text: '0' });
    await until('bo reads', () => texts(boSees.items()).length === 1);
    annaAt.isOnline = false;
    server.cutSockets(anna.session.account().deviceId);
    for (let i = 1; i <= 5; i++) await anna.must('message.send', { conversationId, text: `${i}` });
    // The epoch turns meanwhile: what waits is encrypted anew.
    await logIn(browser(server), 'bo');
    annaAt.isOnline = true;
    anna.session.runtime().context.socket.wake();
    await until('all', () => texts(boSees.items()).join() === '0,1,2,3,4,5');
  });
});
