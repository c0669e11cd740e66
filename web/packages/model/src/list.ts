import type { Keyed, ListPatch } from '@crypho/engine/api';

export interface PatchedList<T extends Keyed> {
  readonly items: readonly T[];
  readonly isLoaded: boolean;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

export function emptyList<T extends Keyed>(): PatchedList<T> {
  return { items: [], isLoaded: false, hasOlder: false, hasNewer: false };
}

const bySortKey = (a: Keyed, b: Keyed): number =>
  a.sortKey < b.sortKey
    ? -1
    : a.sortKey > b.sortKey
      ? 1
      : a.key < b.key
        ? -1
        : a.key > b.key
          ? 1
          : 0;

/** Applies a patch: the list stays ascending by sort key, each key once. */
export function applyPatch<T extends Keyed>(
  list: PatchedList<T>,
  patch: ListPatch<T>,
): PatchedList<T> {
  const base = patch.isSnapshot ? [] : list.items;
  const changed = new Set<string>(patch.removes);
  const upserts = new Map(patch.upserts.map((item) => [item.key, item]));
  for (const key of upserts.keys()) changed.add(key);
  const kept = changed.size === 0 ? base : base.filter((item) => !changed.has(item.key));
  const fresh = [...upserts.values()].toSorted(bySortKey);
  return {
    items: merge(kept, fresh),
    isLoaded: true,
    hasOlder: patch.hasOlder ?? (patch.isSnapshot ? false : list.hasOlder),
    hasNewer: patch.hasNewer ?? (patch.isSnapshot ? false : list.hasNewer),
  };
}

function merge<T extends Keyed>(a: readonly T[], b: readonly T[]): readonly T[] {
  const out: T[] = [];
  let j = 0;
  for (const item of a) {
    for (let next = b[j]; next !== undefined && bySortKey(next, item) < 0; next = b[++j]) {
      out.push(next);
    }
    out.push(item);
  }
  return j === 0 && b.length === 0 ? a : out.concat(b.slice(j));
}
