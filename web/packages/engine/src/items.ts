/** Rows and what waits, as the page shows them. */
import { hex, fromBase64 } from '@crypho/vault';
import { ContentSchema, fromBinary } from '@crypho/wire';
import type { Text } from '@crypho/wire';
import type {
  Delivery,
  MessageBody,
  MessageItem,
  MessageKey,
  Person,
  Preview,
  Reaction,
  TimelineEvent,
  TimelineItem,
} from './api.ts';
import type { Context } from './context.ts';
import { decodeContent } from './ingest.ts';
import type { OutboxItem } from './outbox.ts';
import { NO_OVERLAY, messageKey } from './state.ts';
import type { ConversationState, Note, Overlay, Row } from './state.ts';
import { idPartition } from './store.ts';

const EXCERPT_MAX = 140;

export function sortKeyOf(seq: number): string {
  return `a${String(seq).padStart(16, '0')}`;
}

function waitingSortKey(order: number): string {
  return `b${String(order).padStart(16, '0')}`;
}

function overlayFor(context: Context, id: string, key: MessageKey): Promise<Overlay> {
  return context.store.overlay(id, key);
}

function people(context: Context, accounts: readonly string[]): readonly Person[] {
  return accounts.map((account) => context.directory.person(account));
}

function textBody(context: Context, text: Text): MessageBody {
  const mentions = people(context, text.mentionedAccountIds);
  return { kind: 'text', text: text.text, mentions };
}

function editedText(overlay: Overlay): Text | undefined {
  if (overlay.edit === undefined) return undefined;
  const content = decodeContent(overlay.edit.content);
  return content?.body.case === 'edit' ? content.body.value.text : undefined;
}

function reactionsOf(context: Context, overlay: Overlay): readonly Reaction[] {
  const me = context.account().accountId;
  const all: Reaction[] = [];
  for (const [emoji, by] of Object.entries(overlay.reactions)) {
    const accounts = Object.keys(by).filter((account) => by[account]?.isOn === true);
    if (accounts.length === 0) continue;
    all.push({ emoji, by: people(context, accounts), isMine: accounts.includes(me) });
  }
  return all;
}

function deliveryOf(context: Context, state: ConversationState, row: Row): Delivery {
  const me = context.account().accountId;
  if (row.account !== me) return { kind: 'received' };
  const others = state.members.filter((member) => member.isCurrent && member.account !== me);
  const by = others.filter((member) => (state.markers[member.account] ?? 0) >= row.seq).length;
  return by > 0 ? { kind: 'read', by, of: others.length } : { kind: 'sent' };
}

async function replyOf(
  context: Context,
  id: string,
  text: Text | undefined,
): Promise<MessageItem['replyTo'] | undefined> {
  const target = text?.replyTo;
  if (target === undefined) return undefined;
  const key = messageKey(target.accountId, hex(target.clientId));
  const sender = context.directory.person(target.accountId);
  const seq = await context.records.get({ partition: idPartition(id), name: key });
  const row = typeof seq === 'number' ? await context.store.row(id, seq) : undefined;
  const overlay = await overlayFor(context, id, key);
  const isDeleted = overlay.deletedSeq !== undefined || row?.body.kind === 'erased';
  return { key, sender, excerpt: isDeleted ? '' : excerptOf(row, overlay), isDeleted };
}

function excerptOf(row: Row | undefined, overlay: Overlay): string {
  if (row?.body.kind !== 'content') return '';
  const content = decodeContent(row.body.content);
  const own = content?.body.case === 'text' ? content.body.value.text : '';
  return (editedText(overlay)?.text ?? own).slice(0, EXCERPT_MAX);
}

/** Whether `itemOf` has anything to show for a row: without asking the disk. */
export function isShown(context: Context, state: ConversationState, row: Row): boolean {
  switch (row.body.kind) {
    case 'content': {
      const content = decodeContent(row.body.content);
      switch (content?.body.case) {
        case 'groupSettings':
          return settingsItem(context, state, row) !== undefined;
        case 'text':
        case undefined:
          return true;
        default:
          return false;
      }
    }
    case 'sealed':
      return true;
    case 'erased':
      return row.clientId !== '';
    default:
      return eventOf(context, row) !== undefined;
  }
}

/** Undefined for rows that are not shown by themselves: edits, reactions, epoch turns. */
export async function itemOf(
  context: Context,
  state: ConversationState,
  row: Row,
): Promise<TimelineItem | undefined> {
  switch (row.body.kind) {
    case 'content':
      return contentItem(context, state, row);
    case 'sealed': {
      const { reason } = row.body;
      const isBeingRepaired = reason !== 'signature' && reason !== 'content';
      return message(context, state, row, { kind: 'unreadable', reason, isBeingRepaired });
    }
    case 'erased':
      return row.clientId === '' ? undefined : message(context, state, row, { kind: 'deleted' });
    default: {
      const event = eventOf(context, row);
      return event === undefined ? undefined : eventItem(row, event);
    }
  }
}

function eventItem(row: Row, event: TimelineEvent): TimelineItem {
  const { seq, timeMs } = row;
  return { kind: 'event', key: `event/${seq}`, sortKey: sortKeyOf(seq), seq, timeMs, event };
}

/** What this device found out by itself, between the rows. */
export function noteItem(context: Context, note: Note): TimelineItem {
  const { account, afterSeq, timeMs } = note;
  return {
    kind: 'event',
    key: `identity/${account}/${timeMs}`,
    sortKey: `${sortKeyOf(afterSeq)}/${account}`,
    seq: afterSeq,
    timeMs,
    event: { kind: 'identity-changed', person: context.directory.person(account) },
  };
}

