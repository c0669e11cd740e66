/** Sign-up to groups: two people, several devices and tabs. */
import { befriend, close, logIn, open, signUp } from './harness.ts';

try {
  const anna = await signUp('anna');
  const bo = await signUp('bo');
  await befriend(anna, bo);
  const opened = await anna.browser.must<{ conversationId: string }>('conversation.openDirect', {
    accountId: bo.accountId,
  });
  const { conversationId } = opened;
  const timeline = { conversationId, around: 'latest' };
  await anna.browser.list('timeline', timeline, 't');
  await bo.browser.list('timeline', timeline, 't');
  await anna.browser.must('message.send', { conversationId, text: 'hei' });
  console.log('first message', await bo.browser.reads('t', 'hei'));
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const [from, to] = i % 2 === 0 ? [bo, anna] : [anna, bo];
    const start = performance.now();
    await from.browser.must('message.send', { conversationId, text: `nr ${i}` });
    await to.browser.reads('t', `nr ${i}`);
    times.push(performance.now() - start);
  }
  console.log('send to shown, median ms', times.toSorted((a, b) => a - b)[10]);
  await anna.browser.page.reload();
  await anna.browser.page.waitForFunction(() => 'engine' in globalThis);
  console.log('reload to signed in ms', await anna.browser.ready());
  await anna.browser.list('timeline', timeline, 't');
  await anna.browser.reads('t', 'hei');
  await anna.browser.must('message.send', { conversationId, text: 'etter omlasting' });
  await bo.browser.reads('t', 'etter omlasting');
  await anna.browser.context.setOffline(true);
  await anna.browser.page.close();
  const second = await logIn(anna, 'anna');
  await second.list('timeline', timeline, 't');
  await second.reads('t', 'hei');
  console.log('new device has', (await second.texts('t')).length, 'messages');
  await second.must('message.send', { conversationId, text: 'fra ny enhet' });
  await bo.browser.reads('t', 'fra ny enhet');
  const tab = await open(bo.browser.context);
  await tab.ready();
  await tab.list('timeline', timeline, 't');
  await tab.reads('t', 'fra ny enhet');
  await bo.browser.page.close();
  await tab.must('message.send', { conversationId, text: 'fane to' });
  await second.reads('t', 'fane to');
  const cilla = await signUp('cilla');
  await befriend({ ...anna, browser: second }, cilla);
  const group = await second.must<{ kind: string; conversationId: string }>('group.create', {
    name: 'Laget',
    members: [bo.accountId, cilla.accountId],
    sharesHistory: false,
  });
  console.log('group', group.kind);
  const inGroup = { conversationId: group.conversationId, around: 'latest' };
  for (const each of [second, tab, cilla.browser]) await each.list('timeline', inGroup, 'g');
  await cilla.browser.must('message.send', {
    conversationId: group.conversationId,
    text: 'hei alle',
  });
  await second.reads('g', 'hei alle');
  await tab.reads('g', 'hei alle');
  const removed = await second.must<{ kind: string }>('group.remove', {
    conversationId: group.conversationId,
    accountId: bo.accountId,
  });
  console.log('removed', removed.kind);
  await second.must('message.send', { conversationId: group.conversationId, text: 'uten bo' });
  await cilla.browser.reads('g', 'uten bo');
  console.log('bo sees', await tab.texts('g'));
  console.log('PASSED');
} finally {
  await close();
}
