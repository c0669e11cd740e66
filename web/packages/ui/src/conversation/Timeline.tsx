import type { MessageKey } from '@crypho/engine/api';
import type { ConversationSnapshot, Row } from '@crypho/model';
import type { ComponentChild, VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ArrowDown } from '../icons.ts';
import { useText } from '../context.ts';
import { Icon } from '../primitives/Icon.tsx';
import './Timeline.css';

interface TimelineProps {
  snapshot: ConversationSnapshot;
  render: (row: Row, isFocusStop: boolean) => ComponentChild;
  onOlder: () => void;
  onNewer: () => void;
  onLatest: () => void;
  onSeen: (upToSeq: number) => void;
  /** A message to bring into sight; the number makes the same one wanted again. */
  target?: { key: MessageKey; count: number };
}

const ESTIMATE = 52;
const OVERSCAN = 700;
/** So far from the edge the next page is asked for: it comes before any of its rows are needed. */
const NEAR = 2400;
const AT_END = 48;
const ROUNDS = 12;

/** Where the view stands: at the end, or with a row's top at an offset from the top edge. */
type Anchor = { kind: 'end' } | { kind: 'row'; key: string; offset: number };

interface State {
  heights: Map<string, number>;
  anchor: Anchor;
  /** Where each row begins, and where the last one ends; of these rows. */
  offsets: Float64Array;
  rows: readonly Row[];
  /** Where the view was put last, so that its own scrolling is not taken for the person's. */
  put: number | undefined;
  /** How often rows were measured and drawn again in this frame. */
  rounds: number;
}

/**
 * The rows of a conversation, of any number and any height; those in sight exist. Whatever is measured,
 * added above or taken away, the row at the top stays where it is; at the end, the end stays.
 */
