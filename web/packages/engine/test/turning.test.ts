import { base64, utf8 } from '@crypho/vault';
import { expect, test } from 'vitest';
import { SimBrowser, fastClock, until } from './sim/client.ts';
import { SimServer } from './sim/server.ts';

test('a key serves seven days, then the epoch turns with the next message', async () => {
  let offsetMs = 0;
  const fast = fastClock(20);
  const clock = { ...fast, now: () => fast.now() + offsetMs };
  const server = new SimServer(clock.now);
  const tab = new SimBrowser(server, 5, clock).start();
  const email = 'anna@example.org';
  await tab.must('signup.start', { email, language: 'en' });
  const token = base64(utf8(email));
  await tab.must('signup.complete', {
    token,
    displayName: 'Anna',
    language: 'en',
    passphrase: 'a passphrase of hers',
    totpCode: '000000',
    isSharedComputer: true,
  });
  await until('signed in', () => tab.session.state().kind === 'signed-in');
  const created = await tab.must('group.create', {
    name: 'Alene',
    members: [],
    sharesHistory: false,
  });
  if (created.kind !== 'created') throw new Error(created.kind);
  const { conversationId } = created;
  const conversation = server.conversations.get(conversationId);
  const sees = tab.list('timeline', { conversationId, around: 'latest' });
  await tab.must('message.send', { conversationId, text: 'first' });
  await until('sent', () => sees.items().some((i) => i.kind === 'message' && i.seq > 0));
  const epoch = conversation?.epoch ?? 0;
  offsetMs = 8 * 24 * 3600 * 1000;
  await tab.must('message.send', { conversationId, text: 'second' });
  await until(
    'sent',
    () => sees.items().filter((i) => i.kind === 'message' && i.seq > 0).length === 2,
  );
  expect(conversation?.epoch).toBe(epoch + 1);
});
