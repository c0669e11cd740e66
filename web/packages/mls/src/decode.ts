/**
 * Our own reading of the four MLSMessages that cross a server (RFC 9420 §6, §10, §12.4): strict, bounded, without any
 * cryptography. It lets policy look at a handshake before the library does, and narrows MLS to what Crypho uses:
 * one ciphersuite, basic credentials in our form, Add and Remove by value, and in an external commit a path, exactly
 * one ExternalInit and at most one Remove. Whatever else is legal MLS is refused here.
 */
import { DecodeError } from './errors.ts';
import { IDENTITY_BYTES_MAX, parseDeviceId } from './identity.ts';
import type { DeviceId, Epoch } from './interface.ts';
import { Reader } from './reader.ts';

export { DecodeError } from './errors.ts';

/** UUID and generation. */
export const GROUP_ID_BYTES = 20;
/** Members of a group; ui text promises this number. */
export const LEAVES_MAX = 1000;
export const KEY_PACKAGE_BYTES_MAX = 8192;
export const COMMIT_BYTES_MAX = 1 << 20;
export const WELCOME_BYTES_MAX = 2 << 20;
export const GROUP_INFO_BYTES_MAX = 1 << 20;

const VERSION_MLS10 = 1;
const WIRE = { publicMessage: 1, welcome: 3, groupInfo: 4, keyPackage: 5 } as const;
const SUITE = 1; // MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519
const KEY_BYTES = 32;
const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const SMALL_BYTES_MAX = 1024;
const AUTHENTICATED_DATA_BYTES_MAX = 4096;
const EXTENSIONS_MAX = 32;
const EXTENSION_RATCHET_TREE = 2;
const NODES_MAX = 2 * 1024 - 1; // the tree of LEAVES_MAX, filled up to a power of two

/** A leaf as it stands in the bytes. */
export interface DecodedLeaf {
  readonly id: DeviceId;
  readonly signatureKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
  readonly source: 'key-package' | 'update' | 'commit';
  /** Seconds since 1970; only in key packages. */
  readonly lifetime?: { readonly notBefore: bigint; readonly notAfter: bigint };
}

export interface DecodedKeyPackage {
  readonly leaf: DecodedLeaf;
  readonly initKey: Uint8Array;
}

export interface DecodedCommit {
  readonly group: Uint8Array;
  readonly epoch: Epoch;
  readonly external: boolean;
  readonly sender?: number;
  readonly added: readonly DecodedKeyPackage[];
  readonly removedLeaves: readonly number[];
  /** Absent only where every proposal is an Add (RFC 9420 §12.4). */
  readonly pathLeaf?: DecodedLeaf;
}

export interface DecodedWelcome {
  /** KeyPackageRefs of those it is for. */
  readonly newMembers: readonly Uint8Array[];
}

export interface DecodedGroupInfo {
  readonly group: Uint8Array;
  readonly epoch: Epoch;
  readonly treeHash: Uint8Array;
  readonly confirmationTag: Uint8Array;
  readonly signer: number;
  /** By leaf index; blanks are undefined. */
  readonly leaves: readonly (DecodedLeaf | undefined)[];
}

export function decodeCommit(bytes: Uint8Array): DecodedCommit {
  const r = message(bytes, WIRE.publicMessage, COMMIT_BYTES_MAX);
  const group = groupId(r);
  const epoch = r.u64('epoch');
  const senderType = r.u8('sender_type');
  if (senderType !== 1 && senderType !== 4) r.fail('sender_type', 'neither member nor joiner');
  const external = senderType === 4;
  const sender = external ? undefined : r.u32('leaf_index');
  if (sender !== undefined && sender >= 1 << 10) r.fail('leaf_index', 'beyond the largest group');
  // Signed by the sender and of no use to us: bounded, and passed over as the delivery service does.
  r.opaque('authenticated_data', AUTHENTICATED_DATA_BYTES_MAX);
  if (r.u8('content_type') !== 3) r.fail('content_type', 'not a commit');
  const { added, removedLeaves, externalInits } = proposals(r);
  if (externalInits !== (external ? 1 : 0)) r.fail('proposals', 'misplaced external_init');
  if (external && added.length > 0) r.fail('proposals', 'add in an external commit');
  if (external && removedLeaves.length > 1) r.fail('proposals', 'external commit removes several');
  const pathLeaf = r.present('path') ? updatePath(r) : undefined;
  if (pathLeaf === undefined && (added.length === 0 || removedLeaves.length > 0))
    r.fail('path', 'absent');
  exact(r, 'signature', SIGNATURE_BYTES);
  exact(r, 'confirmation_tag', HASH_BYTES);
  if (!external) exact(r, 'membership_tag', HASH_BYTES);
  r.end('commit');
  return {
    group,
    epoch,
    external,
    ...(sender === undefined ? {} : { sender }),
    added,
    removedLeaves,
    ...(pathLeaf === undefined ? {} : { pathLeaf }),
  };
}

