/** A lying server, rogue members, somebody removed, and bytes that were tampered with. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Harness } from './harness.ts';
import type { Tab } from './harness.ts';
import { Chance, Device, deviceId, groupId, seeds, trustOf } from './world.ts';

/** Changes to each of three messages. */
const CHANGES = Number(process.env['CHANGES'] ?? 60);

let harness: Harness;
let tab: Tab;
beforeAll(async () => {
  harness = await Harness.start();
  tab = await harness.tab();
  await tab.start('crowd');
});
afterAll(async () => harness.stop());

let accounts = 1;
async function people<N extends number>(count: N): Promise<Device[] & { length: N }> {
  const devices: Device[] = [];
  for (let i = 0; i < count; i++) {
    const device = new Device(tab, 'crowd', deviceId(accounts++, 1));
    await device.open();
    devices.push(device);
  }
  return devices as Device[] & { length: N };
}

/** The first founds the group and adds the rest. */
async function found(name: string, founder: Device, ...rest: Device[]): Promise<string> {
  const group = groupId(name);
  await founder.op('create', group);
  const bytes = await Promise.all(rest.map((each) => each.keyPackage()));
  expect((await founder.op('add', group, { bytes })).t).toBe('done');
  const { welcome } = harness.delivery.last(group);
  for (const each of rest)
    expect((await each.op('join', group, { bytes: [welcome] })).t).toBe('merged');
  return group;
}

function believe(device: Device, known: readonly Device[], removable?: string[]): Promise<void> {
  return device.call('believe', { keys: trustOf(known), ...(removable ? { removable } : {}) });
}

function seal(key: string, text: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'hex'), Buffer.alloc(12));
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function opens(key: string, sealed: Buffer): boolean {
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'hex'), Buffer.alloc(12));
  decipher.setAuthTag(sealed.subarray(-16));
  decipher.update(sealed.subarray(0, -16));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

describe('a removed member', () => {
  test('cannot go on: no key of any later epoch, by no way back in', async () => {
    const [alice, bob, eve] = await people(3);
    const group = await found('removed', alice!, bob!, eve!);
    const firstWelcome = harness.delivery.last(group).welcome;
    const infoWithEve = harness.delivery.last(group).groupInfo;
    for (const each of [alice!, bob!]) await believe(each, [alice!, bob!]);
    expect((await alice!.op('remove', group, { ids: [eve!.id] })).t).toBe('done');
    const removal = harness.delivery.last(group).commit;
    expect((await bob!.op('process', group, { bytes: [removal] })).t).toBe('merged');
    const sealed: Buffer[] = [];
    for (let i = 0; i < 3; i++) {
      await bob!.op('update', group);
      const { commit } = harness.delivery.last(group);
      await alice!.op('process', group, { bytes: [commit] });
      const [a, b] = [await alice!.secret(group), await bob!.secret(group)];
      expect(a).toEqual(b);
      sealed.push(seal(a.secret, `message ${i}`));
      expect(opens(b.secret, sealed[i]!)).toBe(true);
      // She has not seen her removal yet, and is fed what follows it.
      const fed = await eve!.op('process', group, { bytes: [commit] });
      expect(fed).toEqual({ t: 'gap', have: '1', got: String(2 + i) });
    }
    // All that she has, and what she can still derive.
    const hers = [...(await eve!.sunk()).values(), (await eve!.secret(group)).secret];
    for (const key of hers) for (const each of sealed) expect(opens(key, each)).toBe(false);
    // Her own commit comes too late, and nobody takes it.
    expect(await eve!.op('update', group)).toEqual({ t: 'conflict', serverEpoch: '5' });
    // The removal reaches her: her copy is gone, and no old message brings it back.
    const told = await eve!.op('process', group, { bytes: [removal] });
    expect(told.t).toBe('removed');
    expect(told.by?.device).toBe('d000000000000001');
    expect(await eve!.has(group)).toBe(false);
    expect((await eve!.op('join', group, { bytes: [firstWelcome] })).t).toBe('duplicate');
    expect((await eve!.op('process', group, { bytes: [removal] })).t).toBe('rejoin-needed');
    expect((await eve!.op('joinExternal', group, { bytes: [infoWithEve] })).t).toBe('conflict');
    // A server that lets her in again convinces nobody.
    const now = harness.delivery.last(group).groupInfo;
    expect((await eve!.op('joinExternal', group, { bytes: [now] })).t).toBe('done');
    const intrusion = harness.delivery.last(group).commit;
    for (const each of [alice!, bob!]) {
      const answer = await each.op('process', group, { bytes: [intrusion] });
      expect(answer).toEqual({ t: 'refused', reason: 'unknown device' });
      expect(await each.epoch(group)).toBe(5n);
    }
    const after = (await eve!.secret(group)).secret;
    expect(opens(after, sealed[2]!)).toBe(false);
  });
});

