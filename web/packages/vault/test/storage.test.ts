import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import {
  StorageError,
  cryptoRandom,
  encryptedRecords,
  hex,
  indexedDbStorage,
  memoryStorage,
  utf8,
} from '../src/index.ts';
import type { Bytes, Storage } from '../src/index.ts';

let names = 0;
const ADAPTERS: readonly (readonly [string, () => Promise<Storage>])[] = [
  ['memory', async () => memoryStorage()],
  ['IndexedDB', () => indexedDbStorage(`contract-${names++}`)],
];

const key = (...bytes: number[]): Bytes => Uint8Array.from(bytes);

describe.each(ADAPTERS)('storage in %s', (_name, open) => {
  test('gives back what was written, and nothing else', async () => {
    const storage = await open();
    await storage.write([{ kind: 'put', key: key(1), value: utf8('one') }]);
    expect(await storage.get(key(1))).toEqual(utf8('one'));
    expect(await storage.get(key(2))).toBeUndefined();
    const many = await storage.getMany([key(2), key(1), key(1, 0)]);
    expect(many).toEqual([undefined, utf8('one'), undefined]);
    await storage.write([
      { kind: 'put', key: key(1), value: utf8('two') },
      { kind: 'delete', key: key(1) },
    ]);
    expect(await storage.get(key(1))).toBeUndefined();
  });

  test('keeps keys in the order of their bytes', async () => {
    const storage = await open();
    const keys = [key(2), key(1, 255), key(1), key(1, 0, 0), key(255), key(1, 128)];
    await storage.write(keys.map((each) => ({ kind: 'put', key: each, value: each })));
    const all = await storage.range({ from: key(0), to: key(255, 255) });
    expect(all.map((entry) => hex(entry.key))).toEqual(keys.map(hex).toSorted());
    const range = { from: key(1), to: key(2), limit: 2 };
    expect(await storage.range({ from: key(2), to: key(1) })).toEqual([]);
    expect(await storage.range({ from: key(2), to: key(2), isReverse: true })).toEqual([]);
    const first = await storage.range(range);
    expect(first.map((entry) => hex(entry.key))).toEqual(['01', '010000']);
    const last = await storage.range({ ...range, isReverse: true });
    expect(last.map((entry) => hex(entry.key))).toEqual(['01ff', '0180']);
  });

  test('is empty once destroyed', async () => {
    const storage = await open();
    await storage.write([{ kind: 'put', key: key(1), value: key(1) }]);
    await storage.destroy();
  });

  test('holds records that the storage cannot read', async () => {
    const storage = await open();
    const records = await encryptedRecords(storage, cryptoRandom(32), cryptoRandom);
    const place = { partition: 'log/hemmelig-samtale', order: 7 };
    await records.write([{ place, value: { text: 'hemmelig-melding' } }]);
    expect(await records.get(place)).toEqual({ text: 'hemmelig-melding' });
    for (const entry of await storage.range({ from: key(0), to: new Uint8Array(40).fill(255) })) {
      const raw = new TextDecoder().decode(Uint8Array.from([...entry.key, ...entry.value]));
      expect(raw).not.toContain('hemmelig');
    }
  });

  test('gives ordered records by range', async () => {
    const records = await encryptedRecords(await open(), cryptoRandom(32), cryptoRandom);
    const partition = 'log/1';
    const orders = [1, 2, 300, 4, 70_000];
    await records.write(orders.map((order) => ({ place: { partition, order }, value: order })));
    await records.write([{ place: { partition: 'log/2', order: 5 }, value: 5 }]);
    const orderOf = (found: readonly { readonly order: number }[]): number[] =>
      found.map((each) => each.order);
    const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
    expect(orderOf(await records.range(partition, all))).toEqual([1, 2, 4, 300, 70_000]);
    expect(orderOf(await records.range(partition, { from: 2, to: 300 }))).toEqual([2, 4, 300]);
    const newest = { ...all, limit: 2, isReverse: true };
    expect(orderOf(await records.range(partition, newest))).toEqual([70_000, 300]);
    await records.clear([partition]);
    expect(await records.range(partition, all)).toEqual([]);
    expect(orderOf(await records.range('log/2', all))).toEqual([5]);
  });

  test('refuses a value moved to another place', async () => {
    const storage = await open();
    const records = await encryptedRecords(storage, cryptoRandom(32), cryptoRandom);
    const from = { partition: 'a', name: 'x' };
    const to = { partition: 'a', name: 'y' };
    await records.write([
      { place: from, value: 1 },
      { place: to, value: 2 },
    ]);
    const [one, two] = await storage.range({ from: key(0), to: new Uint8Array(40).fill(255) });
    if (one === undefined || two === undefined) throw new Error('two records were written');
    await storage.write([{ kind: 'put', key: one.key, value: two.value }]);
    const read = Promise.all([records.get(from), records.get(to)]);
    await expect(read).rejects.toBeInstanceOf(StorageError);
  });
});