async function contentItem(
  context: Context,
  state: ConversationState,
  row: Row,
): Promise<TimelineItem | undefined> {
  if (row.body.kind !== 'content') return undefined;
  const content = decodeContent(row.body.content);
  if (content === undefined) {
    const body = { kind: 'unreadable', reason: 'content', isBeingRepaired: false } as const;
    return message(context, state, row, body);
  }
  switch (content.body.case) {
    case 'text': {
      const key = messageKey(row.account, row.clientId);
      const overlay = await overlayFor(context, state.id, key);
      if (overlay.deletedSeq !== undefined)
        return message(context, state, row, { kind: 'deleted' });
      const edited = editedText(overlay);
      const text = edited ?? content.body.value;
      const item = await message(context, state, row, textBody(context, text), overlay);
      const replyTo = await replyOf(context, state.id, content.body.value);
      const me = context.account().accountId;
      const mentionsSelf = text.mentionedAccountIds.includes(me);
      const isEdited = edited !== undefined;
      return { ...item, isEdited, mentionsSelf, ...(replyTo === undefined ? {} : { replyTo }) };
    }
    case 'groupSettings':
      return settingsItem(context, state, row);
    case undefined:
      return message(context, state, row, { kind: 'newer-version' });
    default:
      return undefined;
  }
}

/** Settings are sent again after adds; only what they changed is told. */
function settingsItem(
  context: Context,
  state: ConversationState,
  row: Row,
): TimelineItem | undefined {
  const index = state.settings.findIndex((each) => each.seq === row.seq);
  const now = state.settings[index];
  const before = state.settings[index - 1];
  if (now === undefined || before === undefined) return undefined;
  const by = context.directory.person(row.account);
  if (now.name !== before.name) return eventItem(row, { kind: 'renamed', by, name: now.name });
  const { sharesHistory } = now;
  if (sharesHistory === before.sharesHistory) return undefined;
  return eventItem(row, { kind: 'history-policy', by, sharesHistory });
}

async function message(
  context: Context,
  state: ConversationState,
  row: Row,
  body: MessageBody,
  overlay: Overlay = NO_OVERLAY,
): Promise<MessageItem> {
  return {
    kind: 'message',
    key: messageKey(row.account, row.clientId),
    sortKey: sortKeyOf(row.seq),
    seq: row.seq,
    sender: context.directory.person(row.account),
    timeMs: row.timeMs,
    body,
    reactions: reactionsOf(context, overlay),
    isEdited: false,
    delivery: deliveryOf(context, state, row),
    mentionsSelf: false,
  };
}

function eventOf(context: Context, row: Row): TimelineEvent | undefined {
  const by = context.directory.person(row.account);
  switch (row.body.kind) {
    case 'commit': {
      const { added, removed } = row.body;
      if (added.length > 0) return { kind: 'added', by, people: people(context, added) };
      if (removed.length > 0) return { kind: 'removed', by, people: people(context, removed) };
      return undefined;
    }
    case 'role': {
      const person = context.directory.person(row.body.account);
      return { kind: 'role', by, person, role: row.body.role };
    }
    case 'left':
      return { kind: 'left', person: by };
    case 'reset':
      return { kind: 'keys-reset' };
    default:
      return undefined;
  }
}

/** A message of ours that the log does not show yet. */
export async function waitingItem(
  context: Context,
  state: ConversationState,
  item: OutboxItem,
): Promise<MessageItem | undefined> {
  const content = fromBinary(ContentSchema, fromBase64(item.content));
  if (content.body.case !== 'text') return undefined;
  const me = context.account().accountId;
  const text = content.body.value;
  const replyTo = await replyOf(context, state.id, text);
  const isSent = item.fate.kind === 'sent';
  const isFirst = context.outbox.items(state.id).find((each) => each.fate.kind !== 'sent') === item;
  const delivery: Delivery =
    item.fate.kind === 'waiting'
      ? { kind: isFirst && context.isOnline() ? 'sending' : 'waiting' }
      : item.fate.kind === 'failed'
        ? { kind: 'failed', code: item.fate.code }
        : { kind: 'sent' };
  return {
    kind: 'message',
    key: messageKey(me, item.clientId),
    sortKey: isSent ? sortKeyOf(item.fate.seq) : waitingSortKey(item.order),
    seq: isSent ? item.fate.seq : 0,
    sender: context.directory.person(me),
    timeMs: isSent ? item.fate.timeMs : item.queuedAtMs,
    body: textBody(context, text),
    reactions: [],
    isEdited: false,
    delivery,
    mentionsSelf: false,
    ...(replyTo === undefined ? {} : { replyTo }),
  };
}

export async function previewOf(context: Context, state: ConversationState): Promise<Preview> {
  const waiting = context.outbox.items(state.id).at(-1);
  if (waiting !== undefined) {
    const item = await waitingItem(context, state, waiting);
    if (item?.body.kind === 'text')
      return { kind: 'text', sender: item.sender, text: item.body.text };
  }
  const row =
    state.previewSeq > 0 ? await context.store.row(state.id, state.previewSeq) : undefined;
  const item = row === undefined ? undefined : await itemOf(context, state, row);
  if (item === undefined) return { kind: 'none' };
  if (item.kind === 'event') return { kind: 'event', event: item.event };
  switch (item.body.kind) {
    case 'text':
      return { kind: 'text', sender: item.sender, text: item.body.text };
    case 'deleted':
      return { kind: 'deleted', sender: item.sender };
    default:
      return { kind: 'unreadable' };
  }
}