export function decodeKeyPackage(bytes: Uint8Array): DecodedKeyPackage {
  const r = message(bytes, WIRE.keyPackage, KEY_PACKAGE_BYTES_MAX);
  const decoded = keyPackage(r);
  r.end('key_package');
  return decoded;
}

export function decodeWelcome(bytes: Uint8Array): DecodedWelcome {
  const r = message(bytes, WIRE.welcome, WELCOME_BYTES_MAX);
  suite(r);
  const secrets = r.vector('secrets', WELCOME_BYTES_MAX);
  const newMembers: Uint8Array[] = [];
  while (secrets.left > 0) {
    if (newMembers.length === LEAVES_MAX) secrets.fail('secrets', 'too many');
    newMembers.push(exact(secrets, 'new_member', HASH_BYTES));
    exact(secrets, 'kem_output', KEY_BYTES);
    secrets.opaque('ciphertext', SMALL_BYTES_MAX);
  }
  if (newMembers.length === 0) r.fail('secrets', 'none');
  r.opaque('encrypted_group_info', GROUP_INFO_BYTES_MAX);
  r.end('welcome');
  return { newMembers };
}

export function decodeGroupInfo(bytes: Uint8Array): DecodedGroupInfo {
  const r = message(bytes, WIRE.groupInfo, GROUP_INFO_BYTES_MAX);
  version(r);
  suite(r);
  const group = groupId(r);
  const epoch = r.u64('epoch');
  const treeHash = exact(r, 'tree_hash', HASH_BYTES);
  r.opaque('confirmed_transcript_hash', HASH_BYTES);
  extensions(r, 'group_context.extensions');
  const tree = extensions(r, 'extensions').find((e) => e.type === EXTENSION_RATCHET_TREE);
  if (tree === undefined) return r.fail('extensions', 'no ratchet_tree');
  const leaves = ratchetTree(tree.data);
  const confirmationTag = exact(r, 'confirmation_tag', HASH_BYTES);
  const signer = r.u32('signer');
  if (leaves[signer] === undefined) r.fail('signer', 'no such leaf');
  exact(r, 'signature', SIGNATURE_BYTES);
  r.end('group_info');
  return { group, epoch, treeHash, confirmationTag, signer, leaves };
}

function message(bytes: Uint8Array, wireFormat: number, max: number): Reader {
  if (bytes.length > max) throw new DecodeError('message', 0, `longer than ${max}`);
  const r = new Reader(bytes);
  version(r);
  if (r.u16('wire_format') !== wireFormat) r.fail('wire_format', `not ${wireFormat}`);
  return r;
}

function version(r: Reader): void {
  if (r.u16('version') !== VERSION_MLS10) r.fail('version', 'not mls10');
}

function suite(r: Reader): void {
  if (r.u16('cipher_suite') !== SUITE) r.fail('cipher_suite', 'not ours');
}

function groupId(r: Reader): Uint8Array {
  return exact(r, 'group_id', GROUP_ID_BYTES);
}

function exact(r: Reader, field: string, length: number): Uint8Array {
  const bytes = r.opaque(field, length);
  if (bytes.length !== length) r.fail(field, `not ${length} bytes`);
  return bytes;
}

interface Proposals {
  readonly added: readonly DecodedKeyPackage[];
  readonly removedLeaves: readonly number[];
  readonly externalInits: number;
}

function proposals(outer: Reader): Proposals {
  const r = outer.vector('proposals', COMMIT_BYTES_MAX);
  const added: DecodedKeyPackage[] = [];
  const removedLeaves: number[] = [];
  let externalInits = 0;
  while (r.left > 0) {
    if (added.length + removedLeaves.length >= LEAVES_MAX) r.fail('proposals', 'too many');
    if (r.u8('proposal_or_ref') !== 1) r.fail('proposal_or_ref', 'by reference');
    const type = r.u16('proposal_type');
    if (type === 1) added.push(keyPackage(r));
    else if (type === 3) removedLeaves.push(r.u32('removed'));
    else if (type === 6 && externalInits === 0) {
      exact(r, 'kem_output', KEY_BYTES);
      externalInits++;
    } else r.fail('proposal_type', `${type} is not allowed`);
  }
  if (new Set(removedLeaves).size !== removedLeaves.length) r.fail('removed', 'twice');
  return { added, removedLeaves, externalInits };
}

function keyPackage(r: Reader): DecodedKeyPackage {
  version(r);
  suite(r);
  const initKey = exact(r, 'init_key', KEY_BYTES);
  const leaf = leafNode(r);
  if (leaf.source !== 'key-package') r.fail('leaf_node_source', 'not key_package');
  extensions(r, 'key_package.extensions');
  exact(r, 'key_package.signature', SIGNATURE_BYTES);
  return { leaf, initKey };
}

