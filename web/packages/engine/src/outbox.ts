/**
 * What waits to be sent: safe on disk before `queued` is answered, in order within a conversation, under
 * an id that never changes, encrypted anew whenever the epoch turned.
 */
import { fromBase64, fromHex, hex, sealMessage } from '@crypho/vault';
import type { Bytes } from '@crypho/vault';
import { ConversationService, create, LogEntrySchema } from '@crypho/wire';
import type { LogEntry, SendResponse } from '@crypho/wire';
import type { FailureCode } from './api.ts';
import type { Context } from './context.ts';
import { isPassing, toFailure } from './failure.ts';
import { makeCoalesced, makeSerial } from './queue.ts';
import type { Coalesced } from './queue.ts';
import { retryDelay } from './rpc.ts';
import { holds, messageKey } from './state.ts';
import { idPartition } from './store.ts';

const PARTITION = 'outbox';
const REFUSALS_MAX = 12;

export interface OutboxItem {
  readonly order: number;
  readonly conversation: string;
  readonly clientId: string;
  /** base64 of a Content protobuf. */
  readonly content: string;
  readonly queuedAtMs: number;
  /** The entry that it takes back, by message key. */
  readonly erases?: string;
  readonly fate:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'failed'; readonly code: FailureCode }
    /** Stored by the server; stays until its entry has arrived. */
    | { readonly kind: 'sent'; readonly seq: number; readonly timeMs: number };
}

export interface Outbox {
  open(): Promise<void>;
  add(item: Pick<OutboxItem, 'conversation' | 'clientId' | 'content' | 'erases'>): Promise<void>;
  items(conversation: string): readonly OutboxItem[];
  waiting(): number;
  retry(conversation: string, clientId: string): Promise<void>;
  discard(conversation: string, clientId: string): Promise<void>;
  /** Entries of the log: those of ours are no longer waiting. */
  arrived(conversation: string, entries: readonly LogEntry[]): Promise<void>;
  /** Sends what waits, in all conversations. */
  poke(): void;
  dropConversation(conversation: string): Promise<void>;
}

type Step = 'next' | 'again' | { readonly waitMs: number };

function isItem(value: unknown): value is OutboxItem {
  return typeof value === 'object' && value !== null && 'clientId' in value && 'fate' in value;
}

