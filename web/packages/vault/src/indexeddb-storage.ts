/** Storage in IndexedDB: one object store of byte keys and byte values. */
import type { Bytes } from './bytes.ts';
import { StorageError } from './storage.ts';
import type { Entry, KeyRange, Storage, Write } from './storage.ts';

const STORE = 'records';

export function requested<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new StorageError(request.error));
  });
}

export function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(new StorageError(transaction.error));
    transaction.onerror = () => reject(new StorageError(transaction.error));
  });
}

export async function openDatabase(name: string, store: string): Promise<IDBDatabase> {
  try {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(store);
    };
    const database = await requested(request);
    // A wipe from elsewhere must not wait for us.
    database.onversionchange = () => database.close();
    return database;
  } catch (error) {
    throw error instanceof StorageError ? error : new StorageError(error);
  }
}

export async function deleteDatabase(name: string): Promise<void> {
  const request = indexedDB.deleteDatabase(name);
  await requested(request);
}

function bytesOf(value: unknown): Bytes {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  throw new StorageError('not bytes');
}

function readRange(store: IDBObjectStore, wanted: KeyRange): Promise<readonly Entry[]> {
  const keys = IDBKeyRange.bound(wanted.from, wanted.to, false, true);
  const limit = wanted.limit ?? Number.POSITIVE_INFINITY;
  return new Promise((resolve, reject) => {
    const found: Entry[] = [];
    const request = store.openCursor(keys, 'prev');
    request.onerror = () => reject(new StorageError(request.error));
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor === null || found.length >= limit) {
        resolve(found);
        return;
      }
      found.push({ key: bytesOf(cursor.key), value: bytesOf(cursor.value) });
      cursor.continue();
    };
  });
}

/** Ascending ranges come in one answer each for keys and values: a cursor costs a turn per record. */
async function readAscending(store: IDBObjectStore, wanted: KeyRange): Promise<readonly Entry[]> {
  const keys = IDBKeyRange.bound(wanted.from, wanted.to, false, true);
  const [names, values] = await Promise.all([
    requested(store.getAllKeys(keys, wanted.limit)),
    requested(store.getAll(keys, wanted.limit)),
  ]);
  return names.map((name, i) => ({ key: bytesOf(name), value: bytesOf(values[i]) }));
}

export async function indexedDbStorage(name: string): Promise<Storage> {
  const database = await openDatabase(name, STORE);
  const store = (mode: IDBTransactionMode): IDBObjectStore => {
    try {
      return database.transaction(STORE, mode, { durability: 'strict' }).objectStore(STORE);
    } catch (error) {
      throw new StorageError(error);
    }
  };
  return {
    get: async (key) => {
      const value: unknown = await requested(store('readonly').get(key));
      return value === undefined ? undefined : bytesOf(value);
    },
    getMany: async (keys) => {
      const from = store('readonly');
      const values = await Promise.all(keys.map((key) => requested<unknown>(from.get(key))));
      return values.map((value) => (value === undefined ? undefined : bytesOf(value)));
    },
    range: async (wanted) => {
      // IndexedDB throws where a range is empty by its bounds.
      if (indexedDB.cmp(wanted.from, wanted.to) >= 0) return [];
      return wanted.isReverse === true
        ? readRange(store('readonly'), wanted)
        : readAscending(store('readonly'), wanted);
    },
    write: async (writes: readonly Write[]) => {
      if (writes.length === 0) return;
      const target = store('readwrite');
      const done = finished(target.transaction);
      for (const write of writes) {
        if (write.kind === 'put') target.put(write.value, write.key);
        else target.delete(write.key);
      }
      await done;
    },
    close: async () => database.close(),
    destroy: async () => {
      database.close();
      await deleteDatabase(name);
    },
  };
}
