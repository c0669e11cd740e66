import { createText } from '@crypho/i18n';
import { nb } from '@crypho/i18n/nb';
import { expect, test } from 'vitest';
import {
  createRandom,
  createSimulatedClock,
  createSimulatedEngine,
  emptyWorld,
  ordinaryWorld,
  person,
  type SimulatedClock,
  type SimulatedEngine,
  type World,
} from '../../testkit/src/index.ts';
import {
  createContacts,
  createConversation,
  createConversations,
  createGroups,
  createLogin,
  createNotices,
  createSession,
  createSignup,
  type Services,
} from '../src/index.ts';

const NOW = Date.UTC(2026, 10, 23, 9, 41);

function start(world: World): {
  services: Services;
  engine: SimulatedEngine;
  clock: SimulatedClock;
} {
  const clock = createSimulatedClock(NOW);
  const engine = createSimulatedEngine(world, clock.now);
  const notices = createNotices(clock);
  return { engine, clock, services: { engine, clock, notices, random: createRandom(1) } };
}

const settled = async (): Promise<void> => {
  for (let at = 0; at < 20; at++) await Promise.resolve();
};

test('logging in asks for the code only after the passphrase was right', async () => {
  const { services } = start({ ...emptyWorld(NOW), session: { kind: 'signed-out' } });
  const model = createLogin(services);
  await model.actions.submitCredentials('not an address', 'x');
  expect(model.getSnapshot().error?.field).toBe('email');
  await model.actions.submitCredentials('kari@eksempel.no', 'wrong');
  expect(model.getSnapshot()).toMatchObject({ step: 'credentials', error: { field: 'form' } });
  await model.actions.submitCredentials('kari@eksempel.no', 'riktig hest batteri stift');
  expect(model.getSnapshot().step).toBe('code');
  await model.actions.submitCode('12 34');
  expect(model.getSnapshot().error?.field).toBe('code');
  const session = createSession(services);
  await model.actions.submitCode('123 456');
  await settled();
  expect(session.getSnapshot().session.kind).toBe('signed-in');
});

test('signing up insists that the drawn passphrase is kept, and sends that one', async () => {
  const { services, engine } = start({ ...emptyWorld(NOW), session: { kind: 'signed-out' } });
  const model = createSignup(services, 'nb');
  await model.actions.open('fresh-link');
  model.actions.submitName('  Kari   Nordmann ');
  await expect.poll(() => model.getSnapshot().generated?.words).toBe(6);
  const passphrase = model.getSnapshot().generated?.passphrase;
  model.actions.submitPassphrase();
  expect(model.getSnapshot()).toMatchObject({ step: 'passphrase', error: { field: 'kept' } });
  model.actions.setKept(true);
  model.actions.another();
  expect(model.getSnapshot().isKept).toBe(false);
  expect(model.getSnapshot().generated?.passphrase).not.toBe(passphrase);
  model.actions.setKept(true);
  model.actions.submitPassphrase();
  const kept = model.getSnapshot().generated?.passphrase;
  await model.actions.submitCode('123456');
  expect(engine.log.at(-1)).toMatchObject({
    name: 'signup.complete',
    args: { displayName: 'Kari Nordmann', passphrase: kept },
  });
});

test('an old link leads back to the start', async () => {
  const model = createSignup(start(emptyWorld(NOW)).services, 'en');
  await model.actions.open('old');
  expect(model.getSnapshot().step).toBe('expired');
});

test('what was unread at opening is marked, and sending empties the field at once', async () => {
  const { services, engine, clock } = start(ordinaryWorld(NOW));
  const model = createConversation(services, 'ward', 2);
  await settled();
  const rows = model.getSnapshot().rows;
  const at = rows.findIndex((row) => row.kind === 'new');
  const first = rows[at + 1];
  expect(first?.kind === 'message' && first.item.sender.displayName).toBe('Amir Rezaei');
  model.actions.write('Ja, @Amir Rezaei');
  clock.advance(700);
  await settled();
  expect(engine.world.conversations.get('ward')?.draft?.text).toBe('Ja, @Amir Rezaei');
  const sending = model.actions.send();
  expect(model.getSnapshot().composer.text).toBe('');
  await sending;
  expect(engine.log.findLast((each) => each.name === 'message.send')?.args).toMatchObject({
    mentions: ['amir'],
  });
  await settled();
  expect(engine.world.conversations.get('ward')?.draft).toBeNull();
});

