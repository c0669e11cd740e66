/** Log entries become rows: checked, decrypted, and what they do to other rows noted. */
import {
  OpenError,
  base64,
  decodeHeader,
  fromBase64,
  hex,
  isSignedBy,
  openMessage,
} from '@crypho/vault';
import type { RecordWrite } from '@crypho/vault';
import { ContentSchema, fromBinary } from '@crypho/wire';
import type { Content, GroupSettings, LogEntry } from '@crypho/wire';
import type { UnreadableReason } from './api.ts';
import type { Context } from './context.ts';
import { addRange, epochName, holds, messageKey } from './state.ts';
import type { ConversationState, Overlay, Row, RowBody } from './state.ts';
import { ROLE_OF, idPartition, overlayPartition, sealedPartition } from './store.ts';
import type { Change } from './store.ts';

const UNREAD_MAX = 1000;

/** The most content bytes that are decoded: the envelope's limit. */
export function decodeContent(encoded: string): Content | undefined {
  try {
    return fromBinary(ContentSchema, fromBase64(encoded));
  } catch {
    return undefined;
  }
}

type Opened =
  | { readonly kind: 'content'; readonly content: string }
  | { readonly kind: 'sealed'; readonly reason: UnreadableReason };

/** Opens a message found in a log, a marker or a signal at its place. */
export async function openEnvelope(
  context: Context,
  place: {
    readonly purpose: 1 | 2 | 3;
    readonly conversation: string;
    readonly generation: number;
    readonly epoch: number;
    readonly account: string;
    readonly device?: string;
    readonly clientId?: string;
  },
  message: Uint8Array,
): Promise<Opened> {
  const header = decodeHeader(message);
  const isHere =
    header !== undefined &&
    header.purpose === place.purpose &&
    header.conversation === place.conversation &&
    header.generation === place.generation &&
    header.epoch === BigInt(place.epoch) &&
    header.account === place.account &&
    (place.device === undefined || header.device === place.device) &&
    (place.clientId === undefined || hex(header.clientId) === place.clientId);
  if (!isHere) return { kind: 'sealed', reason: 'signature' };
  const signingKey = context.directory.signingKey(header.account, header.device);
  if (signingKey === undefined) return { kind: 'sealed', reason: 'device-unknown' };
  if (!(await isSignedBy(message, signingKey))) return { kind: 'sealed', reason: 'signature' };
  const devices = await context.epochs.devices(place.conversation, place);
  if (devices !== undefined && !devices.has(header.device))
    return { kind: 'sealed', reason: 'device-unknown' };
  const held = await context.keys.get(place.conversation, place);
  if (held === undefined) return { kind: 'sealed', reason: 'key-missing' };
  try {
    const content = await openMessage(held.key, header, message);
    if (content === undefined) return { kind: 'sealed', reason: 'content' };
    return { kind: 'content', content: base64(content) };
  } catch (error) {
    if (error instanceof OpenError)
      return { kind: 'sealed', reason: held.isFromDeposit ? 'key-false' : 'content' };
    throw error;
  }
}

async function openBody(context: Context, id: string, entry: LogEntry): Promise<RowBody> {
  const { body } = entry;
  switch (body.case) {
    case 'message': {
      const place = {
        purpose: 1,
        conversation: id,
        generation: entry.generation,
        epoch: Number(entry.epoch),
        account: entry.senderAccountId,
        device: entry.senderDeviceId,
        clientId: hex(entry.clientId),
      } as const;
      const opened = await openEnvelope(context, place, body.value);
      if (opened.kind === 'content') return opened;
      return { kind: 'sealed', message: base64(body.value), reason: opened.reason };
    }
    case 'commit':
      return {
        kind: 'commit',
        added: body.value.addedAccountIds,
        removed: body.value.removedAccountIds,
        sharesHistory: body.value.sharesHistory,
      };
    case 'role':
      return { kind: 'role', account: body.value.accountId, role: ROLE_OF[body.value.role] };
    case 'left':
      return { kind: 'left' };
    case 'reset':
      return { kind: 'reset' };
    case 'erased':
    case undefined:
      return { kind: 'erased' };
  }
}

export async function rowOf(context: Context, id: string, entry: LogEntry): Promise<Row> {
  return {
    seq: Number(entry.seq),
    timeMs: Number(entry.timeMs),
    account: entry.senderAccountId,
    device: entry.senderDeviceId,
    clientId: hex(entry.clientId),
    generation: entry.generation,
    epoch: Number(entry.epoch),
    body: await openBody(context, id, entry),
  };
}