/** RFC 9420 §7.2. */
function leafNode(r: Reader): DecodedLeaf {
  const encryptionKey = exact(r, 'encryption_key', KEY_BYTES);
  const signatureKey = exact(r, 'signature_key', KEY_BYTES);
  const id = credential(r);
  for (const list of ['versions', 'cipher_suites', 'extensions', 'proposals', 'credentials'])
    if (r.opaque(`capabilities.${list}`, SMALL_BYTES_MAX).length % 2 !== 0)
      r.fail(`capabilities.${list}`, 'odd length');
  const source = r.u8('leaf_node_source');
  const common = { id, signatureKey, encryptionKey };
  let leaf: DecodedLeaf;
  if (source === 1) {
    const lifetime = { notBefore: r.u64('not_before'), notAfter: r.u64('not_after') };
    leaf = { ...common, source: 'key-package', lifetime };
  } else if (source === 2) {
    leaf = { ...common, source: 'update' };
  } else if (source === 3) {
    r.opaque('parent_hash', HASH_BYTES);
    leaf = { ...common, source: 'commit' };
  } else {
    return r.fail('leaf_node_source', 'unknown');
  }
  extensions(r, 'leaf_node.extensions');
  exact(r, 'leaf_node.signature', SIGNATURE_BYTES);
  return leaf;
}

function credential(r: Reader): DeviceId {
  if (r.u16('credential_type') !== 1) r.fail('credential_type', 'not basic');
  const bytes = r.opaque('identity', IDENTITY_BYTES_MAX);
  const id = parseDeviceId(String.fromCharCode(...bytes));
  if (id === undefined) r.fail('identity', 'not account:device@domain');
  return id;
}

interface Extension {
  readonly type: number;
  readonly data: Reader;
}

function extensions(outer: Reader, field: string): Extension[] {
  const r = outer.vector(field, GROUP_INFO_BYTES_MAX);
  const list: Extension[] = [];
  while (r.left > 0) {
    const type = r.u16(`${field}.type`);
    if (list.some((e) => e.type === type)) r.fail(field, 'extension twice');
    if (list.length === EXTENSIONS_MAX) r.fail(field, 'too many');
    list.push({ type, data: r.vector(`${field}.data`, GROUP_INFO_BYTES_MAX) });
  }
  return list;
}

function updatePath(r: Reader): DecodedLeaf {
  const leaf = leafNode(r);
  if (leaf.source !== 'commit') r.fail('leaf_node_source', 'not commit');
  const nodes = r.vector('path.nodes', COMMIT_BYTES_MAX);
  for (let count = 0; nodes.left > 0; count++) {
    if (count === 10) nodes.fail('path.nodes', 'longer than the deepest tree');
    exact(nodes, 'path.encryption_key', KEY_BYTES);
    const secrets = nodes.vector('path.encrypted_path_secret', COMMIT_BYTES_MAX);
    for (let copies = 0; secrets.left > 0; copies++) {
      if (copies === LEAVES_MAX) secrets.fail('path.encrypted_path_secret', 'too many');
      exact(secrets, 'path.kem_output', KEY_BYTES);
      secrets.opaque('path.ciphertext', SMALL_BYTES_MAX);
    }
  }
  return leaf;
}

/** RFC 9420 §12.4.3.3: nodes in order, leaves at even places, blanks at the end cut off. */
function ratchetTree(outer: Reader): (DecodedLeaf | undefined)[] {
  const r = outer.vector('ratchet_tree', GROUP_INFO_BYTES_MAX);
  outer.end('ratchet_tree');
  const leaves: (DecodedLeaf | undefined)[] = [];
  for (let index = 0; r.left > 0; index++) {
    if (index === NODES_MAX) r.fail('ratchet_tree', 'too many nodes');
    const isLeaf = index % 2 === 0;
    if (!r.present('node')) {
      if (r.left === 0) r.fail('ratchet_tree', 'blank at the end');
      if (isLeaf) leaves.push(undefined);
      continue;
    }
    if (r.u8('node_type') !== (isLeaf ? 1 : 2)) r.fail('node_type', 'out of place');
    if (isLeaf) leaves.push(leafNode(r));
    else parentNode(r);
  }
  if (leaves.reduce((n, leaf) => n + (leaf === undefined ? 0 : 1), 0) > LEAVES_MAX)
    r.fail('ratchet_tree', 'too many leaves');
  return leaves;
}

function parentNode(r: Reader): void {
  exact(r, 'encryption_key', KEY_BYTES);
  r.opaque('parent_hash', HASH_BYTES);
  if (r.opaque('unmerged_leaves', 4 * LEAVES_MAX).length % 4 !== 0)
    r.fail('unmerged_leaves', 'not whole numbers');
}
