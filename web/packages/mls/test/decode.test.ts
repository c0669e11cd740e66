import { describe, expect, test } from 'vitest';
import {
  DecodeError,
  decodeCommit,
  decodeGroupInfo,
  decodeKeyPackage,
  decodeWelcome,
} from '../src/decode.ts';
import { formatDeviceId } from '../src/identity.ts';
import { Chance, seeds } from './browser/world.ts';
import { fromHex, toHex } from './browser/protocol.ts';
import {
  IDENTITY,
  blank,
  cat,
  commit,
  groupInfo,
  keyPackageBody,
  leaf,
  leafEntry,
  opaque,
  parentEntry,
  path,
  proposal,
  u16,
} from './bytes.ts';
import type { CommitParts } from './bytes.ts';
import handshakes from './fixtures/handshakes.json' with { type: 'json' };

const person = (n: number): string =>
  `00000000-0000-4000-8000-00000000000${n}:d000000000000001@crypho.test`;

describe('what two libraries wrote', () => {
  test('key packages', () => {
    const ours = decodeKeyPackage(fromHex(handshakes['keyPackage by core-crypto']));
    const theirs = decodeKeyPackage(fromHex(handshakes['keyPackage by bcmls']));
    expect(formatDeviceId(ours.leaf.id)).toBe(person(2));
    expect(formatDeviceId(theirs.leaf.id)).toBe(person(4));
    const { notBefore, notAfter } = ours.leaf.lifetime ?? { notBefore: 0n, notAfter: 0n };
    expect(Number(notAfter - notBefore) / 86_400).toBeGreaterThan(60);
  });

  test.each([
    ['add by core-crypto', 0n, { added: [2, 4], removed: [], external: false }],
    ['update by core-crypto', 1n, { added: [], removed: [], external: false, path: 1 }],
    ['external join by core-crypto', 2n, { added: [], removed: [], external: true, path: 3 }],
    ['external rejoin by core-crypto', 3n, { added: [], removed: [3], external: true, path: 3 }],
    ['update by bcmls', 4n, { added: [], removed: [], external: false, path: 4 }],
    ['remove by core-crypto', 5n, { added: [], removed: [1, 3], external: false, path: 1 }],
    ['add by bcmls', 6n, { added: [3], removed: [], external: false }],
    ['external join by bcmls', 8n, { added: [], removed: [], external: true, path: 4 }],
  ] as const)('%s', (name, epoch, wanted) => {
    const { commit: bytes, welcome, groupInfo: info } = handshakes[name];
    const decoded = decodeCommit(fromHex(bytes));
    expect(toHex(decoded.group)).toBe(handshakes.group);
    expect(decoded.epoch).toBe(epoch);
    expect(decoded.external).toBe(wanted.external);
    expect(decoded.sender === undefined).toBe(wanted.external);
    expect(decoded.added.map((each) => formatDeviceId(each.leaf.id))).toEqual(
      wanted.added.map(person),
    );
    expect([...decoded.removedLeaves].toSorted()).toEqual(wanted.removed);
    if ('path' in wanted)
      expect(formatDeviceId(decoded.pathLeaf?.id ?? { account: '', device: '', domain: '' })).toBe(
        person(wanted.path),
      );
    const after = decodeGroupInfo(fromHex(info));
    expect(after.epoch).toBe(epoch + 1n);
    expect(toHex(after.group)).toBe(handshakes.group);
    if (welcome !== null)
      expect(decodeWelcome(fromHex(welcome)).newMembers).toHaveLength(wanted.added.length);
  });
});

function refusal(parts: CommitParts): string {
  try {
    decodeCommit(commit(parts));
  } catch (error) {
    if (error instanceof DecodeError) return `${error.field}: ${error.reason}`;
    throw error;
  }
  return 'accepted';
}

