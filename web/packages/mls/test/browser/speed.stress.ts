/** How long things take: numbers for the README, and a guard against them growing tenfold. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Harness } from './harness.ts';
import type { Tab } from './harness.ts';
import { Device, deviceId, groupId } from './world.ts';
import type { Answer } from './world.ts';

let harness: Harness;
let tab: Tab;
beforeAll(async () => {
  harness = await Harness.start();
  tab = await harness.tab();
});
afterAll(async () => harness.stop());

interface Timed {
  readonly ms: number;
  readonly value: Answer;
}

let accounts = 1;
async function device(worker: string, database?: string): Promise<[Device, number]> {
  const made = new Device(tab, worker, deviceId(accounts++, 1), database);
  const { ms } = await made.open();
  return [made, ms];
}

function timed(who: Device, op: string, group: string, args: object = {}): Promise<Timed> {
  return who.call<Timed>('timed', { op, group, ...args });
}

test('opening', async () => {
  const times: Record<string, number> = {};
  await tab.start('first');
  const [one, first] = await device('first', 'speed-open');
  times['first, nothing cached'] = first;
  const [, second] = await device('first');
  times['another engine in the same worker'] = second;
  await tab.kill('first');
  await tab.free('speed-open');
  await tab.start('first');
  const { ms } = await one.open();
  times['again in a new worker'] = ms;
  console.log(JSON.stringify(times));
  expect(ms).toBeLessThan(5_000);
});

test.each([2, 50, 200])('a group of %i', async (size) => {
  await tab.start('speed');
  const [alice] = await device('speed', `speed-${size}`);
  const others: Device[] = [];
  for (let i = 0; i < Math.min(size - 1, 3); i++) others.push((await device('speed'))[0]);
  const [bob] = others as [Device];
  const bytes = await Promise.all(others.map((each) => each.keyPackage()));
  // Members that only fill the tree share one engine's worth of key packages each: they never act.
  while (bytes.length < size - 1) bytes.push(await (await device('speed'))[0].keyPackage());
  const group = groupId(`speed ${size}`);
  const times: Record<string, number> = {};
  const note = async (what: string, run: Promise<Timed>, t: string): Promise<void> => {
    const { ms, value } = await run;
    expect(value.t).toBe(t);
    times[what] = Math.round(ms * 10) / 10;
  };
  await alice.op('create', group);
  await note('add all', timed(alice, 'add', group, { bytes }), 'done');
  const { welcome } = harness.delivery.last(group);
  await note('join', timed(bob, 'join', group, { bytes: [welcome] }), 'merged');
  await note('update', timed(bob, 'update', group), 'done');
  const update = harness.delivery.last(group).commit;
  await note('process', timed(alice, 'process', group, { bytes: [update] }), 'merged');
  const [late] = await device('speed');
  const { groupInfo } = harness.delivery.last(group);
  await note('external join', timed(late, 'joinExternal', group, { bytes: [groupInfo] }), 'done');
  const joined = harness.delivery.last(group).commit;
  await note('process it', timed(alice, 'process', group, { bytes: [joined] }), 'merged');
  await note('remove', timed(alice, 'remove', group, { ids: [late.id] }), 'done');
  times['secret'] = (await timed(alice, 'secret', group)).ms;
  const sizes = { commit: update.length / 2, groupInfo: groupInfo.length / 2 };
  console.log(`${size} members: ${JSON.stringify({ ...times, ...sizes })}`);
  await tab.kill('speed');
  expect(times['process']).toBeLessThan(5_000);
});
