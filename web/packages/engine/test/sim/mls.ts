/**
 * A model of MLS for simulations in Node: real epochs, real compare-and-set, keys as a hash chain that
 * only members' copies hold. Nothing of it is secure; the real engine is tested in Chromium.
 */
import type { DeviceId, Done, EngineOptions, Leaf, MlsEngine, Processed } from '@crypho/mls';
import { thumbprint } from '@crypho/mls/identity';
import { base64, concat, fromBase64, hex, hmac, sha256, signer, utf8 } from '@crypho/vault';
import type { Bytes } from '@crypho/vault';

interface WireLeaf {
  readonly id: DeviceId;
  readonly thumb: string;
}

export interface WireCommit {
  readonly group: string;
  readonly epoch: number;
  readonly committer: WireLeaf;
  readonly isExternal: boolean;
  readonly added: readonly WireLeaf[];
  readonly removed: readonly string[];
  readonly salt: string;
}

export interface WireInfo {
  readonly group: string;
  readonly epoch: number;
  readonly members: readonly WireLeaf[];
  readonly secret: string;
}

interface Copy {
  epoch: number;
  members: readonly WireLeaf[];
  secret: string;
}

const json = (value: unknown): Bytes => utf8(JSON.stringify(value));
export const parse = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes)) as T;

async function next(secret: string, commit: WireCommit): Promise<string> {
  return base64(await sha256(concat(fromBase64(secret), json(commit))));
}

function toLeaf(leaf: WireLeaf): Leaf {
  return { id: leaf.id, keyThumbprint: leaf.thumb };
}

/** What survives a worker: the device's database. */
export interface MlsDisk {
  readonly copies: Map<string, Copy>;
  seed?: Bytes;
}

