import { describe, expect, test } from 'vitest';
import type { CommitView, Leaf } from '../src/interface.ts';
import { checkMembers, checkTransition } from '../src/transition.ts';

const DOMAIN = 'crypho.test';

function leaf(account: string, device = 'd1', key = `${account}${device}`, domain = DOMAIN): Leaf {
  return { id: { account, device, domain }, keyThumbprint: key };
}

const [alice, bob, carol] = [leaf('alice'), leaf('bob'), leaf('carol')];
const second = leaf('alice', 'd2');

function view(parts: Partial<CommitView>): CommitView {
  return {
    group: new Uint8Array(20),
    epoch: 1n,
    external: false,
    added: [],
    removedLeaves: [],
    removed: [],
    hash: new Uint8Array(32),
    ...parts,
  };
}

function outcome(
  before: Leaf[],
  after: Leaf[],
  commit: Partial<CommitView>,
  committer = alice,
): string {
  const result = checkTransition(before, after, view(commit), committer, DOMAIN);
  return result.ok ? `removed ${result.removed.map((id) => id.account).join()}` : result.reason;
}

describe('a change of members', () => {
  test.each<[string, string, Leaf[], Leaf[], Partial<CommitView>, Leaf?]>([
    ['nothing', 'removed ', [alice, bob], [alice, bob], { pathLeaf: alice }],
    ['an add', 'removed ', [alice], [alice, bob], { added: [bob] }],
    ['a removal', 'removed bob', [alice, bob], [alice], { removedLeaves: [1], pathLeaf: alice }],
    [
      'a rejoin',
      'removed alice',
      [alice, bob],
      [alice, bob],
      { external: true, removedLeaves: [0], pathLeaf: alice },
    ],
    [
      'an own device replaced',
      'removed alice',
      [alice, bob],
      [second, bob],
      { external: true, removedLeaves: [0], pathLeaf: second },
      second,
    ],
    ['a ghost', 'a member that nobody added', [alice], [alice, bob], { pathLeaf: alice }],
    [
      'a ghost beside an add',
      'a member that nobody added',
      [alice],
      [alice, bob, carol],
      { added: [bob] },
    ],
    [
      'a swapped key',
      'a member that nobody added',
      [alice, bob],
      [alice, leaf('bob', 'd1', 'other')],
      { pathLeaf: alice },
    ],
    ['a removal not shown', 'hidden removal', [alice, bob], [alice], { pathLeaf: alice }],
    ['an add not done', 'hidden removal', [alice], [alice], { added: [bob] }],
    [
      'more shown than done',
      'hidden removal',
      [alice, bob],
      [alice, bob],
      { removedLeaves: [1], pathLeaf: alice },
    ],
    ['an outsider', 'the committer is no member', [bob], [bob], { pathLeaf: alice }],
    [
      'somebody as somebody else',
      'the committer changed its identity or key',
      [alice, bob],
      [alice, bob],
      { pathLeaf: bob },
    ],
    [
      "an external removal of another's device",
      "an external commit removed another account's device",
      [alice, bob],
      [alice, carol],
      { external: true, removedLeaves: [1], pathLeaf: carol },
      carol,
    ],
    [
      'a device twice',
      'a device is in the group twice',
      [alice],
      [alice, leaf('alice', 'd1', 'other')],
      { added: [leaf('alice', 'd1', 'other')] },
    ],
    [
      'a foreign domain',
      'foreign identity',
      [alice],
      [alice, leaf('bob', 'd1', 'k', 'other.test')],
      { added: [leaf('bob', 'd1', 'k', 'other.test')] },
    ],
  ])('%s: %s', (_, wanted, before, after, commit, committer) => {
    expect(outcome(before, after, commit, committer)).toBe(wanted);
  });
});

test('a group has at most 1000 members', () => {
  const many = Array.from({ length: 1001 }, (_, i) => leaf(`account ${i}`));
  expect(checkMembers(many, DOMAIN)).toBe('group too large');
  expect(checkMembers(many.slice(1), DOMAIN)).toBeUndefined();
});
