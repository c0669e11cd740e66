import { expect, test } from 'vitest';
import { createRandom } from '../../testkit/src/index.ts';
import {
  applyPatch,
  emptyList,
  firstUnread,
  formatRoute,
  generatePassphrase,
  initials,
  loadWords,
  mentionQuery,
  parseBlocks,
  parseInline,
  parseRoute,
  qrPath,
  timelineRows,
} from '../src/index.ts';

interface Item {
  readonly key: string;
  readonly sortKey: string;
}

test('a patched list holds what was put and not removed, in order, whatever the history', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed);
    const truth = new Map<string, Item>();
    let list = emptyList<Item>();
    for (let step = 0; step < 12; step++) {
      const upserts = Array.from({ length: random(6) }, () => ({
        key: `k${random(12)}`,
        sortKey: String(random(9)),
      }));
      const removes = Array.from({ length: random(3) }, () => `k${random(12)}`).filter(
        (key) => !upserts.some((item) => item.key === key),
      );
      const isSnapshot = step === 0;
      for (const key of removes) truth.delete(key);
      for (const item of upserts) truth.set(item.key, item);
      list = applyPatch(list, { upserts, removes, isSnapshot });
    }
    const order = (item: Item): string => `${item.sortKey} ${item.key}`;
    const wanted = [...truth.values()].map(order).toSorted();
    expect(list.items.map(order), `seed ${seed}`).toEqual(wanted);
  }
});

test('words of both lists are many, distinct and plain', async () => {
  for (const tag of ['nb', 'en'] as const) {
    const words = await loadWords(tag);
    expect(new Set(words).size).toBe(words.length);
    expect(words.length).toBeGreaterThanOrEqual(1296);
    for (const word of words) expect(word).toMatch(/^[a-zæøå]{4,9}$/);
    const { bits, passphrase } = generatePassphrase(words, createRandom(3));
    expect(bits).toBeGreaterThanOrEqual(62);
    expect(passphrase.split(' ')).toHaveLength(6);
  }
});

test('formatting becomes a tree, and what does not close stays text', () => {
  expect(parseInline('a **b _c_** d')).toEqual([
    { kind: 'text', text: 'a ' },
    {
      kind: 'bold',
      children: [
        { kind: 'text', text: 'b ' },
        { kind: 'italic', children: [{ kind: 'text', text: 'c' }] },
      ],
    },
    { kind: 'text', text: ' d' },
  ]);
  expect(parseInline('2 * 3 * 4 and snake_case_name')).toEqual([
    { kind: 'text', text: '2 * 3 * 4 and snake_case_name' },
  ]);
  expect(parseInline('see https://a.example/x.')).toEqual([
    { kind: 'text', text: 'see ' },
    { kind: 'link', href: 'https://a.example/x', text: 'https://a.example/x' },
    { kind: 'text', text: '.' },
  ]);
  expect(parseInline('javascript:alert(1)')).toEqual([
    { kind: 'text', text: 'javascript:alert(1)' },
  ]);
  expect(parseBlocks('```\n**x**\n```\n> q\n- a\n- b').map((block) => block.kind)).toEqual([
    'code',
    'quote',
    'list',
  ]);
});

test('formatting ends in time for hostile text', () => {
  const started = performance.now();
  for (const piece of ['*', '**a', '_a ', '`', '~~x', '> ', '```\n', '@Kari']) {
    parseBlocks(piece.repeat(4_000), ['Kari']);
  }
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('routes come back as they went, and a token is never part of an address', () => {
  for (const path of [
    '/',
    '/login',
    '/signup',
    '/app',
    '/app/c/a1-b2',
    '/app/contacts',
    '/app/settings/devices',
  ]) {
    expect(formatRoute(parseRoute(path))).toBe(path);
  }
  expect(parseRoute('/signup', '#secret')).toEqual({ kind: 'signup', token: 'secret' });
  expect(formatRoute({ kind: 'signup', token: 'secret' })).toBe('/signup');
  expect(parseRoute('/app/c/../../x').kind).toBe('unknown');
});

test('initials of names of many kinds', () => {
  expect(initials('Kari Nordmann')).toBe('KN');
  expect(initials('anne-margrethe lie')).toBe('AL');
  expect(initials('ليلى الحسيني')).toBe('لا');
  expect(initials('  ')).toBe('');
});

test('a mention is being written only at the start of a word', () => {
  expect(mentionQuery('hei @ka', 7)).toEqual({ at: 4, query: 'ka' });
  expect(mentionQuery('kari@ka', 7)).toBeUndefined();
});

test('messages of one sender stay together until the day or five minutes part them', () => {
  const sender = { accountId: 'a', displayName: 'A', isSelf: false };
  const start = new Date(2026, 10, 23, 12, 0).getTime();
  const at = (seq: number, ms: number) => ({
    kind: 'message' as const,
    key: `k${seq}`,
    sortKey: String(seq),
    seq,
    sender,
    timeMs: start + ms,
    body: { kind: 'deleted' as const },
    reactions: [],
    isEdited: false,
    delivery: { kind: 'received' as const },
    mentionsSelf: false,
  });
  const items = [at(1, 0), at(2, 20_000), at(3, 70_000), at(4, 400_000)];
  const rows = timelineRows(items, true, undefined).filter((row) => row.kind === 'message');
  expect(rows.map((row) => [row.isFirst, row.isLast])).toEqual([
    [true, false],
    [false, true],
    [false, true],
    [true, true],
  ]);
  const list = { items, hasNewer: false };
  expect(firstUnread(list, 2)).toBe('k3');
  expect(firstUnread(list, 9)).toBe('k1');
  expect(firstUnread(list, 0)).toBeUndefined();
  expect(firstUnread({ items, hasNewer: true }, 2)).toBeUndefined();
  expect(firstUnread({ items, hasNewer: true }, 90, 2)).toBe('k2');
});

test('a QR code is one path within its square', async () => {
  const { size, path } = await qrPath('otpauth://totp/Crypho:a?secret=JBSWY3DPEHPK3PXP');
  expect(size).toBeGreaterThan(21);
  expect(path).toMatch(/^(M\d+ \d+h\d+v1h-\d+z)+$/);
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(size);
    expect(Number(y)).toBeLessThan(size);
  }
});
