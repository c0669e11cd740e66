/** Who is typing: signals that nobody stores, forgotten by themselves. */
import { ContentSchema, SignalSchema, create, toBinary } from '@crypho/wire';
import type { Signal } from '@crypho/wire';
import { sealMessage } from '@crypho/vault';
import type { Person } from './api.ts';
import type { Context } from './context.ts';
import { decodeContent, openEnvelope } from './ingest.ts';

const FORGET_MS = 6_000;
const REPEAT_MS = 3_000;

export interface Typists {
  of(id: string): readonly Person[];
  heard(signal: Signal): Promise<void>;
  say(id: string, isTyping: boolean): Promise<void>;
  /** Somebody's message came: they are done typing. */
  done(id: string, account: string): void;
}

export function makeTypists(context: () => Context): Typists {
  /** conversation → account → cancels forgetting. */
  const typing = new Map<string, Map<string, () => void>>();
  const said = new Map<string, number>();

  function set(id: string, account: string, isTyping: boolean): void {
    const of = typing.get(id) ?? new Map<string, () => void>();
    const had = of.has(account);
    of.get(account)?.();
    of.delete(account);
    if (isTyping)
      of.set(
        account,
        context().platform.clock.after(FORGET_MS, () => set(id, account, false)),
      );
    typing.set(id, of);
    if (had !== isTyping) context().topics.changed(`typing/${id}`, 'conversations');
  }

  async function heard(signal: Signal): Promise<void> {
    const place = {
      purpose: 3,
      conversation: signal.conversationId,
      generation: signal.generation,
      epoch: Number(signal.epoch),
      account: signal.senderAccountId,
      device: signal.senderDeviceId,
    } as const;
    if (signal.senderAccountId === context().account().accountId) return;
    const opened = await openEnvelope(context(), place, signal.message);
    if (opened.kind !== 'content') return;
    const content = decodeContent(opened.content);
    if (content?.body.case === 'typing')
      set(signal.conversationId, signal.senderAccountId, content.body.value.isTyping);
  }

  async function say(id: string, isTyping: boolean): Promise<void> {
    const { account, keys, platform, socket, store } = context();
    const at = store.get(id)?.mls;
    if (at === undefined || at === null) return;
    const now = platform.clock.now();
    const last = said.get(id) ?? Number.NEGATIVE_INFINITY;
    if (isTyping && now - last >= 0 && now - last < REPEAT_MS) return;
    if (isTyping) said.set(id, now);
    else said.delete(id);
    const held = await keys.get(id, at);
    if (held === undefined || held.isFromDeposit) return;
    const me = account();
    const header = {
      purpose: 3,
      conversation: id,
      generation: at.generation,
      epoch: BigInt(at.epoch),
      account: me.accountId,
      device: me.deviceId,
      clientId: platform.random(16),
    } as const;
    const content = create(ContentSchema, {
      sentAtMs: BigInt(Math.round(context().serverNow())),
      body: { case: 'typing', value: { isTyping } },
    });
    const plain = toBinary(ContentSchema, content);
    const message = await sealMessage(held.key, header, plain, me.signing, platform.random);
    const { generation } = at;
    const value = create(SignalSchema, {
      conversationId: id,
      generation,
      epoch: header.epoch,
      message,
    });
    socket.send({ case: 'signal', value });
  }

  return {
    of: (id) =>
      [...(typing.get(id)?.keys() ?? [])].map((account) => context().directory.person(account)),
    heard,
    say,
    done: (id, account) => set(id, account, false),
  };
}
