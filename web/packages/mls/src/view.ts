import type { DecodedCommit, DecodedLeaf } from './decode.ts';
import { sha256 } from './derive.ts';
import { thumbprint } from './identity.ts';
import type { CommitView, Leaf } from './interface.ts';

export async function leafOf(decoded: DecodedLeaf): Promise<Leaf> {
  const signatureKey = decoded.signatureKey.slice();
  return { id: decoded.id, keyThumbprint: await thumbprint(signatureKey), signatureKey };
}

/** Decoded bytes as policy sees them before anything is processed. */
export async function viewCommit(bytes: Uint8Array, decoded: DecodedCommit): Promise<CommitView> {
  return {
    group: decoded.group.slice(),
    epoch: decoded.epoch,
    external: decoded.external,
    ...(decoded.sender === undefined ? {} : { sender: decoded.sender }),
    added: await Promise.all(decoded.added.map((each) => leafOf(each.leaf))),
    removedLeaves: decoded.removedLeaves,
    removed: [],
    ...(decoded.pathLeaf === undefined ? {} : { pathLeaf: await leafOf(decoded.pathLeaf) }),
    hash: await sha256(bytes),
  };
}
