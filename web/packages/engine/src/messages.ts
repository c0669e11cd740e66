/** Commands about messages: each makes a Content and hands it to the outbox. */
import { base64, fromHex } from '@crypho/vault';
import {
  ContentSchema,
  DraftSchema,
  MessageRefSchema,
  TextSchema,
  create,
  toBinary,
} from '@crypho/wire';
import type { Content, Draft as WireDraft, MessageInitShape, MessageRef } from '@crypho/wire';
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
  draft(id: string, draft: Draft | null): Promise<void>;
}

function isEmptyDraft({ text, replyTo, edits }: WireDraft): boolean {
  return text === '' && replyTo === undefined && edits === undefined;
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

  async function keepDraft(id: string, draft: Draft | null): Promise<void> {
    const isEmpty = draft === null;
    const before = await context().vault.get(`draft/${id}`);
    const wasEmpty = before?.body.case !== 'draft' || isEmptyDraft(before.body.value);
    if (isEmpty && wasEmpty) return;
    const value = create(DraftSchema, {
      text: draft?.text ?? '',
      ...(draft?.replyTo === undefined ? {} : { replyTo: ref(draft.replyTo) }),
      ...(draft?.edits === undefined ? {} : { edits: ref(draft.edits) }),
    });
    // On this disk at once, for the tab may go at any moment. Other devices hear of a sent message's draft at
    // once, and of words in the making after a pause.
    const record = vaultRecord(`draft/${id}`, { case: 'draft', value });
    await context().vault.put(record, isEmpty ? 0 : DRAFT_WAIT_MS);
    context().topics.changed(`draft/${id}`, 'conversations');
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
    draft: keepDraft,
  };
}
