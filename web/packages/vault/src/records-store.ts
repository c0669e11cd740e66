/**
 * Records over a storage, encrypted: every value AES-256-GCM under the database key with its place as
 * additional data; places are opaque. A place is a partition (`log/<conversation>`, say) and a name or an
 * order in it: HMAC(partition)[16] ‖ order (8), or HMAC(partition)[16] ‖ HMAC(name)[16].
 */
import { concat, own, readU64, text, u64, utf8 } from './bytes.ts';
import type { Bytes } from './bytes.ts';
import { OpenError, derive, hmac } from './primitives.ts';
import type { Random } from './primitives.ts';
import { StorageError } from './storage.ts';
import type { Storage, Write } from './storage.ts';

const PARTITION_BYTES = 16;
const ORDER_MAX = 0xffff_ffff_ffff_ffffn;

export type Place =
  | { readonly partition: string; readonly name: string }
  | { readonly partition: string; readonly order: number };

export type RecordWrite =
  | { readonly place: Place; readonly value: unknown }
  | { readonly place: Place; readonly isDeleted: true };

/** What a range answers: values with their order (0 for named ones). */
export interface Ordered {
  readonly order: number;
  readonly value: unknown;
}

export interface OrderRange {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly limit?: number;
  readonly isReverse?: boolean;
}

/** Values are JSON; whoever reads them checks them. Throws `StorageError`. */
export interface Records {
  get(place: Place): Promise<unknown>;
  getMany(places: readonly Place[]): Promise<readonly unknown[]>;
  /** All of a partition, in the storage's order. */
  all(partition: string): Promise<readonly unknown[]>;
  range(partition: string, range: OrderRange): Promise<readonly Ordered[]>;
  write(writes: readonly RecordWrite[]): Promise<void>;
  /** Deletes whole partitions. */
  clear(partitions: readonly string[]): Promise<void>;
  close(): Promise<void>;
  destroy(): Promise<void>;
}

export async function encryptedRecords(
  storage: Storage,
  databaseKey: Bytes,
  random: Random,
): Promise<Records> {
  const placeKey = await derive(databaseKey, 'crypho records place v1');
  const raw = await derive(databaseKey, 'crypho records value v1');
  const valueKey = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
  raw.fill(0);
  const blinded = new Map<string, Promise<Bytes>>();

  function partitionKey(partition: string): Promise<Bytes> {
    let key = blinded.get(partition);
    if (key === undefined) {
      key = hmac(placeKey, utf8(`p ${partition}`)).then((mac) => own(mac.subarray(0, 16)));
      blinded.set(partition, key);
    }
    return key;
  }

  async function keyOf(place: Place): Promise<Bytes> {
    const partition = await partitionKey(place.partition);
    if ('order' in place) return concat(partition, u64(BigInt(place.order)));
    const name = await hmac(placeKey, utf8(`n ${place.partition} ${place.name}`));
    return concat(partition, name.subarray(0, 16));
  }

  async function seal(key: Bytes, value: unknown): Promise<Bytes> {
    const iv = random(12);
    const parameters = { name: 'AES-GCM', iv, additionalData: key };
    const plain = utf8(JSON.stringify(value));
    return concat(iv, new Uint8Array(await crypto.subtle.encrypt(parameters, valueKey, plain)));
  }

  async function open(key: Bytes, sealed: Bytes): Promise<unknown> {
    try {
      const iv = sealed.subarray(0, 12);
      const parameters = { name: 'AES-GCM', iv, additionalData: key };
      const plain = await crypto.subtle.decrypt(parameters, valueKey, sealed.subarray(12));
      return JSON.parse(text(new Uint8Array(plain)));
    } catch {
      throw new StorageError(new OpenError());
    }
  }

  async function toWrite(write: RecordWrite): Promise<Write> {
    const key = await keyOf(write.place);
    if ('isDeleted' in write) return { kind: 'delete', key };
    return { kind: 'put', key, value: await seal(key, write.value) };
  }

  async function bounds(partition: string): Promise<{ from: Bytes; to: Bytes }> {
    const prefix = await partitionKey(partition);
    return { from: prefix, to: concat(prefix, new Uint8Array(17).fill(255)) };
  }

  return {
    get: async (place) => {
      const key = await keyOf(place);
      const sealed = await storage.get(key);
      return sealed === undefined ? undefined : open(key, sealed);
    },
    getMany: async (places) => {
      const keys = await Promise.all(places.map(keyOf));
      const sealed = await storage.getMany(keys);
      return Promise.all(
        sealed.map((value, i) => {
          const key = keys[i];
          return value === undefined || key === undefined ? undefined : open(key, value);
        }),
      );
    },
    all: async (partition) => {
      const found = await storage.range(await bounds(partition));
      return Promise.all(found.map((entry) => open(entry.key, entry.value)));
    },
    range: async (partition, wanted) => {
      const prefix = await partitionKey(partition);
      const from = concat(prefix, u64(BigInt(Math.max(0, wanted.from))));
      const last = BigInt(Math.max(-1, Math.min(wanted.to, Number.MAX_SAFE_INTEGER))) + 1n;
      const to = concat(prefix, u64(last > ORDER_MAX ? ORDER_MAX : last));
      const found = await storage.range({
        from,
        to,
        ...(wanted.limit === undefined ? {} : { limit: wanted.limit }),
        ...(wanted.isReverse === undefined ? {} : { isReverse: wanted.isReverse }),
      });
      return Promise.all(
        found.map(async (entry) => ({
          order: Number(readU64(entry.key, PARTITION_BYTES)),
          value: await open(entry.key, entry.value),
        })),
      );
    },
    write: async (writes) => storage.write(await Promise.all(writes.map(toWrite))),
    clear: async (partitions) => {
      const writes: Write[] = [];
      for (const partition of partitions)
        for (const { key } of await storage.range(await bounds(partition)))
          writes.push({ kind: 'delete', key });
      await storage.write(writes);
    },
    close: () => storage.close(),
    destroy: () => storage.destroy(),
  };
}
