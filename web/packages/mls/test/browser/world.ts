/** Devices of the tests, and one seeded source of chance. */
import { createHash } from 'node:crypto';
import type { Tab } from './harness.ts';

export const DOMAIN = 'crypho.test';

/** Mulberry32: small, seeded, good enough to shuffle with. */
export class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ n < bound. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  percent(likely: number): boolean {
    return this.below(100) < likely;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  some<T>(items: readonly T[], most: number): T[] {
    const pool = [...items];
    const taken: T[] = [];
    const count = Math.min(pool.length, 1 + this.below(most));
    while (taken.length < count) taken.push(...pool.splice(this.below(pool.length), 1));
    return taken;
  }
}

export function seeds(): number[] {
  const given = process.env['SEED'];
  return given === undefined ? [1, 2, 3] : [Number(given)];
}

export interface Answer {
  readonly t: string;
  readonly reason?: string;
  readonly epoch?: string;
  readonly have?: string;
  readonly serverEpoch?: string;
  readonly by?: { readonly device: string };
  readonly members?: readonly MemberJson[];
}

export interface MemberJson {
  readonly id: { readonly account: string; readonly device: string; readonly domain: string };
  readonly keyThumbprint: string;
}

export interface EpochSecretJson {
  readonly epoch: string;
  readonly secret: string;
}

export interface Opened {
  readonly ms: number;
  readonly signatureKey: string;
}

/** One device with its engine in a worker of a tab. */
export class Device {
  readonly id: string;
  readonly slot: string;
  readonly database: string | undefined;
  tab: Tab;
  worker: string;
  signatureKey = '';

  constructor(tab: Tab, worker: string, id: string, database?: string) {
    this.tab = tab;
    this.worker = worker;
    this.id = id;
    this.slot = `${id} ${database ?? ''}`;
    this.database = database;
  }

  async open(): Promise<Opened> {
    const disk =
      this.database === undefined
        ? {}
        : { name: this.database, key: createHash('sha256').update(this.database).digest('hex') };
    const opened = await this.call<Opened>('open', { self: this.id, ...disk });
    this.signatureKey = opened.signatureKey;
    return opened;
  }

  call<T>(method: string, args: object = {}): Promise<T> {
    return this.tab.call<T>(this.worker, method, { slot: this.slot, ...args });
  }

  op(op: string, group: string, args: object = {}): Promise<Answer> {
    return this.call<Answer>('op', { op, group, ...args });
  }

  /** The last thing that the worker does. */
  lastOp(op: string, group: string, args: object = {}): Promise<Answer> {
    const given = { slot: this.slot, op, group, ...args };
    return this.tab.callThenKill<Answer>(this.worker, 'op', given);
  }

  async keyPackage(): Promise<string> {
    const [one] = await this.call<string[]>('keyPackages', { count: 1 });
    if (one === undefined) throw new Error('no key package');
    return one;
  }

  async epoch(group: string): Promise<bigint> {
    return BigInt(await this.call<string>('op', { op: 'epoch', group }));
  }

  has(group: string): Promise<boolean> {
    return this.call<boolean>('op', { op: 'has', group });
  }

  secret(group: string): Promise<EpochSecretJson> {
    return this.call<EpochSecretJson>('op', { op: 'secret', group });
  }

  authenticator(group: string): Promise<EpochSecretJson> {
    return this.call<EpochSecretJson>('op', { op: 'authenticator', group });
  }

  async members(group: string): Promise<string[]> {
    const list = await this.call<MemberJson[]>('op', { op: 'members', group });
    return list.map(({ id }) => `${id.account}:${id.device}@${id.domain}`).toSorted();
  }

  /** What the epoch sink was given: `group epoch` to secret. */
  async sunk(): Promise<Map<string, string>> {
    return new Map(await this.call<[string, string][]>('op', { op: 'sunk', group: '00' }));
  }

  get thumbprint(): string {
    const x = Buffer.from(this.signatureKey, 'hex').toString('base64url');
    return createHash('sha256')
      .update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)
      .digest('base64url');
  }
}

/** The nth device of the nth account: readable in failures. */
export function deviceId(account: number, device: number, domain = DOMAIN): string {
  const tail = account.toString(16).padStart(12, '0');
  return `00000000-0000-4000-8000-${tail}:d${device.toString(16).padStart(15, '0')}@${domain}`;
}

export function groupId(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32) + '00000000';
}

export function trustOf(devices: readonly Device[]): Record<string, string> {
  return Object.fromEntries(devices.map((device) => [device.id, device.thumbprint]));
}
