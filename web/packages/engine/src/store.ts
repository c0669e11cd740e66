/** Conversations in memory and on disk: every change is one transaction of state and records. */
import type { RecordWrite, Records } from '@crypho/vault';
import { ConversationKind, Role as WireRole } from '@crypho/wire';
import type { ConversationHead } from '@crypho/wire';
import type { Role } from './api.ts';
import { epochPartition } from './epochs.ts';
import { makeSerial } from './queue.ts';
import type { Serial } from './queue.ts';
import { NO_OVERLAY, messageKey } from './state.ts';
import type { ConversationState, Overlay, Row } from './state.ts';
import { TOPIC } from './topics.ts';
import type { Topics } from './topics.ts';

const STATES = 'conversations';
const ROW_CACHE_MAX = 3000;

export interface Change {
  readonly state: ConversationState;
  readonly writes?: readonly RecordWrite[];
  /** Rows that changed or came. */
  readonly rows?: readonly Row[];
  readonly topics?: readonly string[];
}

export interface ConversationStore {
  open(): Promise<void>;
  ids(): readonly string[];
  get(id: string): ConversationState | undefined;
  /** One change at a time in a conversation; nothing changes where `work` answers undefined. */
  change(
    id: string,
    work: (state: ConversationState) => Promise<Change | undefined> | Change | undefined,
  ): Promise<void>;
  applyHead(head: ConversationHead): Promise<void>;
  remove(id: string): Promise<void>;
  overlay(id: string, key: string): Promise<Overlay>;
  /** Makes the rows' overlays ready in memory with one request. */
  prefetch(id: string, rows: readonly Row[]): Promise<void>;
  row(id: string, seq: number): Promise<Row | undefined>;
  /** Rows of [from, to], newest first with `isReverse`. */
  rows(
    id: string,
    range: { from: number; to: number; limit?: number; isReverse?: boolean },
  ): Promise<readonly Row[]>;
}

export const ROLE_OF: Readonly<Record<WireRole, Role>> = {
  [WireRole.UNSPECIFIED]: 'member',
  [WireRole.MEMBER]: 'member',
  [WireRole.ADMIN]: 'admin',
  [WireRole.OWNER]: 'owner',
};

export const WIRE_ROLE: Readonly<Record<Role, WireRole>> = {
  member: WireRole.MEMBER,
  admin: WireRole.ADMIN,
  owner: WireRole.OWNER,
};

export function logPartition(id: string): string {
  return `log/${id}`;
}

export function idPartition(id: string): string {
  return `ids/${id}`;
}

export function overlayPartition(id: string): string {
  return `overlays/${id}`;
}

export function sealedPartition(id: string): string {
  return `sealed/${id}`;
}

export function rowWrite(id: string, row: Row): RecordWrite {
  return { place: { partition: logPartition(id), order: row.seq }, value: row };
}

function isState(value: unknown): value is ConversationState {
  return typeof value === 'object' && value !== null && 'ranges' in value && 'head' in value;
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && 'seq' in value && 'body' in value;
}

function isOverlay(value: unknown): value is Overlay {
  return typeof value === 'object' && value !== null && 'reactions' in value;
}

function headState(head: ConversationHead): ConversationState['head'] {
  return {
    generation: head.generation,
    epoch: Number(head.epoch),
    lastSeq: Number(head.lastSeq),
    firstSeq: Math.max(1, Number(head.firstSeq)),
    isDeposited: head.isDeposited,
    hasPendingRemovals: head.hasPendingRemovals,
    hasWelcome: head.hasWelcome,
    isCurrent: head.isCurrent,
    role: ROLE_OF[head.role],
    lastTimeMs: Number(head.lastTimeMs),
  };
}

function newState(head: ConversationHead): ConversationState {
  return {
    id: head.conversationId,
    kind: head.kind === ConversationKind.GROUP ? 'group' : 'direct',
    creator: head.creatorAccountId,
    head: headState(head),
    members: [],
    ranges: [],
    mls: null,
    settings: [],
    readSeq: 0,
    unread: [],
    mentions: [],
    previewSeq: 0,
    markers: {},
    missingKeys: [],
  };
}

