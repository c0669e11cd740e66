/** Commands about messages: each makes a Content and hands it to the outbox. */
import { base64, fromHex, sealMessage } from '@crypho/vault';
import {
  ContentSchema,
  ConversationService,
  DraftSchema,
  MarkerSchema,
  MessageRefSchema,
  ReadMarkSchema,
  TextSchema,
  create,
  toBinary,
} from '@crypho/wire';
import type { Content, MessageInitShape, MessageRef } from '@crypho/wire';
import type { Draft, MessageKey } from './api.ts';
import type { Context } from './context.ts';
import { EngineFailure, fail } from './failure.ts';
import { messageKey, parseMessageKey } from './state.ts';
import { vaultRecord } from './vault-sync.ts';

const TEXT_MAX = 20_000;
const DRAFT_WAIT_MS = 1_500;

export interface ReactionChange {
  readonly target: MessageKey;
  readonly emoji: string;
  readonly isRemoved: boolean;
}

export interface GroupSettingsChange {
  readonly name: string;
  readonly sharesHistory: boolean;
}

/** `clientId`: 32 hex digits; the same one again is the same message again, and is sent once. */
export interface Messages {
  send(
    id: string,
    text: string,
    more: { replyTo?: MessageKey; mentions?: readonly string[]; clientId: string },
  ): Promise<MessageKey>;
  edit(
    id: string,
    target: MessageKey,
    text: string,
    clientId: string,
  ): Promise<'queued' | 'not-allowed'>;
  delete(id: string, target: MessageKey, clientId: string): Promise<'queued' | 'not-allowed'>;
  react(id: string, reaction: ReactionChange, clientId: string): Promise<void>;
  settings(id: string, settings: GroupSettingsChange, clientId: string): Promise<void>;
  markRead(id: string, upToSeq: number): Promise<void>;
  /** Another own device has read up to here. */
  readElsewhere(id: string, upToSeq: number): Promise<void>;
  draft(id: string, draft: Draft | null): Promise<void>;
}

function ref(key: MessageKey): MessageRef {
  const parsed = parseMessageKey(key);
  if (parsed === undefined) throw new EngineFailure({ code: 'invalid', field: 'target' });
  return create(MessageRefSchema, {
    accountId: parsed.account,
    clientId: fromHex(parsed.clientId),
  });
}

export function makeMessages(context: () => Context): Messages {
  const draftTimers = new Map<string, () => void>();

  async function queue(
    id: string,
    body: MessageInitShape<typeof ContentSchema>['body'],
    clientId: string,
    erases?: MessageKey,
  ): Promise<void> {
    if (context().store.get(id) === undefined) throw fail('not-found');
    const sentAtMs = BigInt(Math.round(context().serverNow()));
    const content: Content = create(ContentSchema, {
      sentAtMs,
      ...(body === undefined ? {} : { body }),
    });
    await context().outbox.add({
      conversation: id,
      clientId,
      content: base64(toBinary(ContentSchema, content)),
      ...(erases === undefined ? {} : { erases }),
    });
  }

  function checkText(text: string): void {
    if (text.trim() === '') throw new EngineFailure({ code: 'invalid', field: 'text' });
    if (text.length > TEXT_MAX) throw new EngineFailure({ code: 'too-large', field: 'text' });
  }

  async function send(
    id: string,
    text: string,
    more: { replyTo?: MessageKey; mentions?: readonly string[]; clientId: string },
  ): Promise<MessageKey> {
    checkText(text);
    const value = create(TextSchema, {
      text,
      mentionedAccountIds: [...(more.mentions ?? [])],
      ...(more.replyTo === undefined ? {} : { replyTo: ref(more.replyTo) }),
    });
    await queue(id, { case: 'text', value }, more.clientId);
    return messageKey(context().account().accountId, more.clientId);
  }

  function isMine(target: MessageKey): boolean {
    return parseMessageKey(target)?.account === context().account().accountId;
  }

  async function edit(
    id: string,
    target: MessageKey,
    text: string,
    clientId: string,
  ): Promise<'queued' | 'not-allowed'> {
    checkText(text);
    if (!isMine(target)) return 'not-allowed';
    const value = { target: ref(target), text: create(TextSchema, { text }) };
    await queue(id, { case: 'edit', value }, clientId);
    return 'queued';
  }

  async function remove(
    id: string,
    target: MessageKey,
    clientId: string,
  ): Promise<'queued' | 'not-allowed'> {
    const state = context().store.get(id);
    if (state === undefined) throw fail('not-found');
    const isAdmin = state.kind === 'group' && state.head.role !== 'member';
    if (!isMine(target) && !isAdmin) return 'not-allowed';
    const parsed = parseMessageKey(target);
    const waiting = context()
      .outbox.items(id)
      .find((item) => item.clientId === parsed?.clientId && item.fate.kind === 'failed');
    if (isMine(target) && waiting !== undefined) {
      await context().outbox.discard(id, waiting.clientId);
      return 'queued';
    }
    const body = { case: 'delete', value: { target: ref(target) } } as const;
    await queue(id, body, clientId, target);
    return 'queued';
  }

  async function markRead(id: string, upToSeq: number): Promise<void> {
    const state = context().store.get(id);
    if (state === undefined || upToSeq <= state.readSeq) return;
    const upTo = Math.min(upToSeq, state.head.lastSeq);
    await readElsewhere(id, upTo);
    const value = create(ReadMarkSchema, { upToSeq: BigInt(upTo) });
    await context().vault.put(vaultRecord(`read/${id}`, { case: 'readMark', value }));
    const settings = await context().vault.get('settings');
    const isSilent = settings?.body.case === 'settings' && settings.body.value.sendsNoReadMarks;
    if (!isSilent) context().background(tellRead(id, upTo));
  }

  async function readElsewhere(id: string, upToSeq: number): Promise<void> {
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

  async function tellRead(id: string, upTo: number): Promise<void> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const { account, groups, keys, platform, rpc } = context();
      const epoch = await groups.ready(id);
      const held = await keys.get(id, epoch);
      if (held === undefined || held.isFromDeposit) return;
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
      if (outcome.case !== 'staleEpoch') return;
      await context().sync.refresh(id);
    }
  }

  async function keepDraft(id: string, draft: Draft | null): Promise<void> {
    draftTimers.get(id)?.();
    const value = create(DraftSchema, {
      text: draft?.text ?? '',
      ...(draft?.replyTo === undefined ? {} : { replyTo: ref(draft.replyTo) }),
      ...(draft?.edits === undefined ? {} : { edits: ref(draft.edits) }),
    });
    const write = async (): Promise<void> => {
      draftTimers.delete(id);
      const before = await context().vault.get(`draft/${id}`);
      if (before === undefined && value.text === '' && draft === null) return;
      await context().vault.put(vaultRecord(`draft/${id}`, { case: 'draft', value }));
      context().topics.changed(`draft/${id}`, 'conversations');
    };
    // A sent message's draft goes at once; words in the making wait for a pause.
    if (draft === null) return write();
    draftTimers.set(
      id,
      context().platform.clock.after(DRAFT_WAIT_MS, () => context().background(write())),
    );
  }

  return {
    send,
    edit,
    delete: remove,
    react: async (id, { target, emoji, isRemoved }, clientId) => {
      const value = { target: ref(target), emoji, isRemoved };
      await queue(id, { case: 'reaction', value }, clientId);
    },
    settings: async (id, { name, sharesHistory }, clientId) => {
      await queue(id, { case: 'groupSettings', value: { name, sharesHistory } }, clientId);
    },
    markRead,
    readElsewhere,
    draft: keepDraft,
  };
}
