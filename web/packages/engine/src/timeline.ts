/** A window of a conversation's timeline: so many rows that a screen and its surroundings are full. */
import type { TimelineItem } from './api.ts';
import type { Context } from './context.ts';
import { isShown, itemOf, noteItem, waitingItem } from './items.ts';
import { newestGap } from './state.ts';
import type { ConversationState } from './state.ts';

const FIRST_ITEMS = 60;
const AROUND_ITEMS = 20;
const WINDOW_MAX = 600;
const ROWS_STEP = 80;

export interface TimelineWindow {
  /** What is in the window now. */
  read(): Promise<WindowView>;
  extend(direction: 'older' | 'newer' | 'latest', count: number): Promise<void>;
}

export interface WindowView {
  readonly items: readonly TimelineItem[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

export function makeTimelineWindow(
  context: Context,
  id: string,
  around: 'latest' | 'first-unread',
): TimelineWindow {
  let low: number | undefined;
  /** Undefined: up to the newest. */
  let high: number | undefined;
  /** What lay below was still on its way when the window was placed: it is placed again as that comes. */
  let isPlacing = true;

  /** The lowest seq such that at least `count` items lie in [seq, top], within what is held. */
  async function reachDown(state: ConversationState, top: number, count: number): Promise<number> {
    const floor = floorBelow(state, top);
    let shown = 0;
    for (let at = top; at >= floor; at -= ROWS_STEP) {
      const from = Math.max(floor, at - ROWS_STEP + 1);
      const rows = await context.store.rows(id, { from, to: at });
      for (const row of rows.toReversed()) {
        if (isShown(context, state, row)) shown++;
        if (shown >= count) return row.seq;
      }
    }
    return floor;
  }

  async function reachUp(state: ConversationState, bottom: number, count: number): Promise<number> {
    const { lastSeq } = state.head;
    const rows = await context.store.rows(id, { from: bottom, to: lastSeq, limit: count * 2 });
    let shown = 0;
    for (const row of rows) {
      if (isShown(context, state, row)) shown++;
      if (shown >= count) return row.seq;
    }
    return rows.at(-1)?.seq ?? bottom;
  }

  /** Down to where rows are held without a hole below `top`. */
  function floorBelow(state: ConversationState, top: number): number {
    const gap = newestGap(state.ranges, state.head.firstSeq, top);
    if (gap === undefined) return state.head.firstSeq;
    return gap[1] >= top ? lowestHeldNear(state, top) : gap[1] + 1;
  }

  /** The newest entries are still on their way: what is held below them is shown meanwhile. */
  function lowestHeldNear(state: ConversationState, top: number): number {
    const below = state.ranges.filter(([from]) => from <= top).at(-1);
    return below === undefined ? state.head.firstSeq : below[0];
  }

  async function place(state: ConversationState): Promise<number> {
    const { lastSeq } = state.head;
    const unread = around === 'first-unread' ? state.unread[0] : undefined;
    if (unread === undefined) return reachDown(state, lastSeq, FIRST_ITEMS);
    if (lastSeq - unread > WINDOW_MAX / 2) high = await reachUp(state, unread, FIRST_ITEMS);
    return reachDown(state, unread, AROUND_ITEMS);
  }

  async function read(): Promise<WindowView> {
    const state = context.store.get(id);
    if (state === undefined) return { items: [], hasOlder: false, hasNewer: false };
    const { lastSeq, firstSeq } = state.head;
    if (isPlacing && state.ranges.length > 0) {
      low = await place(state);
      isPlacing = low > firstSeq && low === floorBelow(state, low);
    }
    const from = low ?? lastSeq + 1;
    const to = high ?? lastSeq;
    const rows = await context.store.rows(id, { from, to });
    await context.store.prefetch(id, rows);
    const built = await Promise.all(rows.map((row) => itemOf(context, state, row)));
    const notes = (state.notes ?? []).filter(({ afterSeq }) => afterSeq >= from && afterSeq <= to);
    const items = [
      ...built.filter((item) => item !== undefined),
      ...notes.map((note) => noteItem(context, note)),
    ];
    const hasNewer = high !== undefined && high < lastSeq;
    const waiting = hasNewer ? [] : await waitingItems(state, new Set(items.map((i) => i.key)));
    return { items: [...items, ...waiting], hasOlder: from > firstSeq, hasNewer };
  }

  async function waitingItems(
    state: ConversationState,
    shown: ReadonlySet<string>,
  ): Promise<readonly TimelineItem[]> {
    const all = await Promise.all(
      context.outbox.items(id).map((item) => waitingItem(context, state, item)),
    );
    return all.filter((item) => item !== undefined).filter((item) => !shown.has(item.key));
  }

  async function extendOlder(state: ConversationState, count: number): Promise<void> {
    isPlacing = false;
    const from = low ?? state.head.lastSeq + 1;
    if (from <= state.head.firstSeq) return;
    const gap = newestGap(state.ranges, state.head.firstSeq, from - 1);
    if (gap !== undefined && gap[1] === from - 1) await context.sync.fillBelow(id, from);
    const now = context.store.get(id) ?? state;
    low = await reachDown(now, from - 1, count);
    const top = high ?? now.head.lastSeq;
    if (top - low > 2 * WINDOW_MAX) high = low + 2 * WINDOW_MAX;
  }

  async function extend(direction: 'older' | 'newer' | 'latest', count: number): Promise<void> {
    const state = context.store.get(id);
    if (state === undefined) return;
    const wanted = Math.min(Math.max(1, Math.round(count)), 300);
    switch (direction) {
      case 'older':
        return extendOlder(state, wanted);
      case 'newer': {
        isPlacing = false;
        if (high === undefined) return;
        const next = await reachUp(state, high + 1, wanted);
        high = next >= state.head.lastSeq ? undefined : next;
        const top = high ?? state.head.lastSeq;
        if (low !== undefined && top - low > 2 * WINDOW_MAX) low = top - 2 * WINDOW_MAX;
        return;
      }
      case 'latest':
        high = undefined;
        low = await reachDown(state, state.head.lastSeq, FIRST_ITEMS);
    }
  }

  return { read, extend };
}

/** What turns what was shown into what is to be shown. */
export function diff<T extends { readonly key: string }>(
  shown: Map<string, string>,
  items: readonly T[],
): { readonly upserts: readonly T[]; readonly removes: readonly string[] } {
  const upserts: T[] = [];
  const keys = new Set<string>();
  for (const item of items) {
    keys.add(item.key);
    const encoded = JSON.stringify(item);
    if (shown.get(item.key) === encoded) continue;
    shown.set(item.key, encoded);
    upserts.push(item);
  }
  const removes = [...shown.keys()].filter((key) => !keys.has(key));
  for (const key of removes) shown.delete(key);
  return { upserts, removes };
}