export function Timeline(props: TimelineProps): VNode {
  const { snapshot } = props;
  const { rows, hasOlder, hasNewer } = snapshot;
  const text = useText();
  const box = useRef<HTMLDivElement>(null);
  const [state] = useState<State>(() => ({
    heights: new Map(),
    anchor:
      snapshot.firstNew === undefined ? { kind: 'end' } : { kind: 'row', key: 'new', offset: 96 },
    offsets: new Float64Array(1),
    rows: [],
    put: undefined,
    rounds: 0,
  }));
  const [view, setView] = useState({ top: 0, height: 800, isAtEnd: true });
  const [, redraw] = useState(0);
  const [focusKey, setFocusKey] = useState<string | undefined>(undefined);
  const stop = useMemo(() => focusStop(rows, focusKey), [rows, focusKey]);

  if (state.rows !== rows) {
    state.offsets = measureOffsets(rows, state.heights);
    state.rows = rows;
  }
  const { offsets } = state;
  const total = offsets[rows.length] ?? 0;
  // Not where the view stood when it was last looked at: rows may have come above since, and those
  // then at its place would all be made, only to be thrown away when it has moved along.
  const top = anchoredTop(state.anchor, rows, offsets, view.height);
  const first = Math.max(0, lastBefore(offsets, top - OVERSCAN));
  const last = Math.min(rows.length, lastBefore(offsets, top + view.height + OVERSCAN) + 1);
  const shown = rows.slice(first, last);

  /** Takes note of what is in sight, without taking it for where the person wants to be. */
  const look = (): void => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop, clientHeight, scrollHeight } = element;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END && !hasNewer;
    setView({ top: scrollTop, height: clientHeight, isAtEnd });
    props.onSeen(lastSeen(rows, state.offsets, scrollTop + clientHeight));
  };
  const keepPlace = (): void => {
    const element = box.current;
    if (element === null || rows.length === 0) return;
    const isChanged = measureShown(element, first, state);
    const wanted = anchoredTop(state.anchor, rows, state.offsets, element.clientHeight);
    if (Math.abs(element.scrollTop - wanted) > 1 && !isAtLimit(element, wanted)) {
      element.scrollTop = wanted;
      state.put = element.scrollTop;
    }
    // Heights settle in two or three rounds; should they ever not, a frame may pass in between.
    if (state.rounds++ === 0) requestAnimationFrame(() => (state.rounds = 0));
    if (state.rounds > ROUNDS) return;
    if (isChanged) redraw((count) => count + 1);
    else {
      // What is new ends within the view: whoever sees the end follows it.
      if (snapshot.isLoaded && !hasNewer && wanted >= endTop(state.offsets, element.clientHeight)) {
        state.anchor = { kind: 'end' };
      }
      if (Math.abs(view.top - element.scrollTop) > 1) look();
    }
  };
  useLayoutEffect(keepPlace);

  const read = (): void => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop, clientHeight, scrollHeight } = element;
    if (state.put !== undefined && Math.abs(scrollTop - state.put) < 2) return look();
    state.put = undefined;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < AT_END && !hasNewer;
    const top = lastBefore(state.offsets, scrollTop);
    // A day's divider is not held on to: it goes when older messages of that day come above it.
    const at = rows[top]?.kind === 'day' ? top + 1 : top;
    const row = rows[at];
    state.anchor =
      isAtEnd || row === undefined
        ? { kind: 'end' }
        : { kind: 'row', key: row.key, offset: (state.offsets[at] ?? 0) - scrollTop };
    look();
    if (hasOlder && scrollTop < NEAR) props.onOlder();
    if (hasNewer && scrollHeight - scrollTop - clientHeight < NEAR) props.onNewer();
  };
  const latest = useRef({ keepPlace, look, read });
  latest.current = { keepPlace, look, read };
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      latest.current.keepPlace();
      latest.current.look();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (snapshot.isLoaded) latest.current.look();
  }, [rows, snapshot.isLoaded]);
  useEffect(() => {
    if (props.target === undefined) return;
    state.anchor = { kind: 'row', key: props.target.key, offset: 96 };
    setFocusKey(props.target.key);
    redraw((count) => count + 1);
  }, [props.target]);

  const toEnd = (): void => {
    state.anchor = { kind: 'end' };
    if (hasNewer) props.onLatest();
    redraw((count) => count + 1);
  };
  const written = useMemo(() => latestWritten(rows), [rows]);
  const [known] = useState({ written });
  useEffect(() => {
    if (written === undefined || written === known.written) return;
    known.written = written;
    toEnd();
  }, [written]);
  const onKey = (event: KeyboardEvent): void => {
    const isOnRow =
      event.target instanceof HTMLElement && event.target.dataset['message'] !== undefined;
    if (!isOnRow || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    const to = nextMessage(rows, stop, event.key === 'ArrowUp' ? -1 : 1);
    if (to === undefined) return;
    event.preventDefault();
    setFocusKey(to);
    requestAnimationFrame(() => {
      const next = box.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(to)}"]`);
      next?.focus({ preventScroll: true });
      next?.scrollIntoView({ block: 'nearest' });
    });
  };
  const below = view.isAtEnd ? 0 : unreadBelow(rows, state.offsets, view.top + view.height);
  return (
    <div class="timeline">
      <div
        class="timeline-scroll"
        role="log"
        aria-live="off"
        aria-label={text.t('conversation.messages')}
        ref={box}
        onScroll={read}
        onKeyDown={onKey}
        onFocusCapture={(event) => {
          const key =
            event.target instanceof HTMLElement ? event.target.dataset['message'] : undefined;
          if (key !== undefined) setFocusKey(key);
          if (!(event.target instanceof HTMLElement) || !event.target.matches(':focus-visible')) {
            return;
          }
          // The browser scrolls to what Tab reaches; that is where the person wants to be.
          const row = event.target.closest('[data-row]');
          requestAnimationFrame(() => {
            row?.scrollIntoView({ block: 'nearest' });
            latest.current.read();
          });
        }}
      >
        <div
          class="timeline-rows"
          style={{
            paddingTop: `${offsets[first] ?? 0}px`,
            paddingBottom: `${Math.max(0, total - (offsets[last] ?? total))}px`,
          }}
        >
          {shown.map((row) => (
            <div key={row.key} data-row={row.key} class="timeline-row">
              {props.render(row, row.key === stop)}
            </div>
          ))}
        </div>
      </div>
      {!view.isAtEnd && (
        <button
          type="button"
          class="timeline-latest"
          aria-label={
            below > 0
              ? text.t('conversation.latest.new', { count: below })
              : text.t('conversation.latest')
          }
          data-tip={text.t('conversation.latest')}
          onClick={toEnd}
        >
          <Icon of={ArrowDown} />
          {below > 0 && <span class="timeline-latest-count">{text.number(below)}</span>}
        </button>
      )}
    </div>
  );
}

