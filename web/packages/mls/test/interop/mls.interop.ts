/** The engine and BouncyCastle's MLS in the same groups, each founding, adding, removing and joining. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Harness } from '../browser/harness.ts';
import type { Tab } from '../browser/harness.ts';
import { Chance, Device, deviceId, groupId, seeds } from '../browser/world.ts';
import { JavaDevice, buildMlsCli } from './java.ts';

const STEPS = 40;

let command: readonly string[];
let harness: Harness;
let tab: Tab;
const started: JavaDevice[] = [];
beforeAll(async () => {
  command = buildMlsCli();
  harness = await Harness.start();
  tab = await harness.tab();
  await tab.start('crowd');
});
afterAll(async () => {
  for (const each of started) await each.end();
  await harness.stop();
});

let accounts = 1;
async function browser(): Promise<Device> {
  const device = new Device(tab, 'crowd', deviceId(accounts++, 1));
  await device.open();
  return device;
}
function java(id = deviceId(accounts++, 1)): JavaDevice {
  const device = new JavaDevice(command, id);
  started.push(device);
  return device;
}

type Member = Device | JavaDevice;

async function agree(group: string, ...members: Member[]): Promise<void> {
  const secrets = await Promise.all(members.map((member) => member.secret(group)));
  for (const secret of secrets) expect(secret).toEqual(secrets[0]);
  const lists = await Promise.all(
    members.map((member) => (member instanceof Device ? member.members(group) : member.members())),
  );
  for (const list of lists) expect(list).toEqual(lists[0]);
}

/** Hands the last commit to members; returns what each said. */
async function deliver(group: string, ...members: Member[]): Promise<string[]> {
  const { commit } = harness.delivery.last(group);
  const said: string[] = [];
  for (const member of members)
    if (member instanceof JavaDevice) said.push(await member.process(commit));
    else said.push((await member.op('process', group, { bytes: [commit] })).t);
  return said;
}

async function welcome(group: string, member: Member): Promise<void> {
  const { welcome: bytes } = harness.delivery.last(group);
  if (member instanceof JavaDevice) await member.ask('join', bytes ?? '');
  else expect((await member.op('join', group, { bytes: [bytes] })).t).toBe('merged');
}

const accepted = { t: 'accepted' };

describe('both ways', () => {
  test('the browser founds', async () => {
    const [alice, bob, carol, dave] = [
      await browser(),
      await browser(),
      await browser(),
      await browser(),
    ];
    const j = java();
    const group = groupId('browser founds');
    await alice.op('create', group);
    const bytes = [await j.keyPackage(), await bob.keyPackage()];
    expect((await alice.op('add', group, { bytes })).t).toBe('done');
    for (const each of [j, bob]) await welcome(group, each);
    await agree(group, alice, bob, j);

    expect(await j.commit(harness.delivery, 'update')).toEqual(accepted);
    expect(await deliver(group, alice, bob)).toEqual(['merged', 'merged']);
    expect((await bob.op('update', group)).t).toBe('done');
    expect(await deliver(group, alice, j)).toEqual(['merged', 'member']);
    await agree(group, alice, bob, j);

    expect(await j.commit(harness.delivery, 'add', await carol.keyPackage())).toEqual(accepted);
    expect(await deliver(group, alice, bob)).toEqual(['merged', 'merged']);
    await welcome(group, carol);
    await agree(group, alice, bob, carol, j);

    // The last GroupInfo is Java's: a browser comes in by it.
    const info = { bytes: [harness.delivery.last(group).groupInfo] };
    expect((await dave.op('joinExternal', group, info)).t).toBe('done');
    expect(await deliver(group, alice, bob, carol, j)).toEqual([
      'merged',
      'merged',
      'merged',
      'member',
    ]);
    await agree(group, alice, bob, carol, dave, j);

    expect(await j.commit(harness.delivery, 'remove', bob.id)).toEqual(accepted);
    expect(await deliver(group, alice, bob, carol, dave)).toEqual([
      'merged',
      'removed',
      'merged',
      'merged',
    ]);
    await agree(group, alice, carol, dave, j);

    expect((await carol.op('remove', group, { ids: [j.id] })).t).toBe('done');
    expect(await deliver(group, alice, dave, j)).toEqual(['merged', 'merged', 'removed']);
    await agree(group, alice, carol, dave);

    // And Java comes back by a browser's GroupInfo.
    const { groupInfo } = harness.delivery.last(group);
    expect(await j.commit(harness.delivery, 'external', groupInfo)).toEqual(accepted);
    expect(await deliver(group, alice, carol, dave)).toEqual(['merged', 'merged', 'merged']);
    await agree(group, alice, carol, dave, j);
  });

  test('Java founds', async () => {
    const [alice, bob] = [await browser(), await browser()];
    const [j, k] = [java(), java()];
    const group = groupId('java founds');
    await j.ask('create', group);
    const added = [await alice.keyPackage(), await k.keyPackage()];
    expect(await j.commit(harness.delivery, 'add', ...added)).toEqual(accepted);
    for (const each of [alice, k]) await welcome(group, each);
    await agree(group, alice, j, k);

    expect((await alice.op('add', group, { bytes: [await bob.keyPackage()] })).t).toBe('done');
    expect(await deliver(group, j, k)).toEqual(['member', 'member']);
    await welcome(group, bob);
    await agree(group, alice, bob, j, k);

    expect(await k.commit(harness.delivery, 'update')).toEqual(accepted);
    expect(await deliver(group, alice, bob, j)).toEqual(['merged', 'merged', 'member']);
    expect((await bob.op('remove', group, { ids: [j.id] })).t).toBe('done');
    expect(await deliver(group, alice, j, k)).toEqual(['merged', 'removed', 'member']);
    expect((await alice.op('update', group)).t).toBe('done');
    expect(await deliver(group, bob, k)).toEqual(['merged', 'member']);
    await agree(group, alice, bob, k);
  });

  test('an identity not in our form is refused before the library sees it, and in a Welcome', async () => {
    const [alice, bob] = [await browser(), await browser()];
    const [j, mallory] = [java(), java('mallory')];
    const group = groupId('foreign');
    await j.ask('create', group);
    expect(await j.commit(harness.delivery, 'add', await alice.keyPackage())).toEqual(accepted);
    await welcome(group, alice);
    const before = await alice.secret(group);
    // No delivery service of ours would take this one.
    const built = await j.build('add', await mallory.keyPackage(), await bob.keyPackage());
    const processed = await alice.op('process', group, { bytes: [built.commit] });
    expect(processed.t).toBe('invalid');
    expect(processed.reason).toContain('identity');
    expect(await alice.secret(group)).toEqual(before);
    const joined = await bob.op('join', group, { bytes: [built.welcome] });
    expect(joined).toEqual({ t: 'refused', reason: 'foreign identity' });
    expect(await bob.has(group)).toBe(false);
    const external = await bob.op('joinExternal', group, { bytes: [built.groupInfo] });
    expect(external.t).toBe('refused');
    // Another domain has our form and is still foreign.
    const abroad = java(deviceId(accounts++, 1, 'elsewhere.test'));
    const two = await j.build('add', await abroad.keyPackage(), await bob.keyPackage());
    const refusal = { t: 'refused', reason: 'foreign identity' };
    expect(await alice.op('process', group, { bytes: [two.commit] })).toEqual(refusal);
    expect(await bob.op('join', group, { bytes: [two.welcome] })).toEqual(refusal);
    expect(await bob.op('joinExternal', group, { bytes: [two.groupInfo] })).toEqual(refusal);
    const own = await alice.op('add', group, { bytes: [await abroad.keyPackage()] });
    expect(own).toEqual(refusal);
  });
});

