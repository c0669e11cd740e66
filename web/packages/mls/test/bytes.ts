/** Writes MLS messages by hand, right or wrong, for the decoder's tests. */
export type Part = Uint8Array | readonly number[];

export function cat(...parts: readonly Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function u16(n: number): Part {
  return [n >> 8, n & 255];
}

export function u32(n: number): Part {
  return [...u16(n >>> 16), ...u16(n & 0xffff)];
}

export function u64(n: number): Part {
  return [...u32(0), ...u32(n)];
}

/** `<V>` with the shortest length, or one of a forced width. */
export function opaque(bytes: Part, width?: 1 | 2 | 4): Uint8Array {
  const n = bytes.length;
  const wide = width ?? (n < 0x40 ? 1 : n < 0x4000 ? 2 : 4);
  if (wide === 1) return cat([n], bytes);
  if (wide === 2) return cat(u16(n | 0x4000), bytes);
  return cat(u32((n | 0x80000000) >>> 0), bytes);
}

export const GROUP = new Uint8Array(20).fill(7);
export const KEY = new Uint8Array(32).fill(1);
export const TAG = new Uint8Array(32).fill(2);
export const SIGNATURE = new Uint8Array(64).fill(3);
export const IDENTITY = '00000000-0000-4000-8000-000000000001:d000000000000001@crypho.test';

export interface LeafParts {
  readonly identity?: string;
  readonly source?: number;
  readonly credential?: number;
}

export function leaf({
  identity = IDENTITY,
  source = 3,
  credential = 1,
}: LeafParts = {}): Uint8Array {
  const after = source === 1 ? cat(u64(1), u64(2)) : source === 3 ? opaque(TAG) : [];
  return cat(
    opaque(KEY),
    opaque(KEY),
    u16(credential),
    opaque(new TextEncoder().encode(identity)),
    opaque(u16(1)),
    opaque(u16(1)),
    opaque([]),
    opaque([]),
    opaque(u16(1)),
    [source],
    after,
    opaque([]),
    opaque(SIGNATURE),
  );
}

export function keyPackageBody(parts: LeafParts = {}): Uint8Array {
  return cat(
    u16(1),
    u16(1),
    opaque(KEY),
    leaf({ source: 1, ...parts }),
    opaque([]),
    opaque(SIGNATURE),
  );
}

export const proposal = {
  add: (parts: LeafParts = {}): Part => cat([1], u16(1), keyPackageBody(parts)),
  update: (): Part => cat([1], u16(2), leaf({ source: 2 })),
  remove: (index: number): Part => cat([1], u16(3), u32(index)),
  psk: (): Part => cat([1], u16(4), [1], opaque(KEY), opaque(KEY)),
  reInit: (): Part => cat([1], u16(5), opaque(GROUP), u16(1), u16(1), opaque([])),
  externalInit: (): Part => cat([1], u16(6), opaque(KEY)),
  groupContextExtensions: (): Part => cat([1], u16(7), opaque([])),
  custom: (): Part => cat([1], u16(0xf000), opaque([])),
  byReference: (): Part => cat([2], opaque(TAG)),
};

export interface CommitParts {
  readonly proposals?: readonly Part[];
  readonly path?: Part | null;
  readonly sender?: 'member' | 'joiner' | 'external' | 'proposer';
  readonly group?: Part;
  readonly aad?: Part;
  readonly contentType?: number;
  readonly tail?: Part;
}

export function path(leafNode: Part = leaf()): Uint8Array {
  const node = cat(opaque(KEY), opaque(cat(opaque(KEY), opaque(SIGNATURE))));
  return cat(leafNode, opaque(node));
}

export function commit(parts: CommitParts = {}): Uint8Array {
  const { proposals = [], path: at = path(), sender = 'member', tail = [] } = parts;
  const who = {
    member: cat([1], u32(5)),
    external: cat([2], u32(0)),
    proposer: Uint8Array.of(3),
    joiner: Uint8Array.of(4),
  }[sender];
  return cat(
    u16(1),
    u16(1),
    opaque(parts.group ?? GROUP),
    u64(9),
    who,
    opaque(parts.aad ?? []),
    [parts.contentType ?? 3],
    opaque(cat(...proposals)),
    at === null ? [0] : cat([1], at),
    opaque(SIGNATURE),
    opaque(TAG),
    sender === 'member' ? opaque(TAG) : [],
    tail,
  );
}

export interface GroupInfoParts {
  /** Whole nodes, presence octet included; null for no ratchet_tree at all. */
  readonly nodes?: readonly Part[] | null;
  readonly signer?: number;
}

export const blank: Part = [0];
export function leafEntry(parts: LeafParts = {}): Part {
  return cat([1], [1], leaf(parts));
}
export function parentEntry(): Part {
  return cat([1], [2], opaque(KEY), opaque([]), opaque([]));
}

export function groupInfo({ nodes = [leafEntry()], signer = 0 }: GroupInfoParts = {}): Uint8Array {
  const tree = nodes === null ? [] : cat(u16(2), opaque(opaque(cat(...nodes))));
  return cat(
    u16(1),
    u16(4),
    u16(1),
    u16(1),
    opaque(GROUP),
    u64(9),
    opaque(TAG),
    opaque(TAG),
    opaque([]),
    opaque(tree),
    opaque(TAG),
    u32(signer),
    opaque(SIGNATURE),
  );
}