/** A change being put together from rows; overlays are read once and written once. */
interface Draft {
  state: ConversationState;
  readonly rows: Row[];
  readonly writes: RecordWrite[];
  readonly overlays: Map<string, Overlay>;
}

/** Rows for a conversation, held contiguously from `low` to `high`; those held before are left out. */
export async function ingest(
  context: Context,
  state: ConversationState,
  entries: readonly LogEntry[],
  low: number,
  high: number,
): Promise<Change> {
  const fresh = entries.filter((entry) => !holds(state.ranges, Number(entry.seq)));
  const draft: Draft = { state, rows: [], writes: [], overlays: new Map() };
  const rows = await Promise.all(fresh.map((entry) => rowOf(context, state.id, entry)));
  for (const row of rows) await take(context, draft, row);
  const { lastSeq, lastTimeMs } = draft.state.head;
  const newest = rows.at(-1);
  const isNewer = newest !== undefined && newest.seq >= lastSeq;
  const next: ConversationState = {
    ...draft.state,
    ranges: addRange(draft.state.ranges, low, high),
    head: {
      ...draft.state.head,
      lastSeq: Math.max(lastSeq, high),
      lastTimeMs: isNewer ? newest.timeMs : lastTimeMs,
    },
  };
  return finish({ ...draft, state: next });
}

/** Rows again that could not be opened before. */
export async function reopen(
  context: Context,
  state: ConversationState,
  rows: readonly Row[],
): Promise<Change | undefined> {
  const draft: Draft = { state, rows: [], writes: [], overlays: new Map() };
  const stillMissing = new Set<string>();
  for (const row of rows) {
    if (row.body.kind !== 'sealed') continue;
    const place = { ...row, purpose: 1, conversation: state.id } as const;
    const opened = await openEnvelope(context, place, fromBase64(row.body.message));
    if (opened.kind === 'content') {
      draft.writes.push({
        place: { partition: sealedPartition(state.id), order: row.seq },
        isDeleted: true,
      });
      await take(context, draft, { ...row, body: opened });
      continue;
    }
    if (isKeyAtFault(opened.reason)) stillMissing.add(epochName(row));
    if (opened.reason !== row.body.reason)
      draft.rows.push({ ...row, body: { ...row.body, reason: opened.reason } });
  }
  if (draft.rows.length === 0) return undefined;
  const missingKeys = draft.state.missingKeys.filter((name) => stillMissing.has(name));
  return finish({ ...draft, state: { ...draft.state, missingKeys } });
}

function finish(draft: Draft): Change {
  const { state, rows, writes, overlays } = draft;
  for (const [name, overlay] of overlays)
    writes.push({ place: { partition: overlayPartition(state.id), name }, value: overlay });
  return { state, rows, writes };
}

async function take(context: Context, draft: Draft, row: Row): Promise<void> {
  draft.rows.push(row);
  const { id } = draft.state;
  if (row.clientId !== '')
    draft.writes.push({
      place: { partition: idPartition(id), name: messageKey(row.account, row.clientId) },
      value: row.seq,
    });
  switch (row.body.kind) {
    case 'content': {
      const content = decodeContent(row.body.content);
      if (content !== undefined) await takeContent(context, draft, row, content);
      return;
    }
    case 'sealed':
      draft.writes.push({
        place: { partition: sealedPartition(id), order: row.seq },
        value: row.seq,
      });
      if (isKeyAtFault(row.body.reason)) missKey(draft, row);
      seeNew(context, draft, row, false);
      return;
    case 'role':
      setRole(draft, row.body.account, row.body.role);
      notePreview(draft, row);
      return;
    case 'commit':
      if (row.body.added.length > 0 || row.body.removed.length > 0) notePreview(draft, row);
      return;
    case 'left':
      notePreview(draft, row);
      return;
    case 'erased':
    case 'reset':
      return;
  }
}

/** Another key may come: from the vault, or in a deposit that somebody replaced. */
function isKeyAtFault(reason: UnreadableReason): boolean {
  return reason === 'key-missing' || reason === 'key-false';
}

function missKey(draft: Draft, row: Row): void {
  const name = epochName(row);
  const { missingKeys } = draft.state;
  if (!missingKeys.includes(name))
    draft.state = { ...draft.state, missingKeys: [...missingKeys, name] };
}

function setRole(draft: Draft, account: string, role: ConversationState['head']['role']): void {
  const members = draft.state.members.map((member) =>
    member.account === account ? { ...member, role } : member,
  );
  draft.state = { ...draft.state, members };
}

function notePreview(draft: Draft, row: Row): void {
  if (row.seq > draft.state.previewSeq) draft.state = { ...draft.state, previewSeq: row.seq };
}