describe('what a commit may be', () => {
  const { add, remove, externalInit } = proposal;
  test.each<[string, CommitParts]>([
    ['an update', {}],
    ['authenticated data', { aad: [1] }],
    ['adds without a path', { proposals: [add()], path: null }],
    ['adds with one', { proposals: [add()] }],
    ['a removal', { proposals: [remove(3)] }],
    ['an external join', { sender: 'joiner', proposals: [externalInit()] }],
    ['an external rejoin', { sender: 'joiner', proposals: [remove(1), externalInit()] }],
  ])('%s', (_, parts) => expect(refusal(parts)).toBe('accepted'));

  test.each<[string, CommitParts, string]>([
    ['by reference', { proposals: [proposal.byReference()] }, 'proposal_or_ref: by reference'],
    ['an Update', { proposals: [proposal.update()] }, 'proposal_type: 2 is not allowed'],
    ['a PSK', { proposals: [proposal.psk()] }, 'proposal_type: 4 is not allowed'],
    ['a ReInit', { proposals: [proposal.reInit()] }, 'proposal_type: 5 is not allowed'],
    [
      'group context extensions',
      { proposals: [proposal.groupContextExtensions()] },
      'proposal_type: 7 is not allowed',
    ],
    [
      'a custom proposal',
      { proposals: [proposal.custom()] },
      'proposal_type: 61440 is not allowed',
    ],
    ['no path, no adds', { path: null }, 'path: absent'],
    ['a removal without a path', { proposals: [add(), remove(1)], path: null }, 'path: absent'],
    ['one leaf removed twice', { proposals: [remove(1), remove(1)] }, 'removed: twice'],
    [
      "a member's external_init",
      { proposals: [externalInit()] },
      'proposals: misplaced external_init',
    ],
    ['an external sender', { sender: 'external' }, 'sender_type: neither member nor joiner'],
    ['a new member proposal', { sender: 'proposer' }, 'sender_type: neither member nor joiner'],
    [
      'an external commit without external_init',
      { sender: 'joiner' },
      'proposals: misplaced external_init',
    ],
    [
      'with two',
      { sender: 'joiner', proposals: [externalInit(), externalInit()] },
      'proposal_type: 6 is not allowed',
    ],
    [
      'that adds',
      { sender: 'joiner', proposals: [externalInit(), add()] },
      'proposals: add in an external commit',
    ],
    [
      'that removes two',
      { sender: 'joiner', proposals: [externalInit(), remove(1), remove(2)] },
      'proposals: external commit removes several',
    ],
    [
      'without a path',
      { sender: 'joiner', proposals: [externalInit()], path: null },
      'path: absent',
    ],
    ['a proposal message', { contentType: 2 }, 'content_type: not a commit'],
    ['a short group id', { group: [1, 2, 3] }, 'group_id: not 20 bytes'],
    ['bytes at the end', { tail: [0] }, 'commit: bytes left over'],
    [
      'a path leaf from a key package',
      { path: path(leaf({ source: 1 })) },
      'leaf_node_source: not commit',
    ],
    [
      'an added leaf not from a key package',
      { proposals: [add({ source: 2 })] },
      'leaf_node_source: not key_package',
    ],
    ['a certificate', { path: path(leaf({ credential: 2 })) }, 'credential_type: not basic'],
  ])('refused: %s', (_, parts, reason) => expect(refusal(parts)).toBe(reason));

  test.each([
    'mallory',
    IDENTITY.toUpperCase(),
    IDENTITY.replace(':d', ':0'),
    IDENTITY.replace(':d0', ':d'),
    IDENTITY.replace('@', '@@'),
    `${IDENTITY}\n`,
    ` ${IDENTITY}`,
    IDENTITY.replace('crypho.test', ''),
    IDENTITY.replace('crypho', 'cr\u00ffpho'),
  ])('refused: the identity %j', (identity) => {
    const reason = 'identity: not account:device@domain';
    expect(refusal({ path: path(leaf({ identity })) })).toBe(reason);
    expect(refusal({ proposals: [proposal.add({ identity })] })).toBe(reason);
  });

  test('refused: more proposals than a group has members', () => {
    const proposals = Array.from({ length: 1001 }, (_, i) => proposal.remove(i));
    expect(refusal({ proposals })).toBe('proposals: too many');
  });
});

