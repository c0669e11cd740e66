/**
 * A small delivery service that really does what the product's promises: one log a group, a commit an epoch by
 * compare-and-set, commit with Welcome and GroupInfo or not at all, the same bundle the same answer, and
 * the GroupInfo's leaves equal to its own reckoning. Faults are injected by the test at `fault`.
 */
import { createHash } from 'node:crypto';
import { decodeCommit, decodeGroupInfo, decodeWelcome } from '../../src/decode.ts';
import type { DecodedLeaf } from '../../src/decode.ts';
import { formatDeviceId } from '../../src/identity.ts';
import { fromHex, toHex } from './protocol.ts';

export interface Entry {
  readonly epoch: bigint;
  readonly hash: string;
  readonly commit: string;
  readonly welcome: string | null;
  readonly groupInfo: string;
  readonly members: readonly string[];
}

export interface Submission {
  readonly from: string;
  readonly group: string;
  readonly baseEpoch: string;
  readonly commit: string;
  readonly welcome: string | null;
  readonly groupInfo: string;
  readonly hash: string;
  readonly members: readonly (readonly [string, string])[];
}

export type Answer =
  | { readonly t: 'accepted' }
  | { readonly t: 'conflict'; readonly serverEpoch: string }
  | { readonly t: 'refused'; readonly reason: string };

/** 'drop-answer': taken, but the connection breaks before the answer; 'hang': taken, never answered. */
export type Fault = 'none' | 'drop-answer' | 'hang' | 'drop-request';

type Leaves = readonly (string | undefined)[];

export class DeliveryService {
  readonly logs = new Map<string, Entry[]>();
  readonly #leaves = new Map<string, Leaves>();
  fault: (submission: Submission) => Fault = () => 'none';
  /** Why the service will not take a commit at all, if so. */
  refuse: (submission: Submission) => string | undefined = () => undefined;
  /** Called as soon as a commit has been stored. */
  stored: (entry: Entry) => void = () => undefined;

  log(group: string): readonly Entry[] {
    return this.logs.get(group) ?? [];
  }

  epoch(group: string): bigint {
    return BigInt(this.log(group).length);
  }

  last(group: string): Entry {
    const entry = this.log(group).at(-1);
    if (entry === undefined) throw new Error('empty log');
    return entry;
  }

  /** A race with an outcome that the test decides: submissions wait until all of these senders' are there. */
  #race: { readonly order: readonly string[]; readonly held: Map<string, () => void> } | undefined;

  race(order: readonly string[]): void {
    this.#race = { order, held: new Map() };
  }

  /** As `submit`, in its turn. */
  async arrive(s: Submission): Promise<Answer> {
    const race = this.#race;
    if (race === undefined) return this.submit(s);
    return new Promise((resolve) => {
      race.held.set(s.from, () => resolve(this.submit(s)));
      if (race.held.size < race.order.length) return;
      this.#race = undefined;
      for (const from of race.order) race.held.get(from)?.();
    });
  }

  submit(s: Submission): Answer {
    const log = this.logs.get(s.group) ?? [];
    if (log.some((entry) => entry.hash === s.hash)) return { t: 'accepted' };
    if (BigInt(s.baseEpoch) !== BigInt(log.length))
      return { t: 'conflict', serverEpoch: String(log.length) };
    const problem = this.refuse(s) ?? this.#check(s);
    if (problem !== undefined) return { t: 'refused', reason: problem };
    const entry: Entry = {
      epoch: BigInt(s.baseEpoch),
      hash: s.hash,
      commit: s.commit,
      welcome: s.welcome,
      groupInfo: s.groupInfo,
      members: s.members.map(([id]) => id),
    };
    this.logs.set(s.group, [...log, entry]);
    this.#leaves.set(s.group, this.#reckon(s) ?? []);
    this.stored(entry);
    return { t: 'accepted' };
  }

  #check(s: Submission): string | undefined {
    const bytes = fromHex(s.commit);
    if (createHash('sha256').update(bytes).digest('hex') !== s.hash) return 'hash';
    const commit = decodeCommit(bytes);
    if (toHex(commit.group) !== s.group || String(commit.epoch) !== s.baseEpoch) return 'commit';
    const info = decodeGroupInfo(fromHex(s.groupInfo));
    if (toHex(info.group) !== s.group || info.epoch !== commit.epoch + 1n) return 'group info';
    if ((s.welcome === null) !== (commit.added.length === 0)) return 'welcome';
    if (s.welcome !== null) {
      const welcome = decodeWelcome(fromHex(s.welcome));
      if (welcome.newMembers.length !== commit.added.length) return 'welcome for others';
    }
    const claimed = s.members.map(([id, key]) => `${id} ${key}`);
    const shown = info.leaves.filter((leaf) => leaf !== undefined).map(leafText);
    if (JSON.stringify(claimed) !== JSON.stringify(shown)) return 'member list';
    const expected = this.#reckon(s);
    if (expected === undefined) return undefined;
    const actual = info.leaves.map((leaf) => (leaf === undefined ? undefined : leafText(leaf)));
    return JSON.stringify(expected) === JSON.stringify(actual) ? undefined : 'tree';
  }

  /** RFC 9420 §7.7, §7.8: removals blank, blanks at the end go, additions take the leftmost blank. */
  #reckon(s: Submission): Leaves | undefined {
    const commit = decodeCommit(fromHex(s.commit));
    const before = this.#leaves.get(s.group);
    if (before === undefined) {
      const info = decodeGroupInfo(fromHex(s.groupInfo));
      return info.leaves.map((leaf) => (leaf === undefined ? undefined : leafText(leaf)));
    }
    const leaves = [...before];
    for (const index of commit.removedLeaves) leaves[index] = undefined;
    trim(leaves);
    const place = (leaf: DecodedLeaf): void => {
      const blank = leaves.indexOf(undefined);
      leaves[blank < 0 ? leaves.length : blank] = leafText(leaf);
    };
    for (const { leaf } of commit.added) place(leaf);
    if (commit.external && commit.pathLeaf !== undefined) place(commit.pathLeaf);
    return leaves;
  }
}

function trim(leaves: (string | undefined)[]): void {
  while (leaves.length > 0 && leaves.at(-1) === undefined) leaves.pop();
}

function leafText(leaf: DecodedLeaf): string {
  return `${formatDeviceId(leaf.id)} ${toHex(leaf.signatureKey)}`;
}