/** Counts a message of somebody else that was not read yet, and shows it in the list. */
function seeNew(context: Context, draft: Draft, row: Row, isMention: boolean): void {
  notePreview(draft, row);
  const { state } = draft;
  if (row.account === context.account().accountId || row.seq <= state.readSeq) return;
  const add = (list: readonly number[]): readonly number[] =>
    list.includes(row.seq) ? list : [...list, row.seq].slice(-UNREAD_MAX);
  draft.state = {
    ...state,
    unread: add(state.unread),
    mentions: isMention ? add(state.mentions) : state.mentions,
  };
}

async function overlayOf(context: Context, draft: Draft, target: string): Promise<Overlay> {
  const known = draft.overlays.get(target);
  if (known !== undefined) return known;
  return context.store.overlay(draft.state.id, target);
}

/** As long as the members have not been read (a conversation one just came to), the log's word counts. */
function isAdmin(state: ConversationState, account: string): boolean {
  if (state.kind === 'direct') return false;
  if (state.members.length === 0) return true;
  const member = state.members.find((each) => each.account === account);
  return account === state.creator || member?.role === 'admin' || member?.role === 'owner';
}

async function takeContent(
  context: Context,
  draft: Draft,
  row: Row,
  content: Content,
): Promise<void> {
  const { body } = content;
  const me = context.account().accountId;
  switch (body.case) {
    case 'text':
      seeNew(context, draft, row, body.value.mentionedAccountIds.includes(me));
      return;
    case 'edit': {
      const { target } = body.value;
      if (target === undefined || target.accountId !== row.account) return;
      const key = messageKey(target.accountId, hex(target.clientId));
      const overlay = await overlayOf(context, draft, key);
      if (overlay.edit !== undefined && overlay.edit.seq > row.seq) return;
      const encoded = row.body.kind === 'content' ? row.body.content : '';
      const edit = { seq: row.seq, account: row.account, content: encoded };
      draft.overlays.set(key, { ...overlay, edit });
      return;
    }
    case 'delete': {
      const { target } = body.value;
      if (target === undefined) return;
      if (target.accountId !== row.account && !isAdmin(draft.state, row.account)) return;
      const key = messageKey(target.accountId, hex(target.clientId));
      await takeDelete(context, draft, key, row.seq);
      return;
    }
    case 'reaction': {
      const { target, emoji, isRemoved } = body.value;
      if (target === undefined || emoji === '' || emoji.length > 32) return;
      const key = messageKey(target.accountId, hex(target.clientId));
      const overlay = await overlayOf(context, draft, key);
      const of = overlay.reactions[emoji] ?? {};
      if ((of[row.account]?.seq ?? 0) > row.seq) return;
      const by = { ...of, [row.account]: { seq: row.seq, isOn: !isRemoved } };
      draft.overlays.set(key, { ...overlay, reactions: { ...overlay.reactions, [emoji]: by } });
      return;
    }
    case 'groupSettings':
      takeSettings(draft, row, body.value);
      return;
    case 'readMark':
    case 'typing':
    case undefined:
      return;
  }
}

function takeSettings(draft: Draft, row: Row, value: GroupSettings): void {
  if (!isAdmin(draft.state, row.account)) return;
  const { settings } = draft.state;
  const { seq } = row;
  if (settings.some((each) => each.seq === seq)) return;
  const next = [...settings, { name: value.name, sharesHistory: value.sharesHistory, seq }];
  draft.state = { ...draft.state, settings: next.toSorted((a, b) => a.seq - b.seq) };
}

/** The plaintext goes from this browser too, not only from the screen. */
async function takeDelete(context: Context, draft: Draft, key: string, seq: number): Promise<void> {
  const { id } = draft.state;
  const { edit: _edit, ...overlay } = await overlayOf(context, draft, key);
  draft.overlays.set(key, { ...overlay, deletedSeq: seq });
  const place = { partition: idPartition(id), name: key };
  const target = await context.records.get(place);
  if (typeof target !== 'number') return;
  const held =
    draft.rows.find((each) => each.seq === target) ?? (await context.store.row(id, target));
  if (held === undefined) return;
  const index = draft.rows.findIndex((each) => each.seq === target);
  const erased: Row = { ...held, body: { kind: 'erased' } };
  if (index >= 0) draft.rows[index] = erased;
  else draft.rows.push(erased);
  const without = (list: readonly number[]): readonly number[] =>
    list.filter((each) => each !== target);
  const { unread, mentions } = draft.state;
  draft.state = { ...draft.state, unread: without(unread), mentions: without(mentions) };
}