export function makeOutbox(context: () => Context): Outbox {
  const items = new Map<number, OutboxItem>();
  const pumps = new Map<string, Coalesced>();
  const attempts = new Map<string, number>();
  const serial = makeSerial();
  let nextOrder = 1;

  function place(order: number): { partition: string; order: number } {
    return { partition: PARTITION, order };
  }

  function of(conversation: string): OutboxItem[] {
    return [...items.values()]
      .filter((item) => item.conversation === conversation)
      .toSorted((a, b) => a.order - b.order);
  }

  function tell(conversation: string): void {
    const { topics } = context();
    topics.changed(`timeline/${conversation}`, 'conversations', 'connection');
  }

  /** One change at a time: an entry may arrive while what became of it is being written. */
  async function keep(item: OutboxItem): Promise<void> {
    await serial.run(async () => {
      await context().records.write([{ place: place(item.order), value: item }]);
      items.set(item.order, item);
    });
    tell(item.conversation);
  }

  /** As `keep`, for an item that may be gone by now. */
  async function update(item: OutboxItem): Promise<void> {
    await serial.run(async () => {
      if (!items.has(item.order)) return;
      await context().records.write([{ place: place(item.order), value: item }]);
      items.set(item.order, item);
    });
    tell(item.conversation);
  }

  async function drop(item: OutboxItem): Promise<void> {
    await serial.run(async () => {
      await context().records.write([{ place: place(item.order), isDeleted: true }]);
      items.delete(item.order);
    });
    tell(item.conversation);
  }

  async function open(): Promise<void> {
    for (const value of await context().records.all(PARTITION)) {
      if (!isItem(value)) continue;
      items.set(value.order, value);
      nextOrder = Math.max(nextOrder, value.order + 1);
    }
    // The worker ended between writing the entry and taking this away.
    for (const item of items.values()) {
      const { fate, conversation } = item;
      const held = context().store.get(conversation)?.ranges ?? [];
      if (fate.kind === 'sent' && holds(held, fate.seq)) await drop(item);
    }
  }

  /** Whether it waits here or has even arrived: asked for again of an engine that took over. */
  async function isKnown(item: Pick<OutboxItem, 'conversation' | 'clientId'>): Promise<boolean> {
    if (find(item.conversation, item.clientId) !== undefined) return true;
    const { account, records } = context();
    const name = messageKey(account().accountId, item.clientId);
    const seq = await records.get({ partition: idPartition(item.conversation), name });
    return seq !== undefined;
  }

  async function add(
    item: Pick<OutboxItem, 'conversation' | 'clientId' | 'content' | 'erases'>,
  ): Promise<void> {
    // Taken before anything is waited for: what is asked first is sent first.
    const order = nextOrder++;
    if (await isKnown(item)) return;
    const queuedAtMs = Math.round(context().serverNow());
    await keep({ ...item, order, queuedAtMs, fate: { kind: 'waiting' } });
    void pump(item.conversation).poke();
  }

  function find(conversation: string, clientId: string): OutboxItem | undefined {
    return of(conversation).find((item) => item.clientId === clientId);
  }

  // ---- sending

  function pump(conversation: string): Coalesced {
    let found = pumps.get(conversation);
    if (found === undefined) {
      found = makeCoalesced(() => run(conversation));
      pumps.set(conversation, found);
    }
    return found;
  }

  async function run(conversation: string): Promise<void> {
    let refusals = 0;
    while (!context().isStopped()) {
      const item = of(conversation).find((each) => each.fate.kind !== 'sent');
      // A failed message holds up those after it: their order is part of what they say.
      if (item === undefined || item.fate.kind === 'failed') return;
      const step = await attempt(item);
      if (step === 'next') {
        attempts.delete(conversation);
        refusals = 0;
        continue;
      }
      if (step === 'again' && ++refusals < REFUSALS_MAX) continue;
      const waitMs = step === 'again' ? 5_000 : step.waitMs;
      context().platform.clock.after(waitMs, () => void pump(conversation).poke());
      return;
    }
  }

  async function attempt(item: OutboxItem): Promise<Step> {
    try {
      return await sendOne(item);
    } catch (error) {
      const failure = toFailure(error);
      context().platform.defect(error);
      if (isPassing(failure)) {
        const count = attempts.get(item.conversation) ?? 0;
        attempts.set(item.conversation, count + 1);
        return { waitMs: retryDelay(failure, count, context().platform.random) };
      }
      if (failure.code === 'unauthenticated') return { waitMs: 60_000 };
      await update({ ...item, fate: { kind: 'failed', code: failure.code } });
      return 'next';
    }
  }

  async function erasesSeq(item: OutboxItem): Promise<bigint> {
    if (item.erases === undefined) return 0n;
    const { records } = context();
    const name = item.erases;
    const seq = await records.get({ partition: idPartition(item.conversation), name });
    return typeof seq === 'number' ? BigInt(seq) : 0n;
  }

  async function seal(
    item: OutboxItem,
    epoch: { readonly generation: number; readonly epoch: number },
  ): Promise<Bytes> {
    const { keys, account, platform } = context();
    const held = await keys.get(item.conversation, epoch);
    if (held === undefined || held.isFromDeposit) throw new Error('no derived key to send under');
    const me = account();
    const header = {
      purpose: 1,
      conversation: item.conversation,
      generation: epoch.generation,
      epoch: BigInt(epoch.epoch),
      account: me.accountId,
      device: me.deviceId,
      clientId: fromHex(item.clientId),
    } as const;
    return sealMessage(held.key, header, fromBase64(item.content), me.signing, platform.random);
  }

  async function sendOne(item: OutboxItem): Promise<Step> {
    const { groups, rpc, store } = context();
    await groups.ready(item.conversation);
    await groups.turnIfDue(item.conversation);
    const epoch = await groups.ready(item.conversation);
    const state = store.get(item.conversation);
    if (state?.head.hasPendingRemovals === true) await groups.removePending(item.conversation);
    if (state?.head.isDeposited === false) await groups.completeDeposits(item.conversation, true);
    const message = await seal(item, epoch);
    const answer = await rpc.call(
      ConversationService.method.send,
      {
        conversationId: item.conversation,
        clientId: fromHex(item.clientId),
        generation: epoch.generation,
        epoch: BigInt(epoch.epoch),
        message,
        erasesSeq: await erasesSeq(item),
      },
      { isIdempotent: true },
    );
    return settle(item, answer, message, epoch);
  }

  async function settle(
    item: OutboxItem,
    answer: SendResponse,
    message: Bytes,
    epoch: { readonly generation: number; readonly epoch: number },
  ): Promise<Step> {
    const { groups, store, sync, socket, isOnline } = context();
    const { outcome } = answer;
    switch (outcome.case) {
      case 'accepted': {
        const { seq, timeMs } = outcome.value;
        const fate = { kind: 'sent', seq: Number(seq), timeMs: Number(timeMs) } as const;
        await update({ ...item, fate });
        await takeOwn(item, message, epoch, seq, timeMs);
        // The server is there: what others say is wanted too, not only when the wait for it is over.
        if (!isOnline()) socket.wake();
        return 'next';
      }
      case 'staleEpoch': {
        const { generation, epoch: number } = outcome.value;
        await store.change(item.conversation, (state) => ({
          state: { ...state, head: { ...state.head, generation, epoch: Number(number) } },
        }));
        await groups.follow(item.conversation);
        return 'again';
      }
      case 'removalsPending':
        await groups.removePending(item.conversation);
        return 'again';
      case 'depositIncomplete':
        await groups.completeDeposits(item.conversation, true);
        return 'again';
      case 'notAMember':
        await sync.refresh(item.conversation);
        await update({ ...item, fate: { kind: 'failed', code: 'forbidden' } });
        return 'next';
      case 'eraseNotAllowed':
        await update({ ...item, fate: { kind: 'failed', code: 'forbidden' } });
        return 'next';
      case undefined:
        await update({ ...item, fate: { kind: 'failed', code: 'untrusted-server' } });
        return 'next';
    }
  }

  /** Our own entry, without waiting for it to come back. */
  async function takeOwn(
    item: OutboxItem,
    message: Bytes,
    epoch: { readonly generation: number; readonly epoch: number },
    seq: bigint,
    timeMs: bigint,
  ): Promise<void> {
    const me = context().account();
    const entry = create(LogEntrySchema, {
      seq,
      timeMs,
      senderAccountId: me.accountId,
      senderDeviceId: me.deviceId,
      clientId: fromHex(item.clientId),
      generation: epoch.generation,
      epoch: BigInt(epoch.epoch),
      body: { case: 'message', value: message },
    });
    await context().sync.entry({
      $typeName: 'crypho.v1.EntryEvent',
      conversationId: item.conversation,
      entry,
    });
  }

  return {
    open,
    add,
    items: of,
    waiting: () => [...items.values()].filter((item) => item.fate.kind === 'waiting').length,
    retry: async (conversation, clientId) => {
      const item = find(conversation, clientId);
      if (item === undefined || item.fate.kind === 'sent') return;
      await update({ ...item, fate: { kind: 'waiting' } });
      attempts.delete(conversation);
      void pump(conversation).poke();
    },
    discard: async (conversation, clientId) => {
      const item = find(conversation, clientId);
      if (item === undefined || item.fate.kind === 'sent') return;
      await drop(item);
      void pump(conversation).poke();
    },
    arrived: async (conversation, entries) => {
      const me = context().account().accountId;
      const mine = new Set(
        entries
          .filter((entry) => entry.senderAccountId === me)
          .map((entry) => messageKey(me, hex(entry.clientId))),
      );
      for (const item of of(conversation))
        if (mine.has(messageKey(me, item.clientId))) await drop(item);
    },
    poke: () => {
      attempts.clear();
      for (const { conversation } of items.values()) void pump(conversation).poke();
    },
    dropConversation: async (conversation) => {
      for (const item of of(conversation)) await drop(item);
    },
  };
}
