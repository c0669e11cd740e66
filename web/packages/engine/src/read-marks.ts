/**
 * What has been read: told to the account's other devices through the vault, and to the others of the
 * conversation by a marker. Both are safe on disk before anything is shown as read, and are told when the server
 * can be reached, by this engine or the next.
 */
import { sealMessage } from '@crypho/vault';
import {
  ContentSchema,
  ConversationService,
  MarkerSchema,
  ReadMarkSchema,
  create,
  toBinary,
} from '@crypho/wire';
import type { Context } from './context.ts';
import { isPassing, toFailure } from './failure.ts';
import { makeCoalesced } from './queue.ts';
import { retryDelay } from './rpc.ts';
import { vaultRecord } from './vault-sync.ts';

/** By conversation: up to where the others are still to be told. */
const UNTOLD = 'untold-reading';
const EPOCHS_MAX = 3;

export interface ReadMarks {
  /** Goes on with what was under way when the engine before this one ended. */
  open(): Promise<void>;
  mark(id: string, upToSeq: number): Promise<void>;
  /** Another own device has read up to here. */
  elsewhere(id: string, upToSeq: number): Promise<void>;
  /** Tells what waits to be told. */
  poke(): void;
}

interface Untold {
  readonly conversation: string;
  readonly upTo: number;
}

function isUntold(value: unknown): value is Untold {
  return (
    typeof value === 'object' &&
    value !== null &&
    'conversation' in value &&
    'upTo' in value &&
    typeof value.conversation === 'string' &&
    typeof value.upTo === 'number'
  );
}

export function makeReadMarks(context: () => Context): ReadMarks {
  const untold = new Map<string, number>();
  let attempt = 0;

  function place(id: string): { partition: string; name: string } {
    return { partition: UNTOLD, name: id };
  }

  async function isSilent(): Promise<boolean> {
    const settings = await context().vault.get('settings');
    return settings?.body.case === 'settings' && settings.body.value.sendsNoReadMarks;
  }

  async function open(): Promise<void> {
    const { records, store, vault } = context();
    for (const value of await records.all(UNTOLD)) {
      if (!isUntold(value)) continue;
      untold.set(value.conversation, value.upTo);
      await keep(value.conversation, value.upTo);
    }
    for (const id of store.ids()) {
      const record = await vault.get(`read/${id}`);
      if (record?.body.case === 'readMark') await elsewhere(id, Number(record.body.value.upToSeq));
    }
  }

  async function mark(id: string, upToSeq: number): Promise<void> {
    const state = context().store.get(id);
    if (state === undefined || upToSeq <= state.readSeq) return;
    const upTo = Math.min(upToSeq, state.head.lastSeq);
    if (!(await isSilent())) {
      const value: Untold = { conversation: id, upTo };
      await context().records.write([{ place: place(id), value }]);
      untold.set(id, upTo);
    }
    await keep(id, upTo);
    poke();
  }

  /** For the other devices first; only then is it shown here. */
  async function keep(id: string, upTo: number): Promise<void> {
    const { vault } = context();
    const before = await vault.get(`read/${id}`);
    const known = before?.body.case === 'readMark' ? Number(before.body.value.upToSeq) : 0;
    if (known < upTo) {
      const value = create(ReadMarkSchema, { upToSeq: BigInt(upTo) });
      await vault.put(vaultRecord(`read/${id}`, { case: 'readMark', value }));
    }
    await elsewhere(id, upTo);
  }

  async function elsewhere(id: string, upToSeq: number): Promise<void> {
    await context().store.change(id, (state) => {
      if (upToSeq <= state.readSeq) return undefined;
      const after = (list: readonly number[]): readonly number[] =>
        list.filter((seq) => seq > upToSeq);
      const { unread, mentions } = state;
      return {
        state: { ...state, readSeq: upToSeq, unread: after(unread), mentions: after(mentions) },
      };
    });
  }

  // ---- telling

  const teller = makeCoalesced(async () => {
    const results = await Promise.all([...untold].map(([id, upTo]) => tellOne(id, upTo)));
    const waits = results.filter((wait) => wait !== undefined);
    if (waits.length === 0) attempt = 0;
    else context().platform.clock.after(Math.max(...waits), () => poke());
  });

  /** How long to wait before trying again, where that can help. */
  async function tellOne(id: string, upTo: number): Promise<number | undefined> {
    try {
      const isGone = context().store.get(id)?.head.isCurrent !== true || (await isSilent());
      if (!isGone && !(await tell(id, upTo))) return undefined;
    } catch (error) {
      const failure = toFailure(error);
      if (isPassing(failure)) return retryDelay(failure, attempt++, context().platform.random);
      if (failure.code === 'unauthenticated') return undefined;
    }
    if (untold.get(id) !== upTo) return undefined;
    untold.delete(id);
    await context().records.write([{ place: place(id), isDeleted: true }]);
    return undefined;
  }

  /** False where there is no key to tell it under yet: it waits for the next occasion. */
  async function tell(id: string, upTo: number): Promise<boolean> {
    for (let epochs = 0; epochs < EPOCHS_MAX; epochs++) {
      const { account, groups, keys, platform, rpc } = context();
      const epoch = await groups.ready(id);
      const held = await keys.get(id, epoch);
      if (held === undefined || held.isFromDeposit) return false;
      const me = account();
      const header = {
        purpose: 2,
        conversation: id,
        generation: epoch.generation,
        epoch: BigInt(epoch.epoch),
        account: me.accountId,
        device: me.deviceId,
        clientId: platform.random(16),
      } as const;
      const content = create(ContentSchema, {
        sentAtMs: BigInt(Math.round(context().serverNow())),
        body: { case: 'readMark', value: { upToSeq: BigInt(upTo) } },
      });
      const plain = toBinary(ContentSchema, content);
      const message = await sealMessage(held.key, header, plain, me.signing, platform.random);
      const { generation } = epoch;
      const marker = create(MarkerSchema, {
        accountId: me.accountId,
        generation,
        epoch: header.epoch,
        message,
      });
      const { outcome } = await rpc.call(
        ConversationService.method.putMarker,
        { conversationId: id, marker },
        { isIdempotent: true },
      );
      if (outcome.case !== 'staleEpoch') return true;
      await context().sync.refresh(id);
    }
    return false;
  }

  function poke(): void {
    if (untold.size > 0 && !context().isStopped()) context().background(teller.poke());
  }

  return { open, mark, elsewhere, poke };
}