export async function openSimMls(
  options: Omit<EngineOptions, 'wasmUrl'>,
  disk: MlsDisk,
  random: (length: number) => Bytes,
): Promise<MlsEngine> {
  disk.seed ??= random(32);
  const key = (await signer(disk.seed)).publicKey;
  const self: WireLeaf = { id: options.self, thumb: await thumbprint(key) };
  const { copies } = disk;
  let tail: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const queue = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(() => {
      if (isClosed) throw new Error('closed');
      return work();
    });
    tail = result.catch(() => undefined);
    return result;
  };

  async function secretOf(copy: Copy, group: Uint8Array, purpose: string): Promise<Bytes> {
    return hmac(fromBase64(copy.secret), utf8(`${purpose} ${hex(group)} ${copy.epoch}`));
  }

  async function turned(
    group: Uint8Array,
    copy: Copy,
    by: 'own' | 'own-external' | 'welcome' | 'commit',
  ): Promise<void> {
    copies.set(hex(group), copy);
    await options.epochs.turned({
      group,
      epoch: BigInt(copy.epoch),
      members: copy.members.map(toLeaf),
      by,
      secret: (purpose) => secretOf(copy, group, purpose),
    });
  }

  async function apply(copy: Copy, commit: WireCommit): Promise<Copy> {
    const removed = new Set(commit.removed);
    const kept = copy.members.filter(
      (leaf) =>
        !removed.has(leaf.id.device) &&
        !(commit.isExternal && leaf.id.device === commit.committer.id.device),
    );
    const members = [...kept, ...commit.added, ...(commit.isExternal ? [commit.committer] : [])];
    return { epoch: copy.epoch + 1, members, secret: await next(copy.secret, commit) };
  }

  async function commit(
    group: Uint8Array,
    copy: Copy,
    change: Pick<WireCommit, 'added' | 'removed' | 'isExternal'>,
  ): Promise<Done> {
    const made: WireCommit = {
      group: hex(group),
      epoch: copy.epoch,
      committer: self,
      salt: hex(random(8)),
      ...change,
    };
    const after = await apply(copy, made);
    const info: WireInfo = { group: made.group, ...after };
    const bytes = json(made);
    const sent = await options.delivery.send({
      group,
      baseEpoch: BigInt(copy.epoch),
      commit: bytes,
      groupInfo: json(info),
      hash: await sha256(bytes),
      members: after.members.map(toLeaf),
      ...(change.added.length > 0 ? { welcome: json(info) } : {}),
    });
    switch (sent.t) {
      case 'accepted':
        await turned(group, after, change.isExternal ? 'own-external' : 'own');
        return { t: 'done', epoch: BigInt(after.epoch) };
      default:
        return sent;
    }
  }

  function need(group: Uint8Array): Copy {
    const copy = copies.get(hex(group));
    if (copy === undefined) throw new Error('no group');
    return copy;
  }

  async function process(group: Uint8Array, bytes: Uint8Array): Promise<Processed> {
    const copy = copies.get(hex(group));
    if (copy === undefined) return { t: 'rejoin-needed' };
    const wire = parse<WireCommit>(bytes);
    if (wire.epoch < copy.epoch) return { t: 'duplicate' };
    if (wire.epoch > copy.epoch)
      return { t: 'gap', have: BigInt(copy.epoch), got: BigInt(wire.epoch) };
    if (wire.committer.id.device === self.id.device) return { t: 'rejoin-needed' };
    const view = {
      group,
      epoch: BigInt(wire.epoch),
      external: wire.isExternal,
      added: wire.added.map(toLeaf),
      removedLeaves: [],
      removed: [],
      pathLeaf: toLeaf(wire.committer),
      committer: toLeaf(wire.committer),
      hash: await sha256(bytes),
    };
    const before = await options.policy.before(view);
    if (!before.ok) return { t: 'refused', reason: before.reason };
    const after = await apply(copy, wire);
    if (!after.members.some((leaf) => leaf.id.device === self.id.device)) {
      copies.delete(hex(group));
      return { t: 'removed', by: wire.committer.id };
    }
    const verdict = await options.policy.after(after.members.map(toLeaf), view);
    if (!verdict.ok) return { t: 'refused', reason: verdict.reason };
    await turned(group, after, 'commit');
    return { t: 'merged', epoch: BigInt(after.epoch), members: after.members.map(toLeaf) };
  }

  async function join(group: Uint8Array, welcome: Uint8Array): Promise<Processed> {
    const info = parse<WireInfo>(welcome);
    const held = copies.get(hex(group));
    if (held !== undefined && held.epoch >= info.epoch) return { t: 'duplicate' };
    const verdict = await options.policy.after(info.members.map(toLeaf), 'welcome');
    if (!verdict.ok) return { t: 'refused', reason: verdict.reason };
    await turned(group, { ...info }, 'welcome');
    return { t: 'merged', epoch: BigInt(info.epoch), members: info.members.map(toLeaf) };
  }

  return {
    self: options.self,
    signatureKey: async () => key,
    keyPackages: async (count) => Array.from({ length: count }, () => json(self)),
    create: (group) =>
      queue(async () => {
        copies.set(hex(group), { epoch: 0, members: [self], secret: base64(random(32)) });
      }),
    join: (group, welcome) => queue(() => join(group, welcome)),
    joinExternal: (group, groupInfo) =>
      queue(async () => {
        const info = parse<WireInfo>(groupInfo);
        const verdict = await options.policy.after(info.members.map(toLeaf), 'own-external');
        if (!verdict.ok) return { t: 'refused', reason: verdict.reason };
        const change = { added: [], removed: [], isExternal: true } as const;
        return commit(group, { ...info }, change);
      }),
    add: (group, keyPackages) =>
      queue(async () => {
        const added = keyPackages.map((each) => parse<WireLeaf>(each));
        for (const leaf of added) {
          const verdict = await options.policy.keyPackage(toLeaf(leaf));
          if (!verdict.ok) return { t: 'refused', reason: verdict.reason };
        }
        return commit(group, need(group), { added, removed: [], isExternal: false });
      }),
    remove: (group, ids) =>
      queue(() => {
        const removed = ids.map((id) => id.device);
        return commit(group, need(group), { added: [], removed, isExternal: false });
      }),
    update: (group) =>
      queue(() => commit(group, need(group), { added: [], removed: [], isExternal: false })),
    process: (group, bytes) => queue(() => process(group, bytes)),
    has: async (group) => copies.has(hex(group)),
    epoch: async (group) => BigInt(need(group).epoch),
    members: async (group) => need(group).members.map(toLeaf),
    epochSecret: async (group, purpose) => {
      const copy = need(group);
      return { epoch: BigInt(copy.epoch), secret: await secretOf(copy, group, purpose) };
    },
    epochAuthenticator: async (group) => {
      const copy = need(group);
      return { epoch: BigInt(copy.epoch), secret: await secretOf(copy, group, 'head') };
    },
    forget: async (group) => {
      copies.delete(hex(group));
    },
    close: async () => {
      isClosed = true;
    },
  };
}