export function makeConversationStore(records: Records, topics: Topics): ConversationStore {
  const states = new Map<string, ConversationState>();
  const serials = new Map<string, Serial>();
  const rowCache = new Map<string, Row>();
  const overlayCache = new Map<string, Overlay>();
  let overlayChanges = 0;

  function cacheOverlay(name: string, overlay: Overlay): void {
    overlayCache.delete(name);
    overlayCache.set(name, overlay);
    if (overlayCache.size <= ROW_CACHE_MAX) return;
    const [oldest] = overlayCache.keys();
    if (oldest !== undefined) overlayCache.delete(oldest);
  }

  function cache(id: string, row: Row): void {
    const key = `${id} ${row.seq}`;
    rowCache.delete(key);
    rowCache.set(key, row);
    if (rowCache.size <= ROW_CACHE_MAX) return;
    const [oldest] = rowCache.keys();
    if (oldest !== undefined) rowCache.delete(oldest);
  }

  function serial(id: string): Serial {
    let found = serials.get(id);
    if (found === undefined) {
      found = makeSerial();
      serials.set(id, found);
    }
    return found;
  }

  function stateWrite(state: ConversationState): RecordWrite {
    return { place: { partition: STATES, name: state.id }, value: state };
  }

  async function apply(change: Change): Promise<void> {
    const { state, rows = [] } = change;
    const rowWrites = rows.map((row) => rowWrite(state.id, row));
    await records.write([...(change.writes ?? []), ...rowWrites, stateWrite(state)]);
    states.set(state.id, state);
    for (const row of rows) cache(state.id, row);
    for (const write of change.writes ?? [])
      if (write.place.partition === overlayPartition(state.id) && 'name' in write.place) {
        overlayCache.delete(`${state.id} ${write.place.name}`);
        overlayChanges++;
      }
    topics.changed(
      TOPIC.conversations,
      TOPIC.conversation(state.id),
      ...(rows.length > 0 ? [TOPIC.timeline(state.id)] : []),
      ...(change.topics ?? []),
    );
  }

  /** The rows of a range that lies in memory whole; a timeline asks for the same ones again and again. */
  function cachedRows(
    id: string,
    {
      from,
      to,
      limit,
      isReverse,
    }: { from: number; to: number; limit?: number; isReverse?: boolean },
  ): readonly Row[] | undefined {
    if (limit !== undefined || isReverse === true || to - from >= ROW_CACHE_MAX) return undefined;
    const out: Row[] = [];
    for (let seq = from; seq <= to; seq++) {
      const row = rowCache.get(`${id} ${seq}`);
      if (row === undefined) return undefined;
      out.push(row);
    }
    return out;
  }

  async function rows(
    id: string,
    range: { from: number; to: number; limit?: number; isReverse?: boolean },
  ): Promise<readonly Row[]> {
    const cached = cachedRows(id, range);
    if (cached !== undefined) return cached;
    const found = await records.range(logPartition(id), range);
    const out: Row[] = [];
    for (const { value } of found) {
      if (!isRow(value)) continue;
      cache(id, value);
      out.push(value);
    }
    return out;
  }

  return {
    open: async () => {
      for (const value of await records.all(STATES))
        if (isState(value)) states.set(value.id, value);
    },
    ids: () => [...states.keys()],
    get: (id) => states.get(id),
    change: (id, work) =>
      serial(id).run(async () => {
        const state = states.get(id);
        if (state === undefined) return;
        const change = await work(state);
        if (change !== undefined) await apply(change);
      }),
    applyHead: (head) =>
      serial(head.conversationId).run(async () => {
        const state = states.get(head.conversationId) ?? newState(head);
        const next = headState(head);
        // A frame may have told us of later entries than this head knows of.
        const lastSeq = Math.max(next.lastSeq, state.head.lastSeq);
        await apply({ state: { ...state, head: { ...next, lastSeq } } });
      }),
    remove: (id) =>
      serial(id).run(async () => {
        if (!states.delete(id)) return;
        await records.write([{ place: { partition: STATES, name: id }, isDeleted: true }]);
        await records.clear([
          logPartition(id),
          idPartition(id),
          overlayPartition(id),
          sealedPartition(id),
          epochPartition(id),
        ]);
        for (const key of rowCache.keys()) if (key.startsWith(`${id} `)) rowCache.delete(key);
        for (const key of overlayCache.keys())
          if (key.startsWith(`${id} `)) overlayCache.delete(key);
        topics.changed(TOPIC.conversations, TOPIC.conversation(id), TOPIC.timeline(id));
      }),
    prefetch: async (id, wanted) => {
      const keys = wanted
        .filter((row) => row.body.kind === 'content')
        .map((row) => messageKey(row.account, row.clientId))
        .filter((key) => !overlayCache.has(`${id} ${key}`));
      if (keys.length === 0) return;
      const partition = overlayPartition(id);
      const before = overlayChanges;
      const values = await records.getMany(keys.map((name) => ({ partition, name })));
      // What was read may be old by now: whoever needs it asks again.
      if (overlayChanges !== before) return;
      for (const [i, key] of keys.entries()) {
        const value = values[i];
        cacheOverlay(`${id} ${key}`, isOverlay(value) ? value : NO_OVERLAY);
      }
    },
    overlay: async (id, key) => {
      const name = `${id} ${key}`;
      const cached = overlayCache.get(name);
      if (cached !== undefined) return cached;
      const value = await records.get({ partition: overlayPartition(id), name: key });
      const overlay = isOverlay(value) ? value : NO_OVERLAY;
      cacheOverlay(name, overlay);
      return overlay;
    },
    row: async (id, seq) => {
      const cached = rowCache.get(`${id} ${seq}`);
      if (cached !== undefined) return cached;
      const value = await records.get({ partition: logPartition(id), order: seq });
      if (!isRow(value)) return undefined;
      cache(id, value);
      return value;
    },
    rows,
  };
}