function measureOffsets(rows: readonly Row[], heights: ReadonlyMap<string, number>): Float64Array {
  const offsets = new Float64Array(rows.length + 1);
  let sum = 0;
  for (let at = 0; at < rows.length; at++) {
    offsets[at] = sum;
    sum += heights.get(rows[at]?.key ?? '') ?? ESTIMATE;
  }
  offsets[rows.length] = sum;
  return offsets;
}

/** Takes over how high the rows in the page are, of which the first is that at `first`. */
function measureShown(element: HTMLElement, first: number, state: State): boolean {
  const { heights, offsets } = state;
  let at = first;
  let moved = 0;
  let isChanged = false;
  for (const each of element.querySelectorAll<HTMLElement>('[data-row]')) {
    const key = each.dataset['row'] ?? '';
    const { height } = each.getBoundingClientRect();
    const known = heights.get(key);
    offsets[at] = (offsets[at] ?? 0) + moved;
    at++;
    if (height <= 0 || Math.abs((known ?? -1) - height) <= 0.5) continue;
    heights.set(key, height);
    moved += height - (known ?? ESTIMATE);
    isChanged = true;
  }
  if (moved !== 0) for (; at < offsets.length; at++) offsets[at] = (offsets[at] ?? 0) + moved;
  return isChanged;
}

function anchoredTop(
  anchor: Anchor,
  rows: readonly Row[],
  offsets: Float64Array,
  height: number,
): number {
  const end = endTop(offsets, height);
  if (anchor.kind === 'end') return end;
  const at = rows.findIndex((row) => row.key === anchor.key);
  if (at < 0) return end;
  return Math.min(end, Math.max(0, (offsets[at] ?? 0) - anchor.offset));
}

/** Where the view's top is when its bottom is at the end. */
function endTop(offsets: Float64Array, height: number): number {
  return Math.max(0, (offsets.at(-1) ?? 0) - height);
}

/** The browser will not scroll further than this. */
function isAtLimit(element: HTMLElement, wanted: number): boolean {
  const max = element.scrollHeight - element.clientHeight;
  return wanted >= max && element.scrollTop >= max - 1;
}

/** The row in which an offset lies. */
function lastBefore(offsets: Float64Array, offset: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lastSeen(rows: readonly Row[], offsets: Float64Array, bottom: number): number {
  for (let at = Math.min(lastBefore(offsets, bottom), rows.length - 1); at >= 0; at--) {
    const row = rows[at];
    const isWhole = (offsets[at + 1] ?? 0) <= bottom + 24;
    if (isWhole && (row?.kind === 'message' || row?.kind === 'event') && row.item.seq > 0) {
      return row.item.seq;
    }
  }
  return 0;
}

function unreadBelow(rows: readonly Row[], offsets: Float64Array, bottom: number): number {
  const from = lastBefore(offsets, bottom) + 1;
  const isNew = rows.findIndex((row) => row.kind === 'new');
  if (isNew < 0) return 0;
  return rows
    .slice(Math.max(from, isNew))
    .filter((row) => row.kind === 'message' && !row.item.sender.isSelf).length;
}

/** What this person wrote last and the server has not yet: writing leads to the end. */
function latestWritten(rows: readonly Row[]): string | undefined {
  return rows.findLast(
    (row) => row.kind === 'message' && row.item.sender.isSelf && row.item.seq === 0,
  )?.key;
}

/** The message that Tab leads to: the one last focused, or the latest. */
function focusStop(rows: readonly Row[], focusKey: string | undefined): string | undefined {
  const known = rows.some((row) => row.kind === 'message' && row.key === focusKey);
  return known ? focusKey : rows.findLast((row) => row.kind === 'message')?.key;
}

function nextMessage(
  rows: readonly Row[],
  from: string | undefined,
  by: 1 | -1,
): string | undefined {
  let at = rows.findIndex((row) => row.key === from);
  for (at += by; at >= 0 && at < rows.length; at += by) {
    const row = rows[at];
    if (row?.kind === 'message') return row.key;
  }
  return undefined;
}
