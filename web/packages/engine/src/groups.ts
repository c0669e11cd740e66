/**
 * The MLS side of conversations: joining, following commits in order, turning epochs, deposits, and the
 * ladder of repairs. Members' keys are in the MLS engine; here is what is done with it and when.
 */
import type { EpochSink, EpochTurn, Leaf, MlsEngine, Processed } from '@crypho/mls';
import { groupId, hex, parseGroupId } from '@crypho/vault';
import { CommitRefusal, ConversationService } from '@crypho/wire';
import type { GetConversationResponse, LogEntry, PendingRemoval } from '@crypho/wire';
import type { ConversationDetails } from './api.ts';
import type { Context } from './context.ts';
import type { DeliveryState, Fate, Intent } from './delivery.ts';
import { EngineFailure, fail } from './failure.ts';
import type { PolicyState } from './policy.ts';
import { makeSerial } from './queue.ts';
import type { Serial } from './queue.ts';
import { sleep } from './rpc.ts';
import { sameEpoch } from './state.ts';
import type { EpochName } from './state.ts';

const TURN_MS = 400;
const TRIES_MAX = 6;
/** A key may serve 1,000 messages; others send meanwhile. */
const EPOCH_MESSAGES_MAX = 900;
const EPOCH_MS_MAX = 7 * 24 * 3600 * 1000;
/** HKDF label of docs/protocol/messages.md: the ASCII text and one zero byte. */
const MESSAGE_PURPOSE = 'message\0';

export type GroupsShared = DeliveryState & PolicyState;

export interface Groups {
  /** After a conversation was read: joins, removes who must go, completes deposits. */
  tend(id: string, answer: GetConversationResponse): Promise<void>;
  /** Processes commits up to the head; `live` is one that just came. */
  follow(id: string, live?: LogEntry): Promise<void>;
  /** The epoch to send in, with its derived key held; or throws what stands in the way. */
  ready(id: string): Promise<EpochName>;
  /** Commits what the server waits for; taking turns with the others. */
  removePending(id: string): Promise<void>;
  /** Turns the epoch where its key has served long enough. */
  turnIfDue(id: string): Promise<void>;
  completeDeposits(id: string, isUrgent: boolean): Promise<void>;
  /** Founds a group; the fate tells why not. */
  found(id: string, intent: Intent): Promise<Fate>;
  /** Commits under an intent: adds key packages, removes devices, or only turns the epoch. */
  commit(id: string, work: CommitWork): Promise<Fate>;
  devices(id: string): Promise<readonly Leaf[]>;
  hindrance(id: string): ConversationDetails['hindrance'];
  forget(id: string): Promise<void>;
}

export interface CommitWork {
  readonly intent: Intent & { readonly kind: 'members' };
  readonly keyPackages?: readonly Uint8Array[];
  /** Accounts whose devices go. */
  readonly removeAccounts?: readonly string[];
  readonly removeDevices?: readonly PendingRemoval[];
}

/** Told by the MLS engine after every merge, inside its queue: keeps the epoch's key at once. */
export function makeEpochSink(
  context: () => Context,
  entered: (conversation: string, epoch: EpochName) => void,
): EpochSink {
  return {
    turned: async (turn: EpochTurn) => {
      const { conversation, generation } = parseGroupId(turn.group);
      const epoch = { generation, epoch: Number(turn.epoch) };
      const key = await turn.secret(MESSAGE_PURPOSE);
      await context().keys.putDerived(conversation, epoch, key);
      await context().epochs.put(conversation, epoch, turn.members);
      await context().store.change(conversation, (state) => ({
        state: {
          ...state,
          mls: { ...epoch, seq: state.mls?.seq ?? 0, sinceMs: context().serverNow() },
        },
      }));
      entered(conversation, epoch);
    },
  };
}

