/**
 * Keeps conversations as the server has them: heads, members, the log newest first, live entries, and
 * what fills holes in the background. Cursor and rows are written together.
 */
import { ConversationService } from '@crypho/wire';
import type { ConversationHead, EntryEvent, LogEntry, Marker } from '@crypho/wire';
import type { Context } from './context.ts';
import { toFailure } from './failure.ts';
import { decodeContent, ingest, openEnvelope, reopen } from './ingest.ts';
import { makeCoalesced } from './queue.ts';
import type { Coalesced } from './queue.ts';
import { newestGap } from './state.ts';
import { ROLE_OF, sealedPartition } from './store.ts';
import type { Row } from './state.ts';

const PAGE = 100;
const BACKFILL_PAGE = 250;
const RETRY_MS = 5_000;
const RETRY_MAX_MS = 120_000;
const REOPEN_MAX = 500;
const HEAL_MS = 1_000;
const HEAL_MAX_MS = 300_000;

export interface Sync {
  /** All conversations as of now; those that are gone are removed. */
  heads(heads: readonly ConversationHead[]): Promise<void>;
  /** Reads the list of conversations anew. */
  refreshAll(): Promise<void>;
  /** A live entry. */
  entry(event: EntryEvent): Promise<void>;
  marker(conversation: string, marker: Marker): Promise<void>;
  /** Members, markers, deposits of a conversation may have changed. */
  refresh(conversation: string): Promise<void>;
  /** Both `refresh` and `catchUp`, and again later where a call fails; false where it is not ours any more. */
  settle(conversation: string): Promise<boolean>;
  /** Reads what is missing: the newest page first. */
  catchUp(conversation: string): Promise<void>;
  /** At least one page more below `seq`, where there is one. */
  fillBelow(conversation: string, seq: number): Promise<void>;
  /** Tries again what could not be shown. */
  heal(conversation: string): Promise<void>;
}

function isGone(error: unknown): boolean {
  const { code } = toFailure(error);
  return code === 'not-found' || code === 'forbidden';
}

