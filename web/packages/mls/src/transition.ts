/**
 * Rules of our own on top of RFC 9420 that every client enforces on every change of a member list, whatever the
 * application's policy says. They compare the list before with the one after, as the library verified them,
 * and so hold even if our decoder and the library should read some bytes differently.
 */
import { LEAVES_MAX } from './decode.ts';
import { formatDeviceId, leafKey } from './identity.ts';
import type { CommitView, DeviceId, Leaf } from './interface.ts';

export type Transition =
  | { readonly ok: true; readonly removed: readonly DeviceId[] }
  | { readonly ok: false; readonly reason: string };

/** A member list that may exist at all: one domain, each device once, not too many. */
export function checkMembers(members: readonly Leaf[], domain: string): string | undefined {
  if (members.length > LEAVES_MAX) return 'group too large';
  if (members.some((leaf) => leaf.id.domain !== domain)) return 'foreign identity';
  if (new Set(members.map((leaf) => formatDeviceId(leaf.id))).size !== members.length)
    return 'a device is in the group twice';
  return undefined;
}

/** What a commit did, or why it may not. */
export function checkTransition(
  before: readonly Leaf[],
  after: readonly Leaf[],
  commit: CommitView,
  committer: Leaf,
  domain: string,
): Transition {
  const wrong = checkMembers(after, domain);
  if (wrong !== undefined) return { ok: false, reason: wrong };
  const { pathLeaf } = commit;
  if (pathLeaf !== undefined && leafKey(pathLeaf) !== leafKey(committer))
    return { ok: false, reason: 'the committer changed its identity or key' };
  if (!commit.external && !before.some((leaf) => leafKey(leaf) === leafKey(committer)))
    return { ok: false, reason: 'the committer is no member' };
  const pool = new Map<string, Leaf[]>();
  const entering = commit.external ? [...commit.added, committer] : commit.added;
  for (const leaf of [...before, ...entering]) {
    const key = leafKey(leaf);
    pool.set(key, [...(pool.get(key) ?? []), leaf]);
  }
  for (const leaf of after)
    if (pool.get(leafKey(leaf))?.pop() === undefined)
      return { ok: false, reason: 'a member that nobody added' };
  const removed = [...pool.values()].flat().map((leaf) => leaf.id);
  if (removed.length !== commit.removedLeaves.length)
    return { ok: false, reason: 'hidden removal' };
  if (commit.external && removed.some((id) => id.account !== committer.id.account))
    return { ok: false, reason: "an external commit removed another account's device" };
  return { ok: true, removed };
}