test('what could not be queued comes back into the field', async () => {
  const { services, engine } = start(ordinaryWorld(NOW));
  const model = createConversation(services, 'ola', 0);
  await settled();
  model.actions.write('Hei');
  engine.failNext('message.send', { code: 'storage' });
  await model.actions.send();
  expect(model.getSnapshot().composer.text).toBe('Hei');
  expect(services.notices.getSnapshot().notices).toHaveLength(1);
});

test('one tells of typing seldom, and that one stopped', async () => {
  const { services, engine, clock } = start(ordinaryWorld(NOW));
  const model = createConversation(services, 'ola', 0);
  await settled();
  for (const text of ['H', 'He', 'Hei']) model.actions.write(text);
  const told = (): unknown[] =>
    engine.log.filter((each) => each.name === 'conversation.typing').map((each) => each.args);
  expect(told()).toHaveLength(1);
  clock.advance(6_001);
  expect(told()).toEqual([
    { conversationId: 'ola', isTyping: true },
    { conversationId: 'ola', isTyping: false },
  ]);
});

test('reading is told once and only onwards', async () => {
  const { services, engine } = start(ordinaryWorld(NOW));
  const model = createConversation(services, 'ola', 0);
  for (const seq of [2, 4, 3, 4]) model.actions.seen(seq);
  const seqs = engine.log
    .filter((each) => each.name === 'conversation.markRead')
    .map((each) => each.args);
  expect(seqs).toEqual([
    { conversationId: 'ola', upToSeq: 2 },
    { conversationId: 'ola', upToSeq: 4 },
  ]);
});

test('the list is newest first, and the search ignores case and accents', async () => {
  const { services, engine } = start(ordinaryWorld(NOW));
  const model = createConversations(services);
  await settled();
  expect(model.getSnapshot().shown[0]?.name).toBe('Vaktlag 3 øst');
  model.actions.search('HANSEN');
  expect(model.getSnapshot().shown.map((each) => each.name)).toEqual(['Ola Hansen']);
  model.actions.search('');
  engine.receive('ola', person('ola', 'Ola Hansen'), 'Nå');
  await settled();
  expect(model.getSnapshot().shown[0]?.name).toBe('Ola Hansen');
  expect(model.getSnapshot().unread).toBe(131);
});

test('invitations: a wrong address is refused here, the right one is sent, answers take them away', async () => {
  const { services } = start(ordinaryWorld(NOW));
  const model = createContacts(services);
  await settled();
  expect(await model.actions.invite('nobody', '')).toMatchObject({ field: 'email' });
  expect(await model.actions.invite('kari@eksempel.no', '')).toMatchObject({ field: 'email' });
  expect(await model.actions.invite('ny@eksempel.no', 'Hei')).toEqual({ kind: 'done' });
  const [received] = model.getSnapshot().received;
  if (received === undefined) throw new Error('No invitation in the world');
  await model.actions.accept(received);
  await settled();
  expect(model.getSnapshot().received).toEqual([]);
  expect(model.getSnapshot().people.some((each) => each.person.accountId === 'sigrid')).toBe(true);
});

const words = createText('nb', nb, 'Europe/Oslo');

test('a group must have a name, and the limit of owned groups is told with its number', async () => {
  const { services, engine } = start(ordinaryWorld(NOW));
  const groups = createGroups(services);
  expect(await groups.create('  ', [], false)).toMatchObject({ kind: 'refused', field: 'name' });
  expect(await groups.rename('ward', ' ')).toMatchObject({ kind: 'refused', field: 'name' });
  expect(engine.log).toEqual([]);
  const answer = await groups.create('Ny gruppe', [], false);
  expect(answer.kind === 'refused' && answer.said.say(words)).toContain('eie 1 gruppe.');
});