export function makeSync(context: () => Context): Sync {
  const catchers = new Map<string, Coalesced>();
  const backoff = new Map<string, number>();
  const retrying = new Set<string>();
  const healing = new Map<string, { readonly waitMs: number; readonly cancel: () => void }>();

  /** The socket may stay up while a call fails, so nothing else would bring what this call was to bring. */
  function again(id: string, error: unknown): void {
    if (context().isStopped()) return;
    context().platform.defect(error);
    if (isGone(error) || retrying.has(id)) return;
    const wait = Math.min(RETRY_MAX_MS, (backoff.get(id) ?? RETRY_MS / 2) * 2);
    backoff.set(id, wait);
    retrying.add(id);
    context().platform.clock.after(wait, () => {
      retrying.delete(id);
      context().background(settle(id));
    });
  }

  async function heads(list: readonly ConversationHead[]): Promise<void> {
    const { store } = context();
    const listed = new Set(list.map((head) => head.conversationId));
    for (const id of store.ids()) if (!listed.has(id)) await store.remove(id);
    for (const head of list) {
      try {
        await store.applyHead(head);
      } catch (error) {
        again(head.conversationId, error);
      }
    }
    const newestFirst = list.toSorted((a, b) => Number(b.lastTimeMs - a.lastTimeMs));
    for (const head of newestFirst) context().background(settle(head.conversationId));
  }

  async function settle(id: string): Promise<boolean> {
    try {
      await refresh(id);
    } catch (error) {
      if (isGone(error)) return false;
      again(id, error);
    }
    await catchUp(id);
    return true;
  }

  async function refresh(id: string): Promise<void> {
    const { rpc, store, directory, groups } = context();
    const answer = await rpc.call(
      ConversationService.method.getConversation,
      { conversationId: id },
      { isIdempotent: true },
    );
    if (answer.head !== undefined) await store.applyHead(answer.head);
    const members = answer.members.map((member) => ({
      account: member.accountId,
      role: ROLE_OF[member.role],
      isCurrent: member.isCurrent,
    }));
    await directory.learn(members.map((member) => member.account));
    await store.change(id, (state) => ({ state: { ...state, members } }));
    for (const each of answer.markers) await marker(id, each);
    context().background(groups.tend(id, answer));
  }

  // ---- the log

  async function read(
    id: string,
    from: { case: 'afterSeq' | 'beforeSeq'; value: bigint },
    limit: number,
  ): Promise<{ entries: LogEntry[]; hasMore: boolean }> {
    const answer = await context().rpc.call(
      ConversationService.method.readLog,
      { conversationId: id, from, limit },
      { isIdempotent: true },
    );
    await learnSenders(answer.entries);
    return answer;
  }

  async function learnSenders(entries: readonly LogEntry[]): Promise<void> {
    const { directory } = context();
    await directory.learn(entries.map((entry) => entry.senderAccountId));
    const messages = entries.filter((entry) => entry.body.case === 'message');
    await directory.seek(
      messages.map((entry) => ({ account: entry.senderAccountId, device: entry.senderDeviceId })),
    );
  }

  async function take(id: string, entries: readonly LogEntry[], low: number, high: number) {
    const { store, outbox } = context();
    await store.change(id, (state) => ingest(context(), state, entries, low, high));
    await outbox.arrived(id, entries);
  }

  /** One page of the newest hole; false where there is none. */
  async function fill(id: string, below: number | undefined, limit: number): Promise<boolean> {
    const state = context().store.get(id);
    if (state === undefined) return false;
    const { firstSeq, lastSeq } = state.head;
    const top = below === undefined ? lastSeq : Math.min(lastSeq, below - 1);
    const gap = newestGap(state.ranges, firstSeq, top);
    if (gap === undefined) return false;
    const [low, high] = gap;
    const isShort = high - low < limit;
    const from = isShort
      ? ({ case: 'afterSeq', value: BigInt(low - 1) } as const)
      : ({ case: 'beforeSeq', value: BigInt(high + 1) } as const);
    const { entries, hasMore } = await read(id, from, limit);
    const first = entries[0];
    const last = entries.at(-1);
    if (first === undefined || last === undefined) {
      // Nothing there that we may read: do not ask for it again.
      await take(id, [], low, high);
      return true;
    }
    if (isShort) {
      const end = hasMore ? Number(last.seq) : Math.max(high, Number(last.seq));
      await take(id, entries, low, end);
    } else {
      await take(id, entries, hasMore ? Number(first.seq) : low, high);
    }
    return true;
  }

  async function catchUpOnce(id: string): Promise<void> {
    try {
      await fill(id, undefined, PAGE);
      context().background(heal(id));
      context().background(context().groups.follow(id));
      while (!context().isStopped() && (await fill(id, undefined, BACKFILL_PAGE))) {
        await new Promise<void>((resolve) => context().platform.clock.after(10, resolve));
      }
      if (!retrying.has(id)) backoff.delete(id);
      context().background(heal(id));
    } catch (error) {
      again(id, error);
    }
  }

  function catchUp(id: string): Promise<void> {
    let catcher = catchers.get(id);
    if (catcher === undefined) {
      catcher = makeCoalesced(() => catchUpOnce(id));
      catchers.set(id, catcher);
    }
    return catcher.poke();
  }

  async function entry(event: EntryEvent): Promise<void> {
    const { store, groups } = context();
    const id = event.conversationId;
    const live = event.entry;
    if (live === undefined) return;
    const state = store.get(id);
    if (state === undefined) {
      await refreshAll();
      return;
    }
    const seq = Number(live.seq);
    try {
      await learnSenders([live]);
      await take(id, [live], seq, seq);
    } catch (error) {
      // The log has it: read from there as soon as its sender can be looked up, or the disk takes it.
      again(id, error);
      return;
    }
    await afterLive(id, live);
    const now = store.get(id);
    if (now !== undefined && newestGap(now.ranges, now.head.firstSeq, seq) !== undefined)
      context().background(catchUp(id));
    if (live.body.case === 'commit' || live.body.case === 'reset') await groups.follow(id, live);
    if (live.body.case === 'message') context().background(heal(id));
  }

  /** What a live entry says about the conversation besides its content. */
  async function afterLive(id: string, live: LogEntry): Promise<void> {
    switch (live.body.case) {
      case 'commit': {
        const epoch = Number(live.epoch) + 1;
        await context().store.change(id, (state) => ({
          state: { ...state, head: { ...state.head, generation: live.generation, epoch } },
        }));
        const { addedAccountIds, removedAccountIds } = live.body.value;
        if (addedAccountIds.length + removedAccountIds.length > 0)
          context().background(refresh(id));
        return;
      }
      case 'role':
      case 'left':
      case 'reset':
        context().background(refresh(id));
        return;
      default:
        return;
    }
  }

  async function refreshAll(): Promise<void> {
    const answer = await context().rpc.call(
      ConversationService.method.listConversations,
      {},
      { isIdempotent: true },
    );
    await heads(answer.conversations);
  }

  async function marker(id: string, value: Marker): Promise<void> {
    const me = context().account().accountId;
    if (value.accountId === me) return;
    const place = {
      purpose: 2,
      conversation: id,
      generation: value.generation,
      epoch: Number(value.epoch),
      account: value.accountId,
    } as const;
    const opened = await openEnvelope(context(), place, value.message);
    if (opened.kind !== 'content') return;
    const content = decodeContent(opened.content);
    if (content?.body.case !== 'readMark') return;
    const upTo = Number(content.body.value.upToSeq);
    await context().store.change(id, (state) => {
      if ((state.markers[value.accountId] ?? 0) >= upTo) return undefined;
      const markers = { ...state.markers, [value.accountId]: upTo };
      return { state: { ...state, markers }, topics: [`timeline/${id}`] };
    });
  }

  // ---- what could not be shown

  async function heal(id: string): Promise<void> {
    const { store, records } = context();
    const state = store.get(id);
    if (state === undefined) return;
    const sealed = await records.range(sealedPartition(id), {
      from: 0,
      to: Number.MAX_SAFE_INTEGER,
      limit: REOPEN_MAX,
      isReverse: true,
    });
    if (sealed.length === 0) {
      healing.get(id)?.cancel();
      healing.delete(id);
      return;
    }
    await askForKeys(id, state.missingKeys);
    await store.change(id, async (now) => {
      const rows: Row[] = [];
      for (const { order } of sealed) {
        const row = await store.row(id, order);
        if (row !== undefined) rows.push(row);
      }
      return reopen(context(), now, rows);
    });
    healLater(id);
  }

  /** Keys that are missing may still be put down by somebody: ask again, ever more seldom. */
  function healLater(id: string): void {
    const last = healing.get(id);
    last?.cancel();
    const isMissing = (context().store.get(id)?.missingKeys.length ?? 0) > 0;
    if (!isMissing || context().isStopped()) {
      healing.delete(id);
      return;
    }
    const waitMs = Math.min(HEAL_MAX_MS, (last?.waitMs ?? HEAL_MS / 2) * 2);
    const cancel = context().platform.clock.after(waitMs, () => context().background(heal(id)));
    healing.set(id, { waitMs, cancel });
  }

  async function askForKeys(id: string, missing: readonly string[]): Promise<void> {
    const oldest = new Map<number, number>();
    // What own devices derived comes through the vault, deposits from whoever turned the epoch.
    if (missing.length > 0) await context().vault.pull();
    for (const name of missing) {
      const [generation, epoch] = name.split('/').map(Number);
      if (generation === undefined || epoch === undefined) continue;
      const held = await context().keys.get(id, { generation, epoch });
      if (held !== undefined && !held.isFromDeposit) continue;
      oldest.set(generation, Math.min(epoch, oldest.get(generation) ?? epoch));
    }
    for (const [generation, epoch] of oldest)
      await context().keys.readDeposits(id, { generation, epoch });
  }

  async function fillBelow(id: string, seq: number): Promise<void> {
    await fill(id, seq, PAGE);
  }

  return { heads, refreshAll, entry, marker, refresh, settle, catchUp, fillBelow, heal };
}
