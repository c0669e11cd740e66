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
  sha256,
} from '@crypho/vault';
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
      const { id, ask, message } = Object(event.data);
      const answer = ask === 'test.decrypt' ? decrypt(session, String(message)) : keys(session);
      void answer.then((value) => channel.postMessage({ id, value }));
    };
  });
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