describe('mixed random histories', () => {
  test.each(seeds())('seed %i', async (seed) => {
    const chance = new Chance(seed);
    const browsers = await Promise.all([browser(), browser(), browser(), browser()]);
    const javas = [java(), java(), java()];
    const everybody: Member[] = [...browsers, ...javas];
    const group = groupId(`mixed ${seed}`);
    const founder = browsers[0]!;
    await founder.op('create', group);
    await founder.op('add', group, { bytes: [await javas[0]!.keyPackage()] });
    await welcome(group, javas[0]!);
    let inside: Member[] = [founder, javas[0]!];
    for (let step = 0; step < STEPS; step++) {
      const who = chance.pick(inside);
      const outside = everybody.filter((each) => !inside.includes(each));
      const others = inside.filter((each) => each !== who);
      const kind = chance.below(10);
      try {
        if (kind < 4 && outside.length > 0) {
          const added = chance.some(outside, 2);
          const bytes: string[] = [];
          for (const each of added) bytes.push(await each.keyPackage());
          await committed(who, 'add', bytes, { bytes });
          await deliver(group, ...others);
          for (const each of added) await welcome(group, each);
          inside = [...inside, ...added];
        } else if (kind < 6 && others.length > 2) {
          const gone = chance.pick(others);
          await committed(who, 'remove', [gone.id], { ids: [gone.id] });
          expect(await deliver(group, gone)).toEqual(['removed']);
          inside = inside.filter((each) => each !== gone);
          await deliver(group, ...inside.filter((each) => each !== who));
        } else if (kind < 7 && outside.length > 0) {
          const comer = chance.pick(outside);
          const { groupInfo } = harness.delivery.last(group);
          if (comer instanceof Device)
            await comer.op('joinExternal', group, { bytes: [groupInfo] });
          else await comer.commit(harness.delivery, 'external', groupInfo);
          await deliver(group, ...inside);
          inside = [...inside, comer];
        } else {
          await committed(who, 'update', [], {});
          await deliver(group, ...others);
        }
        await agree(group, ...inside);
      } catch (error) {
        throw new Error(`SEED=${seed}, step ${step}`, { cause: error });
      }
    }
    console.log(`SEED=${seed}, ${STEPS} steps, epoch ${harness.delivery.epoch(group)}`);

    async function committed(
      who: Member,
      op: string,
      words: string[],
      args: object,
    ): Promise<void> {
      if (who instanceof Device) expect((await who.op(op, group, args)).t).toBe('done');
      else expect(await who.commit(harness.delivery, op, ...words)).toEqual(accepted);
    }
  });
});
