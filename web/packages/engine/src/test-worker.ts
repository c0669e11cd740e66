/**
 * The worker's entry of test builds (`vite build --mode e2e`), never of the product's: besides being an
 * engine it answers, on a channel of its own, which keys this browser holds and whether they open something.
 */
import {
  OpenError,
  base64,
  decodeHeader,
  fromBase64,
  hex,
  openMessage,
  sealMessage,
  sha256,
} from '@crypho/vault';
import { ContentSchema, ConversationService, create, toBinary } from '@crypho/wire';
import type { WorkerOptions } from './browser-platform.ts';
import type { Session } from './session.ts';
import { runWorker } from './worker.ts';

const TEST_CHANNEL = 'crypho-test';

export interface TestKey {
  readonly conversation: string;
  readonly epoch: string;
  /** SHA-256 of the conversation key. */
  readonly digest: string;
  readonly isFromDeposit: boolean;
}

export function startTestWorker(options: WorkerOptions): void {
  const { owned } = runWorker(options);
  void owned.then((session) => {
    const channel = new BroadcastChannel(TEST_CHANNEL);
    channel.onmessage = (event: MessageEvent) => {
      const { id, ask, message, count } = Object(event.data);
      if (ask === undefined) return;
      void answerTo(session, String(ask), String(message), Number(count)).then((value) =>
        channel.postMessage({ id, value }),
      );
    };
  });
}

function answerTo(session: Session, ask: string, message: string, count: number): Promise<unknown> {
  switch (ask) {
    case 'test.decrypt':
      return decrypt(session, message);
    case 'test.held':
      return held(session, message);
    case 'test.fill':
      return fill(session, message, count);
    default:
      return keys(session);
  }
}

/** How many entries of a conversation's log this browser has. */
async function held(session: Session, conversation: string): Promise<number> {
  const ranges = session.runtime().context.store.get(conversation)?.ranges ?? [];
  return ranges.reduce((sum, [low, high]) => sum + high - low + 1, 0);
}

/** Sends many messages at once, past the outbox: a long history for measurements. */
async function fill(session: Session, conversation: string, count: number): Promise<number> {
  const { account, groups, keys: ring, platform, rpc } = session.runtime().context;
  const epoch = await groups.ready(conversation);
  const key = (await ring.get(conversation, epoch))?.key;
  if (key === undefined) return 0;
  const derived = key;
  const me = account();
  async function send(n: number): Promise<void> {
    const clientId = platform.random(16);
    const header = {
      purpose: 1,
      conversation,
      generation: epoch.generation,
      epoch: BigInt(epoch.epoch),
      account: me.accountId,
      device: me.deviceId,
      clientId,
    } as const;
    const text = `nr ${n}: ${'et par ord til '.repeat(1 + (n % 7))}`;
    const content = create(ContentSchema, { body: { case: 'text', value: { text } } });
    const plain = toBinary(ContentSchema, content);
    const message = await sealMessage(derived, header, plain, me.signing, platform.random);
    await rpc.call(
      ConversationService.method.send,
      {
        conversationId: conversation,
        clientId,
        generation: header.generation,
        epoch: header.epoch,
        message,
      },
      { isIdempotent: true },
    );
  }
  const AT_ONCE = 50;
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => send(from + i)),
    );
  return count;
}

/** Every conversation key in this account's vault. */
async function keys(session: Session): Promise<readonly TestKey[]> {
  const { vault } = session.runtime().context;
  const held: TestKey[] = [];
  for (const record of vault.all()) {
    const [kind, conversation = '', generation, epoch] = record.name.split('/');
    if (kind !== 'key' || record.body.case !== 'conversationKey') continue;
    const { key, isFromDeposit } = record.body.value;
    const digest = hex(await sha256(key));
    held.push({ conversation, epoch: `${generation}/${epoch}`, digest, isFromDeposit });
  }
  return held;
}

/** The content (base64) of a message under any key held, of whatever epoch; null where none opens it. */
async function decrypt(session: Session, encoded: string): Promise<string | null> {
  const message = fromBase64(encoded);
  const header = decodeHeader(message);
  if (header === undefined) return null;
  for (const record of session.runtime().context.vault.all()) {
    if (record.body.case !== 'conversationKey') continue;
    try {
      const content = await openMessage(record.body.value.key, header, message);
      if (content !== undefined) return base64(content);
    } catch (error) {
      if (!(error instanceof OpenError)) throw error;
    }
  }
  return null;
}

/** Test builds resolve `@crypho/engine/worker` to this file. */
export { startTestWorker as startWorker };