describe('a lying server', () => {
  test('a swapped key is not added', async () => {
    const [alice, bob] = await people(2);
    const impostor = new Device(tab, 'crowd', bob!.id, 'impostor');
    await impostor.open();
    const group = groupId('swapped');
    await alice!.op('create', group);
    await believe(alice!, [alice!, bob!]);
    const before = harness.delivery.epoch(group);
    const answer = await alice!.op('add', group, { bytes: [await impostor.keyPackage()] });
    expect(answer).toEqual({ t: 'refused', reason: 'swapped key' });
    expect(harness.delivery.epoch(group)).toBe(before);
    const good = await alice!.op('add', group, { bytes: [await bob!.keyPackage()] });
    expect(good.t).toBe('done');
  });

  test('a ghost device is refused in a commit, in a Welcome and in a GroupInfo', async () => {
    const [alice, bob, rogue, ghost, carol] = await people(5);
    const honest = [alice!, bob!, rogue!, carol!];
    const group = await found('ghost', alice!, bob!, rogue!);
    for (const each of [alice!, bob!, carol!]) await believe(each, honest);
    const before = await alice!.secret(group);
    const bytes = [await ghost!.keyPackage(), await carol!.keyPackage()];
    expect((await rogue!.op('add', group, { bytes })).t).toBe('done');
    const { commit, welcome, groupInfo } = harness.delivery.last(group);
    const refusal = { t: 'refused', reason: 'unknown device' };
    expect(await alice!.op('process', group, { bytes: [commit] })).toEqual(refusal);
    expect(await alice!.secret(group)).toEqual(before);
    expect(await carol!.op('join', group, { bytes: [welcome] })).toEqual(refusal);
    expect(await carol!.has(group)).toBe(false);
    const external = { bytes: [groupInfo] };
    expect(await carol!.op('joinExternal', group, external)).toEqual(refusal);
    expect(await bob!.op('joinExternal', group, external)).toEqual(refusal);
    // Refusing wiped nothing.
    expect(await bob!.epoch(group)).toBe(1n);
  });

  test('a removal without right is refused, and undone in full', async () => {
    const [alice, bob, rogue] = await people(3);
    const group = await found('hidden', alice!, bob!, rogue!);
    await believe(alice!, [alice!, bob!, rogue!], []);
    const before = [await alice!.secret(group), await alice!.members(group)];
    expect((await rogue!.op('remove', group, { ids: [bob!.id] })).t).toBe('done');
    const { commit } = harness.delivery.last(group);
    const answer = await alice!.op('process', group, { bytes: [commit] });
    expect(answer).toEqual({ t: 'refused', reason: 'removed without right' });
    expect([await alice!.secret(group), await alice!.members(group)]).toEqual(before);
    // With the right to do so the very same bytes are merged: nothing was spoilt.
    await believe(alice!, [alice!, bob!, rogue!], [bob!.id]);
    expect((await alice!.op('process', group, { bytes: [commit] })).t).toBe('merged');
    expect(await alice!.secret(group)).toEqual(await rogue!.secret(group));
  });

  test('a withheld removal is noticed at the next commit', async () => {
    const [alice, bob, carol] = await people(3);
    const group = await found('withheld', alice!, bob!, carol!);
    await alice!.op('remove', group, { ids: [carol!.id] });
    await alice!.op('update', group);
    const { commit } = harness.delivery.last(group);
    const answer = await bob!.op('process', group, { bytes: [commit] });
    expect(answer).toEqual({ t: 'gap', have: '1', got: '2' });
    const [a, b] = [await alice!.authenticator(group), await bob!.authenticator(group)];
    expect(a).not.toEqual(b);
  });

  test('a commit or Welcome passed off as of another group is refused', async () => {
    const [alice, bob] = await people(2);
    const one = await found('one', alice!, bob!);
    const two = await found('two', alice!, bob!);
    await alice!.op('update', one);
    const { commit, groupInfo } = harness.delivery.last(one);
    expect((await bob!.op('process', two, { bytes: [commit] })).t).toBe('invalid');
    expect((await bob!.op('joinExternal', two, { bytes: [groupInfo] })).t).toBe('refused');
    const three = groupId('three');
    await alice!.op('create', three);
    await alice!.op('add', three, { bytes: [await bob!.keyPackage()] });
    const { welcome } = harness.delivery.last(three);
    const wrong = await bob!.op('join', two, { bytes: [welcome] });
    expect(wrong).toEqual({ t: 'refused', reason: 'welcome to another group' });
    expect(await bob!.epoch(two)).toBe(1n);
    expect((await bob!.op('join', three, { bytes: [welcome] })).t).toBe('merged');
  });
});

