/** Crashes, tabs, storage and the product's headers, in real workers. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Harness } from './harness.ts';
import type { Tab } from './harness.ts';
import type { Fault } from './delivery.ts';
import { Device, deviceId, groupId } from './world.ts';

let harness: Harness;
let tab: Tab;
beforeAll(async () => {
  harness = await Harness.start();
  tab = await harness.tab();
  await tab.start('crowd');
});
afterAll(async () => harness.stop());
beforeEach(() => {
  harness.delivery.fault = () => 'none';
  harness.delivery.refuse = () => undefined;
  harness.delivery.stored = () => undefined;
});

let accounts = 100;
async function person(worker = 'crowd', database?: string): Promise<Device> {
  const device = new Device(tab, worker, deviceId(accounts++, 1), database);
  await device.open();
  return device;
}

async function pair(name: string, a: Device, b: Device): Promise<string> {
  const group = groupId(name);
  await a.op('create', group);
  expect((await a.op('add', group, { bytes: [await b.keyPackage()] })).t).toBe('done');
  const { welcome } = harness.delivery.last(group);
  expect((await b.op('join', group, { bytes: [welcome] })).t).toBe('merged');
  return group;
}

async function agree(group: string, ...devices: Device[]): Promise<void> {
  const values = await Promise.all(devices.map((device) => device.authenticator(group)));
  expect(new Set(values.map((value) => JSON.stringify(value))).size).toBe(1);
}

/** Kills the worker and opens the same database in a new one. */
async function reopen(device: Device): Promise<void> {
  await device.tab.kill(device.worker);
  if (device.database !== undefined) await tab.free(device.database);
  await device.tab.start(device.worker);
  await device.open();
}

describe('crash', () => {
  test('after the server accepted: rejoin needed, and done', async () => {
    await tab.start('crashing');
    const alice = await person('crashing', 'crash-during-send');
    const bob = await person();
    const group = await pair('crash', alice, bob);
    harness.delivery.fault = (): Fault => 'hang';
    const taken = new Promise<void>((resolve) => (harness.delivery.stored = () => resolve()));
    const lost = alice.op('update', group).catch((error: Error) => error.name);
    await taken;
    await tab.kill('crashing');
    expect(await lost).toBe('Killed');
    harness.delivery.fault = () => 'none';
    await reopen(alice);
    expect(await alice.epoch(group)).toBe(1n);
    const { commit, groupInfo } = harness.delivery.last(group);
    expect(await alice.op('process', group, { bytes: [commit] })).toEqual({ t: 'rejoin-needed' });
    const joined = await alice.op('joinExternal', group, { bytes: [groupInfo] });
    expect(joined).toEqual({ t: 'done', epoch: '3' });
    for (const entry of harness.delivery.log(group).slice(1))
      expect((await bob.op('process', group, { bytes: [entry.commit] })).t).toBe('merged');
    await agree(group, alice, bob);
    expect(await bob.members(group)).toEqual([alice.id, bob.id].toSorted());
  });

  test('right after an operation: what was reported is on the disk, twenty times', async () => {
    await tab.start('durable');
    const alice = await person('durable', 'durable');
    const bob = await person();
    const group = await pair('durable', alice, bob);
    for (let round = 0; round < 10; round++) {
      const own = await alice.lastOp('update', group);
      expect(own.t).toBe('done');
      await reopen(alice);
      expect(String(await alice.epoch(group))).toBe(own.epoch);
      const mine = harness.delivery.last(group).commit;
      expect((await bob.op('process', group, { bytes: [mine] })).t).toBe('merged');
      const theirs = await bob.op('update', group);
      const { commit } = harness.delivery.last(group);
      const merged = await alice.lastOp('process', group, { bytes: [commit] });
      expect(merged.t).toBe('merged');
      await reopen(alice);
      expect(String(await alice.epoch(group))).toBe(theirs.epoch);
      await agree(group, alice, bob);
    }
  });

  test('no write is under way any more when an operation has ended', async () => {
    await tab.start('settled');
    const alice = await person('settled', 'settled');
    expect(await alice.call('unsettled')).toEqual(Array.from({ length: 10 }, () => 0));
  });

  test('a published key package still opens its Welcome', async () => {
    await tab.start('packages');
    const alice = await person('packages', 'packages');
    const bob = await person();
    const ask = { slot: alice.slot, count: 1 };
    const [keyPackage] = await tab.callThenKill<string[]>('packages', 'keyPackages', ask);
    await reopen(alice);
    const group = groupId('packages');
    await bob.op('create', group);
    await bob.op('add', group, { bytes: [keyPackage] });
    const { welcome } = harness.delivery.last(group);
    expect((await alice.op('join', group, { bytes: [welcome] })).t).toBe('merged');
    await agree(group, alice, bob);
  });

  test('answers and requests lost on the way: sent again, taken once', async () => {
    const [alice, bob] = [await person(), await person()];
    const group = await pair('lossy', alice, bob);
    const faults: Fault[] = ['drop-request', 'drop-answer', 'drop-request', 'drop-answer'];
    harness.delivery.fault = () => faults.shift() ?? 'none';
    expect(await alice.op('update', group)).toEqual({ t: 'done', epoch: '2' });
    expect(faults).toEqual([]);
    expect(harness.delivery.epoch(group)).toBe(2n);
    await bob.op('process', group, { bytes: [harness.delivery.last(group).commit] });
    await agree(group, alice, bob);
  });
});