describe('lengths', () => {
  const body = keyPackageBody();
  test('a length not in its shortest form is refused', () => {
    const head = cat(u16(1), u16(5));
    expect(() => decodeKeyPackage(cat(head, body))).not.toThrow();
    const start = cat(u16(1), u16(1)).length;
    const long = cat(
      head,
      body.subarray(0, start),
      opaque(body.subarray(5, 37), 2),
      body.subarray(37),
    );
    expect(() => decodeKeyPackage(long)).toThrow(/not minimal/);
  });

  test('a length of four gigabytes allocates nothing and is refused at its place', () => {
    const lie = cat(u16(1), u16(5), u16(1), u16(1), [0xbf, 0xff, 0xff, 0xff]);
    expect(() => decodeKeyPackage(lie)).toThrow(new DecodeError('init_key', 12, 'longer than 32'));
  });

  test('the reserved length prefix is refused', () => {
    expect(() => decodeKeyPackage(cat(u16(1), u16(5), u16(1), u16(1), [0xc0]))).toThrow(/0b11/);
  });

  test('messages beyond their limit are refused unread', () => {
    expect(() => decodeKeyPackage(new Uint8Array(8193))).toThrow(/longer than 8192/);
    expect(() => decodeCommit(new Uint8Array((1 << 20) + 1))).toThrow(/longer than/);
  });
});

describe('a ratchet tree', () => {
  test('keeps leaf places, blanks included', () => {
    const nodes = [leafEntry(), parentEntry(), blank, blank, leafEntry()];
    const { leaves } = decodeGroupInfo(groupInfo({ nodes }));
    expect(leaves.map((each) => each !== undefined)).toEqual([true, false, true]);
  });

  test.each([
    ['absent', { nodes: null }, /no ratchet_tree/],
    ['a blank at the end', { nodes: [leafEntry(), blank] }, /blank at the end/],
    ['a leaf for a parent', { nodes: [leafEntry(), leafEntry()] }, /out of place/],
    ['a parent for a leaf', { nodes: [parentEntry()] }, /out of place/],
    ['a signer that is not there', { signer: 1 }, /no such leaf/],
    ['a foreign member', { nodes: [leafEntry({ identity: 'ghost' })] }, /account:device@domain/],
    [
      'more nodes than the largest group',
      { nodes: [...Array.from({ length: 2047 }, () => blank), leafEntry()] },
      /too many nodes/,
    ],
  ])('refused: %s', (_, parts, reason) => {
    expect(() => decodeGroupInfo(groupInfo(parts))).toThrow(reason);
  });
});

describe('damage', () => {
  const samples: [string, string, (bytes: Uint8Array) => unknown][] = [
    ['key package', handshakes['keyPackage by core-crypto'], decodeKeyPackage],
    ['commit', handshakes['remove by core-crypto'].commit, decodeCommit],
    ['external commit', handshakes['external join by bcmls'].commit, decodeCommit],
    ['welcome', handshakes['add by core-crypto'].welcome, decodeWelcome],
    ['group info', handshakes['remove by core-crypto'].groupInfo, decodeGroupInfo],
  ];

  test.each(samples)('every shorter %s is refused', (_, hex, decode) => {
    const bytes = fromHex(hex);
    expect(() => decode(bytes)).not.toThrow();
    for (let length = 0; length < bytes.length; length++)
      expect(() => decode(bytes.subarray(0, length))).toThrow(DecodeError);
  });

  test.each(seeds())('changed bytes are read or refused, never anything else, seed %i', (seed) => {
    const chance = new Chance(seed);
    for (const [name, hex, decode] of samples)
      for (let i = 0; i < 5_000; i++) {
        const bytes = fromHex(hex);
        for (let n = 1 + chance.below(3); n > 0; n--)
          bytes[chance.below(bytes.length)] = chance.below(256);
        try {
          decode(bytes);
        } catch (error) {
          if (!(error instanceof DecodeError))
            throw new Error(`SEED=${seed}, ${name}, change ${i}`, { cause: error });
        }
      }
  });
});
