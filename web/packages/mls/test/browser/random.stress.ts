/**
 * Random histories: many committers, adds, removals, updates, external joins and rejoins, races, stale committers, lost
 * Welcomes, duplicated and reordered deliveries. After each step every device in an epoch must hold that epoch's
 * one secret and its one member list. `SEED=n npm run stress` replays one history.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeliveryService, Entry } from './delivery.ts';
import { Harness } from './harness.ts';
import { Chance, Device, deviceId, groupId, seeds } from './world.ts';
import type { Answer } from './world.ts';

const STEPS = Number(process.env['STEPS'] ?? 120);
const ACCOUNTS = 7;
const DEVICES_EACH = 2;
const WORKERS = 2;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(async () => harness.stop());

interface Plan {
  readonly device: Device;
  readonly epoch: bigint;
  /** Behind the log: the delivery service must turn it down. */
  readonly stale: boolean;
  readonly op: 'add' | 'remove' | 'update';
  readonly args: object;
}

/** What is going on in one group. */
class History {
  readonly chance: Chance;
  readonly devices: readonly Device[];
  readonly group: string;
  readonly log: DeliveryService;
  /** Epoch to the secret that the first device reported for it. */
  readonly secrets = new Map<string, string>();
  readonly counts = new Map<string, number>();
  readonly held = new Set<Device>();

