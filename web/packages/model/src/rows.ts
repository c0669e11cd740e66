import type { EventItem, MessageItem, TimelineItem } from '@crypho/engine/api';
import type { PatchedList } from './list.ts';

/** One line of a conversation as shown. */
export type Row =
  | { kind: 'start'; key: string }
  | { kind: 'day'; key: string; timeMs: number }
  | { kind: 'new'; key: string }
  | {
      kind: 'message';
      key: string;
      item: MessageItem;
      /** First of its sender's run: name and picture are shown. */
      isFirst: boolean;
      /** Last of its sender and minute: the time is shown. */
      isLast: boolean;
    }
  | { kind: 'event'; key: string; item: EventItem };

const RUN_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/** Whether a time lies on the day of the one asked about before. Days are looked up once each. */
function createDays(): (ms: number) => boolean {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  return (ms) => {
    if (ms >= from && ms < to) return true;
    const date = new Date(ms);
    const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
    from = new Date(year, month, day).getTime();
    to = new Date(year, month, day + 1).getTime();
    return false;
  };
}

/**
 * Rows out of items: a divider for each day, one before the first new message, and messages grouped
 * by sender and minute.
 */
export function timelineRows(
  items: readonly TimelineItem[],
  hasOlder: boolean,
  firstNew: string | undefined,
): readonly Row[] {
  const rows: Row[] = hasOlder ? [] : [{ kind: 'start', key: 'start' }];
  const isSameDay = createDays();
  let before: TimelineItem | undefined;
  items.forEach((item, index) => {
    const isNewDay = !isSameDay(item.timeMs);
    if (isNewDay) rows.push({ kind: 'day', key: `day:${item.key}`, timeMs: item.timeMs });
    if (item.key === firstNew) rows.push({ kind: 'new', key: 'new' });
    if (item.kind === 'event') {
      rows.push({ kind: 'event', key: item.key, item });
    } else {
      const isBroken = isNewDay || item.key === firstNew;
      rows.push({
        kind: 'message',
        key: item.key,
        item,
        isFirst: isBroken || !continues(before, item, RUN_MS),
        isLast: !sharesMinute(item, items[index + 1]),
      });
    }
    before = item;
  });
  return rows;
}

function continues(before: TimelineItem | undefined, item: MessageItem, ms: number): boolean {
  return (
    before?.kind === 'message' &&
    before.sender.accountId === item.sender.accountId &&
    item.timeMs - before.timeMs < ms
  );
}

function sharesMinute(item: MessageItem, next: TimelineItem | undefined): boolean {
  return (
    next?.kind === 'message' &&
    next.sender.accountId === item.sender.accountId &&
    Math.floor(next.timeMs / MINUTE_MS) === Math.floor(item.timeMs / MINUTE_MS)
  );
}

/** The key of the first unread message: by its place when that is known, else counted from the end. */
export function firstUnread(
  list: Pick<PatchedList<TimelineItem>, 'items' | 'hasNewer'>,
  unread: number,
  fromSeq?: number,
): string | undefined {
  const { items, hasNewer } = list;
  if (unread <= 0) return undefined;
  if (fromSeq !== undefined) {
    return items.find((item) => isOfOthers(item) && item.seq >= fromSeq)?.key;
  }
  if (hasNewer) return undefined;
  return items.filter(isOfOthers).at(-unread)?.key ?? items.find(isOfOthers)?.key;
}

const isOfOthers = (item: TimelineItem): item is MessageItem =>
  item.kind === 'message' && !item.sender.isSelf;