test('a group without room is told with its number, and a group with room grows', async () => {
  const { services, engine } = start(ordinaryWorld(NOW));
  const groups = createGroups(services);
  const { devices, members } = engine.world.conversations.get('ward')?.details ?? { devices: 0 };
  engine.world.groupDevicesMax = devices;
  const refused = await groups.add('ward', ['jon']);
  expect(refused.kind === 'refused' && refused.said.say(words)).toContain(`${devices} enheter`);
  expect(engine.world.conversations.get('ward')?.details.members).toEqual(members);
  engine.world.groupDevicesMax = devices + 1;
  expect(await groups.add('ward', ['jon'])).toEqual({ kind: 'done' });
  expect(engine.world.conversations.get('ward')?.details.members).toHaveLength(6);
});

test('a new group tells who is not in it', async () => {
  const { services, engine } = start({
    ...ordinaryWorld(NOW),
    profile: { ...ordinaryWorld(NOW).profile, ownedGroupsMax: 10 },
  });
  const groups = createGroups(services);
  const noticed = (): readonly string[] =>
    services.notices.getSnapshot().notices.map(({ tone, said }) => `${tone}: ${said.say(words)}`);
  expect((await groups.create('Turnus', ['jon'], false)).kind).toBe('done');
  expect(noticed()).toEqual([]);
  expect((await groups.create('Turnus', ['jon', 'borte'], false)).kind).toBe('done');
  expect(noticed()).toEqual([expect.stringMatching(/^danger: .* uten 1 person/)]);
  engine.world.groupDevicesMax = 1;
  const answer = await groups.create('Turnus', ['jon'], false);
  expect(noticed()[1]).toContain('1 enheter');
  const id = answer.kind === 'done' ? answer.conversationId : '';
  expect(engine.world.conversations.get(id)?.details.members).toHaveLength(1);
});

test('what a form cannot show is said in passing', async () => {
  const { services, engine } = start(ordinaryWorld(NOW));
  const groups = createGroups(services);
  const ward = engine.world.conversations.get('ward')?.details;
  if (ward === undefined) throw new Error('No group in the world');
  expect(await groups.leave(ward)).toBe(false);
  const [notice] = services.notices.getSnapshot().notices;
  expect(notice?.tone).toBe('danger');
  expect(notice?.said.say(words)).toContain('Du eier denne gruppen');
});

test('words in the making are kept while one writes, and at once when the page goes', async () => {
  const { services, engine, clock } = start(ordinaryWorld(NOW));
  let leave: () => void = () => undefined;
  const onLeaving = (act: () => void): (() => void) => {
    leave = act;
    return () => undefined;
  };
  const model = createConversation({ ...services, onLeaving }, 'ward', 0);
  await settled();
  const kept = (): unknown => engine.world.conversations.get('ward')?.draft?.text;
  // Without a pause between the letters.
  for (const text of ['H', 'He', 'Hei', 'Hei ']) {
    model.actions.write(text);
    clock.advance(90);
    await settled();
  }
  expect(kept()).toBe('Hei');
  model.actions.write('Hei dere');
  leave();
  await settled();
  expect(kept()).toBe('Hei dere');
});

test('hearing again of a draft of one’s own does not take letters back', async () => {
  const { services, engine, clock } = start(ordinaryWorld(NOW));
  let hear: (draft: { text: string } | null) => void = () => undefined;
  const watched: typeof engine.watch = (name, args, onValue) => {
    if (name === 'draft') hear = onValue as typeof hear;
    return engine.watch(name, args, onValue);
  };
  const model = createConversation(
    { ...services, engine: { ...engine, watch: watched } },
    'ward',
    0,
  );
  await settled();
  model.actions.write('a');
  clock.advance(300);
  await settled();
  model.actions.write('ab');
  clock.advance(300);
  await settled();
  hear({ text: 'a' });
  expect(model.getSnapshot().composer.text).toBe('ab');
  hear({ text: 'fra en annen fane' });
  expect(model.getSnapshot().composer.text).toBe('fra en annen fane');
  hear({ text: 'a' });
  expect(model.getSnapshot().composer.text).toBe('a');
});
