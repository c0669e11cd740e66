/**
 * Where a trusted browser keeps the database key: wrapped by an AES-GCM CryptoKey that cannot be
 * exported, in an IndexedDB of its own. A copy of the files without this browser profile's key store opens
 * nothing that leaves the browser; a wipe deletes the wrapping key first.
 */
import type { Bytes } from './bytes.ts';
import { deleteDatabase, finished, openDatabase, requested } from './indexeddb-storage.ts';
import { OpenError } from './primitives.ts';
import { StorageError } from './storage.ts';

const STORE = 'keeper';
const ENTRY = 'database-key';
const LEAVING = 'leaving';

export interface Keeper {
  /** The key kept, if one is. */
  load(): Promise<Bytes | undefined>;
  keep(databaseKey: Bytes): Promise<void>;
  forget(): Promise<void>;
  /** As `forget`, and remembers that the server has not been told that this browser signed out. */
  leave(): Promise<void>;
  isLeaving(): Promise<boolean>;
}

interface Kept {
  readonly version: 1;
  readonly wrapping: CryptoKey;
  readonly iv: Bytes;
  readonly wrapped: Bytes;
}

/** The data were written by a newer version of the program. */
export class NewerVersionError extends Error {
  readonly code = 'vault.newer-version';
  constructor() {
    super('the data of this browser belong to a newer version');
    this.name = 'NewerVersionError';
  }
}

function isKept(value: unknown): value is Kept {
  return (
    typeof value === 'object' &&
    value !== null &&
    'wrapping' in value &&
    value.wrapping instanceof CryptoKey &&
    'iv' in value &&
    value.iv instanceof Uint8Array &&
    'wrapped' in value &&
    value.wrapped instanceof Uint8Array
  );
}

async function unwrap(kept: Kept): Promise<Bytes> {
  try {
    const parameters = { name: 'AES-GCM', iv: kept.iv };
    return new Uint8Array(await crypto.subtle.decrypt(parameters, kept.wrapping, kept.wrapped));
  } catch {
    throw new StorageError(new OpenError());
  }
}

export function browserKeeper(name: string): Keeper {
  return {
    load: async () => {
      const database = await openDatabase(name, STORE);
      try {
        const store = database.transaction(STORE, 'readonly').objectStore(STORE);
        const value: unknown = await requested(store.get(ENTRY));
        if (value === undefined) return undefined;
        if (
          typeof value === 'object' &&
          value !== null &&
          'version' in value &&
          value.version !== 1
        )
          throw new NewerVersionError();
        if (!isKept(value)) throw new StorageError('not a kept key');
        return await unwrap(value);
      } finally {
        database.close();
      }
    },
    keep: async (databaseKey) => {
      const usages: KeyUsage[] = ['encrypt', 'decrypt'];
      const algorithm = { name: 'AES-GCM', length: 256 };
      const wrapping = await crypto.subtle.generateKey(algorithm, false, usages);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const parameters = { name: 'AES-GCM', iv };
      const wrapped = await crypto.subtle.encrypt(parameters, wrapping, databaseKey);
      const kept: Kept = { version: 1, wrapping, iv, wrapped: new Uint8Array(wrapped) };
      const database = await openDatabase(name, STORE);
      try {
        const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
        const done = finished(transaction);
        transaction.objectStore(STORE).put(kept, ENTRY);
        await done;
      } finally {
        database.close();
      }
    },
    forget: () => deleteDatabase(name),
    leave: async () => {
      const database = await openDatabase(name, STORE);
      try {
        const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
        const done = finished(transaction);
        const store = transaction.objectStore(STORE);
        store.delete(ENTRY);
        store.put(true, LEAVING);
        await done;
      } finally {
        database.close();
      }
    },
    isLeaving: async () => {
      const database = await openDatabase(name, STORE);
      try {
        const store = database.transaction(STORE, 'readonly').objectStore(STORE);
        return (await requested(store.get(LEAVING))) === true;
      } finally {
        database.close();
      }
    },
  };
}
