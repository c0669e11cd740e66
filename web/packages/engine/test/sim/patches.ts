import type { Keyed, ListPatch } from '../../src/api.ts';

/** What a page holds of a list, brought up to date. */
export function applyTo<T extends Keyed>(held: Map<string, T>, patch: ListPatch<T>): void {
  if (patch.isSnapshot) held.clear();
  for (const key of patch.removes) held.delete(key);
  for (const item of patch.upserts) held.set(item.key, item);
}