describe('accidents', () => {
  const broken = (who: Device, ...hooks: string[]): Promise<void> =>
    who.call('believe', { broken: hooks });

  test('a hook that rejects rejects the operation; nothing changes, and the engine goes on', async () => {
    const [alice, bob, carol] = await people(3);
    const group = await found('accidents', alice!, bob!);
    await broken(alice!, 'send');
    await expect(alice!.op('update', group)).rejects.toThrow('broken send');
    expect(await alice!.epoch(group)).toBe(1n);
    await broken(alice!);
    expect((await alice!.op('add', group, { bytes: [await carol!.keyPackage()] })).t).toBe('done');
    const { commit, welcome, groupInfo } = harness.delivery.last(group);
    for (const each of [bob!, carol!]) await broken(each, 'after');
    await expect(bob!.op('process', group, { bytes: [commit] })).rejects.toThrow('broken after');
    await expect(carol!.op('join', group, { bytes: [welcome] })).rejects.toThrow('broken after');
    const external = carol!.op('joinExternal', group, { bytes: [groupInfo] });
    await expect(external).rejects.toThrow('broken after');
    expect(await bob!.epoch(group)).toBe(1n);
    expect(await carol!.has(group)).toBe(false);
    for (const each of [bob!, carol!]) await broken(each);
    expect((await bob!.op('process', group, { bytes: [commit] })).t).toBe('merged');
    expect((await carol!.op('join', group, { bytes: [welcome] })).t).toBe('merged');
    expect(await carol!.secret(group)).toEqual(await bob!.secret(group));
  });

  test('a sink that rejects leaves the epoch turned and its secret readable', async () => {
    const [alice, bob] = await people(2);
    const group = await found('sink', alice!, bob!);
    await broken(alice!, 'turned');
    await expect(alice!.op('update', group)).rejects.toThrow('broken turned');
    await broken(alice!);
    await bob!.op('process', group, { bytes: [harness.delivery.last(group).commit] });
    expect(await alice!.secret(group)).toEqual(await bob!.secret(group));
  });

  test('adding who is there, removing who is not, and oneself, is refused', async () => {
    const [alice, bob, carol] = await people(3);
    const group = await found('senseless', alice!, bob!);
    const twice = await alice!.op('add', group, { bytes: [await bob!.keyPackage()] });
    expect(twice).toEqual({ t: 'refused', reason: 'a device is in the group twice' });
    const one = await carol!.keyPackage();
    expect((await alice!.op('add', group, { bytes: [one, one] })).t).toBe('refused');
    expect((await alice!.op('add', group, { bytes: [] })).t).toBe('refused');
    expect((await alice!.op('add', group, { bytes: ['00'] })).t).toBe('refused');
    const absent = await alice!.op('remove', group, { ids: [carol!.id] });
    expect(absent).toEqual({ t: 'refused', reason: 'not a member' });
    const self = await alice!.op('remove', group, { ids: [alice!.id] });
    expect(self).toEqual({ t: 'refused', reason: 'a device cannot remove itself' });
    await expect(carol!.op('update', group)).rejects.toMatchObject({ name: 'NoGroup' });
    expect(await alice!.epoch(group)).toBe(1n);
  });
});

describe('tampering', () => {
  test.each(seeds())(
    'no changed byte is merged, traps or changes anything, seed %i',
    async (seed) => {
      const chance = new Chance(seed);
      const [alice, bob, carol] = await people(3);
      const group = await found(`tamper ${seed}`, alice!, bob!);
      const before = await bob!.secret(group);
      await alice!.op('add', group, { bytes: [await carol!.keyPackage()] });
      const { commit, welcome, groupInfo } = harness.delivery.last(group);
      for (let i = 0; i < CHANGES; i++) {
        const changed = (hex: string): string => {
          const bytes = Buffer.from(hex, 'hex');
          const at = chance.below(bytes.length);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
          return (chance.percent(20) ? bytes.subarray(0, at) : bytes).toString('hex');
        };
        const bad = (answer: { t: string }): void =>
          expect(['invalid', 'refused', 'duplicate', 'gap'], `SEED=${seed}, change ${i}`).toContain(
            answer.t,
          );
        bad(await bob!.op('process', group, { bytes: [changed(commit)] }));
        bad(await carol!.op('join', group, { bytes: [changed(welcome ?? '')] }));
        bad(await carol!.op('joinExternal', group, { bytes: [changed(groupInfo)] }));
      }
      expect(await bob!.secret(group)).toEqual(before);
      expect(await carol!.has(group)).toBe(false);
      expect((await bob!.op('process', group, { bytes: [commit] })).t).toBe('merged');
      expect((await carol!.op('join', group, { bytes: [welcome] })).t).toBe('merged');
      expect(await carol!.secret(group)).toEqual(await bob!.secret(group));
    },
  );
});