  constructor(seed: number, devices: readonly Device[], log: DeliveryService) {
    this.chance = new Chance(seed);
    this.devices = devices;
    this.group = groupId(`random ${seed}`);
    this.log = log;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** In the tree, as far as the delivery service knows. */
  inTree(device: Device): boolean {
    return this.log.last(this.group).members.includes(device.id);
  }

  async found(): Promise<void> {
    const [first, second] = this.devices;
    if (first === undefined || second === undefined) throw new Error('too few devices');
    await first.op('create', this.group);
    this.held.add(first);
    const added = await first.op('add', this.group, { bytes: [await second.keyPackage()] });
    expect(added).toEqual({ t: 'done', epoch: '1' });
  }

  /** Something for a device to commit, by what it knows. All chance is used up before anything runs. */
  async plan(device: Device): Promise<Plan> {
    const epoch = await device.epoch(this.group);
    const members = await device.members(this.group);
    const others = members.filter((id) => id !== device.id);
    const outside = this.devices.filter((each) => !members.includes(each.id));
    const common = { device, epoch, stale: epoch < this.log.epoch(this.group) };
    const kind = this.chance.below(10);
    if (kind < 4 && outside.length > 0) {
      const some = this.chance.some(outside, 3);
      const bytes = await Promise.all(some.map((each) => each.keyPackage()));
      return { ...common, op: 'add', args: { bytes } };
    }
    if (kind < 7 && others.length > 2)
      return { ...common, op: 'remove', args: { ids: this.chance.some(others, 2) } };
    return { ...common, op: 'update', args: {} };
  }

  /** Runs a plan; `wins` says whether the commit must be taken. */
  async run({ device, epoch, op, args }: Plan, wins: boolean): Promise<void> {
    const answer = await device.op(op, this.group, args);
    this.count(`${op} ${answer.t}`);
    if (wins) expect(answer).toEqual({ t: 'done', epoch: String(epoch + 1n) });
    else expect(answer.t).toBe('conflict');
    expect(await device.epoch(this.group)).toBe(wins ? epoch + 1n : epoch);
  }

  /** Several commit at once; the delivery service meets them in an order drawn before. */
  async race(rivals: readonly Device[]): Promise<void> {
    const plans: Plan[] = [];
    for (const each of rivals) plans.push(await this.plan(each));
    const winner = plans.find((plan) => !plan.stale);
    this.log.race(rivals.map((each) => each.id));
    await Promise.all(plans.map((plan) => this.run(plan, plan === winner)));
    this.count(`race of ${rivals.length}`);
  }

  async joinExternal(device: Device): Promise<void> {
    const { groupInfo } = this.log.last(this.group);
    const answer = await device.op('joinExternal', this.group, { bytes: [groupInfo] });
    expect(answer).toEqual({ t: 'done', epoch: String(this.log.epoch(this.group)) });
    this.held.add(device);
    this.count('external join');
  }

  async step(): Promise<void> {
    const holders = this.devices.filter((each) => this.held.has(each));
    const kind = this.chance.below(20);
    const device = this.chance.pick(holders);
    if (kind < 12) {
      const plan = await this.plan(device);
      await this.run(plan, !plan.stale);
    } else if (kind < 15) {
      await this.race(this.chance.some(holders, 3));
    } else if (kind < 18) {
      const outside = this.devices.filter((each) => !this.inTree(each));
      if (outside.length > 0) await this.joinExternal(this.chance.pick(outside));
    } else await this.joinExternal(this.chance.pick(this.devices.filter((d) => this.inTree(d))));
    for (const each of this.devices) if (this.chance.percent(80)) await this.catchUp(each);
    await this.check();
  }

  /** Feeds the log to a device, with the disorder that a network adds. */
  async catchUp(device: Device): Promise<void> {
    if (!this.held.has(device)) await this.enter(device);
    if (!this.held.has(device)) return;
    for (;;) {
      const at = await device.epoch(this.group);
      const entry = this.log.log(this.group)[Number(at)];
      if (entry === undefined) return;
      await this.disorder(device, at);
      const answer = await this.process(device, entry);
      if (answer.t === 'removed') {
        this.held.delete(device);
        expect(await device.has(this.group)).toBe(false);
        this.count('was removed');
        if (this.inTree(device)) await this.enter(device);
        if (!this.held.has(device)) return;
      } else {
        expect(answer).toMatchObject({ t: 'merged', epoch: String(at + 1n) });
      }
    }
  }

  async disorder(device: Device, at: bigint): Promise<void> {
    const log = this.log.log(this.group);
    const later = log[Number(at) + 1];
    if (later !== undefined && this.chance.percent(40)) {
      const answer = await this.process(device, later);
      expect(answer).toEqual({ t: 'gap', have: String(at), got: String(at + 1n) });
      this.count('reordered');
    }
    const earlier = log[Number(at) - 1];
    if (earlier !== undefined && this.chance.percent(30)) {
      expect((await this.process(device, earlier)).t).toBe('duplicate');
      this.count('duplicated');
    }
  }

  process(device: Device, entry: Entry): Promise<Answer> {
    return device.op('process', this.group, { bytes: [entry.commit] });
  }

  /** A device in the tree that holds nothing: by its Welcome, or externally when that is lost. */
  async enter(device: Device): Promise<void> {
    if (!this.inTree(device)) return;
    const log = this.log.log(this.group);
    const since = log.findLastIndex(
      (entry, i) =>
        !(log[i - 1]?.members ?? []).includes(device.id) && entry.members.includes(device.id),
    );
    const welcome = log[since]?.welcome ?? null;
    if (welcome !== null && this.chance.percent(85)) {
      const answer = await device.op('join', this.group, { bytes: [welcome] });
      if (answer.t === 'merged') {
        this.held.add(device);
        this.count('welcome');
        if (this.chance.percent(20)) {
          expect((await device.op('join', this.group, { bytes: [welcome] })).t).toBe('duplicate');
          this.count('welcome twice');
        }
        return;
      }
      // Only a Welcome that it had used before (and left again) may fail.
      expect(answer.t).toBe('duplicate');
    }
    await this.joinExternal(device);
  }

  /** No two devices ever disagree about an epoch; those of the present one agree on everything. */
  async check(): Promise<void> {
    const now = this.log.epoch(this.group);
    const members = [...this.log.last(this.group).members].toSorted();
    for (const device of this.devices) {
      for (const [key, secret] of await device.sunk()) {
        if (!key.startsWith(this.group)) continue;
        const known = this.secrets.get(key) ?? secret;
        this.secrets.set(key, known);
        expect(secret, `${device.id} ${key}`).toBe(known);
      }
      expect(await device.has(this.group)).toBe(this.held.has(device));
      if (!this.held.has(device) || (await device.epoch(this.group)) !== now) continue;
      expect(await device.members(this.group)).toEqual(members);
      const { secret } = await device.secret(this.group);
      expect(secret).toBe(this.secrets.get(`${this.group} ${now}`));
    }
  }
}

describe('random histories', () => {
  test.each(seeds())('seed %i', async (seed) => {
    const tab = await harness.tab();
    const devices: Device[] = [];
    for (let w = 0; w < WORKERS; w++) await tab.start(`random ${seed} ${w}`);
    for (let a = 0; a < ACCOUNTS; a++)
      for (let d = 0; d < DEVICES_EACH; d++) {
        const n = devices.length;
        const disk = n % 5 === 0 ? `random-${seed}-${n}` : undefined;
        const worker = `random ${seed} ${n % WORKERS}`;
        devices.push(new Device(tab, worker, deviceId(a + 1, d + 1), disk));
      }
    for (const device of devices) await device.open();
    const history = new History(seed, devices, harness.delivery);
    await history.found();
    for (let step = 0; step < STEPS; step++) {
      try {
        await history.step();
      } catch (error) {
        throw new Error(`SEED=${seed}, step ${step}`, { cause: error });
      }
    }
    for (const device of devices) await history.catchUp(device);
    await history.check();
    const counts = [...history.counts].toSorted().map(([what, n]) => `${what}: ${n}`);
    console.log(
      `SEED=${seed}, ${STEPS} steps, epoch ${history.log.epoch(history.group)}; ${counts.join(', ')}`,
    );
    expect(harness.complaints).toEqual([]);
    await tab.page.close();
  });
});