export function makeGroups(context: () => Context, shared: GroupsShared): Groups {
  const serials = new Map<string, Serial>();
  const hindrances = new Map<string, NonNullable<ConversationDetails['hindrance']>>();
  const failures = new Map<string, number>();

  function inOrder<T>(id: string, work: () => Promise<T>): Promise<T> {
    let serial = serials.get(id);
    if (serial === undefined) {
      serial = makeSerial();
      serials.set(id, serial);
    }
    return serial.run(work);
  }

  function hinder(id: string, value: ConversationDetails['hindrance']): void {
    if (hindrances.get(id) === value) return;
    if (value === undefined) hindrances.delete(id);
    else hindrances.set(id, value);
    context().topics.changed(`conversation/${id}`);
  }

  function mls(): MlsEngine {
    return context().mls;
  }

  async function setMls(id: string, epoch: EpochName, seq: number): Promise<void> {
    await context().store.change(id, (state) => {
      const isSame = state.mls !== null && sameEpoch(state.mls, epoch);
      const sinceMs = isSame ? (state.mls?.sinceMs ?? 0) : context().serverNow();
      return { state: { ...state, mls: { ...epoch, seq: Math.max(seq, 0), sinceMs } } };
    });
  }

  // ---- joining

  async function join(id: string): Promise<void> {
    const { store, rpc } = context();
    const state = store.get(id);
    if (state === undefined || !state.head.isCurrent) return;
    if (state.head.hasWelcome && (await joinByWelcome(id))) return;
    hinder(id, 'joining');
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const info = await rpc.call(
        ConversationService.method.getGroupInfo,
        { conversationId: id },
        { isIdempotent: true },
      );
      const group = groupId(id, info.generation);
      shared.intents.delete(hex(group));
      const done = await mls().joinExternal(group, info.groupInfo);
      if (done.t === 'done') {
        const fate = shared.fates.get(hex(group));
        const seq = fate?.kind === 'accepted' ? fate.seq : Number(info.commitSeq);
        const epoch = { generation: info.generation, epoch: Number(done.epoch) };
        await setMls(id, epoch, seq);
        await setHeadEpoch(id, epoch);
        failures.delete(id);
        hinder(id, undefined);
        await completeNow(id);
        return;
      }
      if (done.t === 'unknown') throw fail('offline');
      if (done.t === 'refused') {
        await brokenGroup(id, info.generation);
        return;
      }
      await sleep(context().platform.clock, 100 * (attempt + 1));
    }
    throw fail('unavailable');
  }

  async function setHeadEpoch(id: string, epoch: EpochName): Promise<void> {
    await context().store.change(id, (state) => {
      const { generation, epoch: number } = state.head;
      const isOlder =
        epoch.generation < generation || (epoch.generation === generation && epoch.epoch < number);
      if (isOlder) return undefined;
      const isTurned = !sameEpoch(state.head, epoch);
      const isDeposited = isTurned ? false : state.head.isDeposited;
      return { state: { ...state, head: { ...state.head, ...epoch, isDeposited } } };
    });
  }

  async function joinByWelcome(id: string): Promise<boolean> {
    const { rpc } = context();
    const { method } = ConversationService;
    const waiting = await rpc.call(
      method.getWelcome,
      { conversationId: id },
      { isIdempotent: true },
    );
    if (waiting.welcome.length === 0) return false;
    const group = groupId(id, waiting.generation);
    const joined = await mls().join(group, waiting.welcome);
    const isIn = joined.t === 'merged';
    if (isIn) {
      const epoch = { generation: waiting.generation, epoch: Number(joined.epoch) };
      await setMls(id, epoch, Number(waiting.commitSeq));
    }
    const acknowledged = { conversationId: id, commitSeq: waiting.commitSeq };
    await rpc.call(method.acknowledgeWelcome, acknowledged, { isIdempotent: true });
    await context().store.change(id, (state) => ({
      state: { ...state, head: { ...state.head, hasWelcome: false } },
    }));
    return isIn;
  }

  /** The last rung: a group that no client can join is begun anew. Its history stays readable. */
  async function brokenGroup(id: string, generation: number): Promise<void> {
    hinder(id, 'repairing');
    const count = (failures.get(id) ?? 0) + 1;
    failures.set(id, count);
    if (count < 3) {
      await sleep(context().platform.clock, TURN_MS * count);
      return join(id);
    }
    failures.delete(id);
    const fate = await foundIn(id, generation + 1, { kind: 'reset' });
    if (fate.kind !== 'accepted') throw fail('untrusted-server');
    hinder(id, undefined);
    await completeNow(id);
    await inviteDevices(id);
  }

  async function foundIn(id: string, generation: number, intent: Intent): Promise<Fate> {
    const group = groupId(id, generation);
    const name = hex(group);
    shared.intents.set(name, intent);
    shared.fates.delete(name);
    try {
      if (intent.kind === 'create-group' && (await mls().has(group))) {
        // An engine before this one was at it. Where it got to the server, this device joins what stands there.
        await context().sync.refreshAll();
        if (context().store.get(id) !== undefined) return { kind: 'accepted', seq: 0 };
        await mls().forget(group);
      }
      if (!(await mls().has(group))) await mls().create(group);
      // The library shows a GroupInfo only with a commit: the group is founded by an empty one.
      const done = await mls().update(group);
      const fate = shared.fates.get(name);
      if (done.t === 'done') {
        if (context().store.get(id) === undefined) await readConversation(id);
        await setMls(id, { generation, epoch: Number(done.epoch) }, 0);
        return fate ?? { kind: 'accepted', seq: 0 };
      }
      await mls().forget(group);
      if (fate !== undefined) return fate;
      throw fail(done.t === 'unknown' ? 'offline' : 'internal');
    } finally {
      shared.intents.delete(name);
    }
  }

  // ---- following

  async function follow(id: string, live?: LogEntry): Promise<void> {
    await inOrder(id, () => followNow(id, live));
  }

  async function followNow(id: string, live?: LogEntry): Promise<void> {
    const state = context().store.get(id);
    if (state === undefined) return;
    if (!state.head.isCurrent) {
      hinder(id, 'removed');
      return;
    }
    const { mls: at, head } = state;
    const isHeld = at !== null && at.generation === head.generation;
    if (!isHeld || !(await mls().has(groupId(id, at.generation)))) return join(id);
    if (live?.body.case === 'commit' && Number(live.epoch) === at.epoch) {
      if (await processEntry(id, live)) return;
    }
    const now = context().store.get(id);
    if (now?.mls !== null && now !== undefined && now.mls.epoch >= now.head.epoch) return;
    await readCommits(id);
  }

  async function readCommits(id: string): Promise<void> {
    const { rpc, store } = context();
    for (;;) {
      const at = store.get(id)?.mls;
      if (at === undefined || at === null) return;
      const page = await rpc.call(
        ConversationService.method.readLog,
        {
          conversationId: id,
          from: { case: 'afterSeq', value: BigInt(at.seq) },
          limit: 100,
          commitsOnly: true,
        },
        { isIdempotent: true },
      );
      for (const entry of page.entries) {
        if (entry.body.case === 'commit' && !(await processEntry(id, entry))) return;
      }
      if (!page.hasMore || page.entries.length === 0) break;
    }
    const now = store.get(id);
    const isBehind = now !== undefined && now.mls !== null && now.mls.epoch < now.head.epoch;
    // The log has no commit that leads there: start from what the server has now.
    if (isBehind) await join(id);
  }

  /** False where following cannot go on and has been repaired otherwise. */
  async function processEntry(id: string, entry: LogEntry): Promise<boolean> {
    if (entry.body.case !== 'commit') return true;
    const at = context().store.get(id)?.mls;
    if (at !== undefined && at !== null && entry.generation < at.generation) return true;
    const group = groupId(id, entry.generation);
    const { commit, addedAccountIds, removedAccountIds } = entry.body.value;
    await context().directory.learn([entry.senderAccountId, ...addedAccountIds]);
    shared.announced.set(id, {
      added: addedAccountIds,
      removed: removedAccountIds,
      sender: entry.senderAccountId,
    });
    let result: Processed;
    try {
      result = await mls().process(group, commit);
    } finally {
      shared.announced.delete(id);
    }
    return settleProcessed(id, entry, result);
  }

  async function settleProcessed(id: string, entry: LogEntry, result: Processed): Promise<boolean> {
    const seq = Number(entry.seq);
    switch (result.t) {
      case 'merged':
        await setMls(id, { generation: entry.generation, epoch: Number(result.epoch) }, seq);
        hinder(id, undefined);
        return true;
      case 'duplicate':
        await context().store.change(id, (state) =>
          state.mls === null
            ? undefined
            : { state: { ...state, mls: { ...state.mls, seq: Math.max(seq, state.mls.seq) } } },
        );
        return true;
      case 'removed':
        await context().store.change(id, (state) => ({ state: { ...state, mls: null } }));
        context().background(context().sync.refresh(id));
        return false;
      case 'gap':
      case 'rejoin-needed':
      case 'invalid':
        await join(id);
        return false;
      case 'refused':
        hinder(id, 'repairing');
        await join(id);
        return false;
    }
  }

  // ---- tending

  async function tend(id: string, answer: GetConversationResponse): Promise<void> {
    await follow(id);
    if (answer.pendingRemovals.length > 0) await removePending(id);
    const isTheirTurn = answer.missingDeposits.length > 0;
    if (isTheirTurn) await completeDeposits(id, false);
  }

  /** A delay that differs from device to device: whoever comes first does it for all. */
  async function takeTurn(id: string): Promise<void> {
    const { mls: at } = context().store.get(id) ?? { mls: null };
    if (at === null) return;
    const members = await mls().members(groupId(id, at.generation));
    const { self } = mls();
    const names = members.map((leaf) => `${leaf.id.account} ${leaf.id.device}`).toSorted();
    const place = names.indexOf(`${self.account} ${self.device}`);
    // The order turns with the epoch, so that no device always has to wait for a dead one.
    const turn = names.length === 0 ? 0 : (place + at.epoch) % names.length;
    await sleep(context().platform.clock, Math.min(turn, 20) * TURN_MS);
  }

  async function removePending(id: string): Promise<void> {
    hinder(id, 'turning-keys');
    try {
      await takeTurn(id);
      const answer = await readConversation(id);
      if (answer.pendingRemovals.length === 0) return;
      const intent = { kind: 'members', added: [], removed: [], sharesHistory: false } as const;
      await commit(id, { intent, removeDevices: answer.pendingRemovals });
    } finally {
      hinder(id, undefined);
    }
  }

  async function turnIfDue(id: string): Promise<void> {
    const state = context().store.get(id);
    if (state === undefined || state.mls === null) return;
    const { seq, sinceMs } = state.mls;
    const isUsed = state.head.lastSeq - seq >= EPOCH_MESSAGES_MAX;
    const isOld = context().serverNow() - sinceMs >= EPOCH_MS_MAX;
    if (!isUsed && !isOld) return;
    const intent = { kind: 'members', added: [], removed: [], sharesHistory: false } as const;
    await commit(id, { intent });
  }

  async function readConversation(id: string): Promise<GetConversationResponse> {
    const answer = await context().rpc.call(
      ConversationService.method.getConversation,
      { conversationId: id },
      { isIdempotent: true },
    );
    if (answer.head !== undefined) await context().store.applyHead(answer.head);
    return answer;
  }

  async function completeDeposits(id: string, isUrgent: boolean): Promise<void> {
    if (!isUrgent) await takeTurn(id);
    await completeNow(id);
  }

  async function completeNow(id: string): Promise<void> {
    const { keys, rpc, store } = context();
    const answer = await readConversation(id);
    const state = store.get(id);
    const missing = answer.missingDeposits;
    if (state?.mls === null || state === undefined || missing.length === 0) return;
    if (!sameEpoch(state.mls, state.head)) return;
    const deposits = await keys.makeDeposits(id, state.mls, missing);
    if (deposits.length === 0) return;
    await rpc.call(
      ConversationService.method.putDeposits,
      { conversationId: id, deposits: [...deposits] },
      { isIdempotent: true },
    );
    await store.change(id, (now) => ({
      state: { ...now, head: { ...now.head, isDeposited: true } },
    }));
  }

  // ---- own commits

  async function commit(id: string, work: CommitWork): Promise<Fate> {
    return inOrder(id, async () => {
      let fate: Fate = { kind: 'conflict' };
      for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
        await followNow(id);
        fate = await commitNow(id, work);
        if (fate.kind === 'conflict') {
          await readConversation(id);
          continue;
        }
        const isBlocked = fate.kind === 'refused' && fate.reason === CommitRefusal.PENDING_REMOVALS;
        if (fate.kind === 'refused' && isBlocked && work.removeDevices === undefined) {
          const intent = { kind: 'members', added: [], removed: [], sharesHistory: false } as const;
          await commitNow(id, { intent, removeDevices: fate.pending });
          await completeNow(id);
          continue;
        }
        break;
      }
      if (fate.kind === 'accepted') await completeNow(id);
      return fate;
    });
  }

  async function commitNow(id: string, work: CommitWork): Promise<Fate> {
    const at = context().store.get(id)?.mls;
    if (at === undefined || at === null) throw fail('unavailable');
    const group = groupId(id, at.generation);
    const name = hex(group);
    shared.intents.set(name, work.intent);
    shared.fates.delete(name);
    try {
      const done = await make(group, work);
      const fate = shared.fates.get(name);
      if (done.t === 'done') {
        const epoch = { generation: at.generation, epoch: Number(done.epoch) };
        await setMls(id, epoch, fate?.kind === 'accepted' ? fate.seq : at.seq);
        await setHeadEpoch(id, epoch);
        return fate ?? { kind: 'accepted', seq: at.seq };
      }
      if (done.t === 'conflict') return { kind: 'conflict' };
      if (done.t === 'unknown') throw fail('offline');
      if (fate !== undefined && fate.kind !== 'accepted') return fate;
      throw new EngineFailure({ code: 'untrusted-server' }, done.reason);
    } finally {
      shared.intents.delete(name);
    }
  }

  async function make(
    group: Uint8Array,
    work: CommitWork,
  ): Promise<Awaited<ReturnType<MlsEngine['update']>>> {
    if (work.keyPackages !== undefined && work.keyPackages.length > 0)
      return mls().add(group, work.keyPackages);
    const members = await mls().members(group);
    const accounts = new Set(work.removeAccounts);
    const devices = new Set(work.removeDevices?.map((each) => each.deviceId));
    const leaving = members.filter(
      (leaf) => accounts.has(leaf.id.account) || devices.has(leaf.id.device),
    );
    if (leaving.length === 0) return mls().update(group);
    return mls().remove(
      group,
      leaving.map((leaf) => leaf.id),
    );
  }

  /** Adds the members' devices that have no leaf yet, as far as they left key packages. */
  async function inviteDevices(id: string): Promise<void> {
    const state = context().store.get(id);
    if (state === undefined) return;
    const accountIds = state.members
      .filter((member) => member.isCurrent)
      .map((member) => member.account);
    const { claimed } = await context().rpc.call(ConversationService.method.claimKeyPackages, {
      accountIds,
      conversationId: id,
    });
    if (claimed.length === 0) return;
    const intent = { kind: 'members', added: [], removed: [], sharesHistory: false } as const;
    await commitNow(id, { intent, keyPackages: claimed.map((each) => each.keyPackage) });
    await completeNow(id);
  }

  async function ready(id: string): Promise<EpochName> {
    await follow(id);
    const state = context().store.get(id);
    if (state === undefined) throw fail('not-found');
    if (!state.head.isCurrent) throw fail('forbidden');
    if (state.mls === null || !sameEpoch(state.mls, state.head)) throw fail('unavailable');
    const held = await context().keys.get(id, state.mls);
    if (held === undefined || held.isFromDeposit) {
      const group = groupId(id, state.mls.generation);
      const { epoch, secret } = await mls().epochSecret(group, MESSAGE_PURPOSE);
      const name = { generation: state.mls.generation, epoch: Number(epoch) };
      await context().keys.putDerived(id, name, secret);
      return name;
    }
    return { generation: state.mls.generation, epoch: state.mls.epoch };
  }

  return {
    tend,
    follow,
    ready,
    removePending,
    turnIfDue,
    completeDeposits,
    found: (id, intent) => inOrder(id, () => foundIn(id, 0, intent)),
    commit,
    devices: async (id) => {
      const at = context().store.get(id)?.mls;
      if (at === undefined || at === null || !context().isMlsOpen()) return [];
      const group = groupId(id, at.generation);
      return (await mls().has(group)) ? mls().members(group) : [];
    },
    hindrance: (id) => hindrances.get(id),
    forget: async (id) => {
      const at = context().store.get(id)?.mls;
      if (at !== undefined && at !== null) await mls().forget(groupId(id, at.generation));
    },
  };
}