describe('an answer that is no yes', () => {
  test('given up without one: the own commit comes back as rejoin needed', async () => {
    const [alice, bob] = [await person(), await person()];
    const group = await pair('given up', alice, bob);
    await alice.call('believe', { givesUp: true });
    expect(await alice.op('update', group)).toEqual({ t: 'unknown' });
    expect(await alice.epoch(group)).toBe(1n);
    await alice.call('believe');
    const { commit, groupInfo } = harness.delivery.last(group);
    expect(await alice.op('process', group, { bytes: [commit] })).toEqual({ t: 'rejoin-needed' });
    expect((await alice.op('joinExternal', group, { bytes: [groupInfo] })).t).toBe('done');
    for (const entry of harness.delivery.log(group).slice(1))
      expect((await bob.op('process', group, { bytes: [entry.commit] })).t).toBe('merged');
    await agree(group, alice, bob);
  });

  test('refused by the service: dropped, and the next one goes through', async () => {
    const [alice, bob] = [await person(), await person()];
    const group = await pair('refused', alice, bob);
    harness.delivery.refuse = () => 'pending removals';
    const answer = await alice.op('update', group);
    expect(answer).toEqual({ t: 'refused', reason: 'pending removals' });
    expect(await alice.epoch(group)).toBe(1n);
    harness.delivery.refuse = () => undefined;
    expect(await alice.op('update', group)).toEqual({ t: 'done', epoch: '2' });
    await bob.op('process', group, { bytes: [harness.delivery.last(group).commit] });
    await agree(group, alice, bob);
  });

  test('an external join refused by the service leaves the old copy in place', async () => {
    const [alice, bob] = [await person(), await person()];
    const group = await pair('kept', alice, bob);
    const before = await bob.secret(group);
    const { groupInfo } = harness.delivery.last(group);
    harness.delivery.refuse = () => 'not now';
    const answer = await bob.op('joinExternal', group, { bytes: [groupInfo] });
    expect(answer).toEqual({ t: 'refused', reason: 'not now' });
    expect(await bob.secret(group)).toEqual(before);
    harness.delivery.refuse = () => undefined;
    await alice.op('update', group);
    const late = await bob.op('joinExternal', group, { bytes: [groupInfo] });
    expect(late).toEqual({ t: 'conflict', serverEpoch: '2' });
    const { commit } = harness.delivery.last(group);
    expect((await bob.op('process', group, { bytes: [commit] })).t).toBe('merged');
    await agree(group, alice, bob);
  });
});

describe('tabs', () => {
  test('the second open is Busy; after the first closes it works', async () => {
    const other = await harness.tab();
    await tab.start('tab one');
    await other.start('tab two');
    const first = await person('tab one', 'two-tabs');
    const second = new Device(other, 'tab two', first.id, 'two-tabs');
    await expect(second.open()).rejects.toMatchObject({ name: 'Busy' });
    const group = await pair('tabs', first, await person());
    const before = await first.secret(group);
    await first.call('close');
    await expect(first.secret(group)).rejects.toThrow();
    await second.open();
    expect(await second.secret(group)).toEqual(before);
    expect(second.signatureKey).toBe(first.signatureKey);
    await expect(first.open()).rejects.toMatchObject({ name: 'Busy' });
    await other.page.close();
    await tab.free('two-tabs');
    await first.open();
    expect(await first.secret(group)).toEqual(before);
  });

  test('a wrong key opens nothing', async () => {
    await tab.start('right');
    const device = await person('right', 'keyed');
    await tab.kill('right');
    await tab.free('keyed');
    await tab.start('wrong');
    const args = { slot: 'x', self: device.id, name: 'keyed', key: '22'.repeat(32) };
    await expect(tab.call('wrong', 'open', args)).rejects.toThrow();
    await tab.kill('wrong');
    await tab.free('keyed');
    await tab.start('right');
    const opened = await device.open();
    expect(opened.signatureKey).toBe(device.signatureKey);
  });
});

describe('storage', () => {
  test('memory leaves nothing behind; a wiped database is gone', async () => {
    await tab.start('traces');
    const before = await tab.call<string[]>('traces', 'blocks', {});
    const shared = await person('traces');
    await pair('traces', shared, await person('traces'));
    expect(await tab.call('traces', 'blocks', {})).toEqual(before);
    const kept = await person('traces', 'wiped');
    const blocks = await tab.call<string[]>('traces', 'blocks', {});
    expect(blocks.some((key) => key.startsWith('["wiped"'))).toBe(true);
    await expect(tab.call('traces', 'wipe', { name: 'wiped' })).rejects.toMatchObject({
      name: 'Busy',
    });
    await kept.call('close');
    await tab.kill('traces');
    await tab.free('wiped');
    await tab.start('traces');
    await tab.call('traces', 'wipe', { name: 'wiped' });
    expect(await tab.call('traces', 'blocks', {})).toEqual(before);
    expect(await tab.call<string[]>('traces', 'databases', {})).not.toContain('wiped');
    const fresh = new Device(tab, 'traces', kept.id, 'wiped');
    await fresh.open();
    expect(fresh.signatureKey).not.toBe(kept.signatureKey);
  });

  test('under the product CSP and Trusted Types nothing is reported', async () => {
    expect(await tab.violations()).toEqual([]);
    expect(await tab.call('crowd', 'violations', {})).toEqual([]);
    expect(harness.complaints).toEqual([]);
  });
});
