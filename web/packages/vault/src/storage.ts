/**
 * Where the client keeps things: ordered byte keys, byte values, and writes that happen whole or not at
 * all. Two implementations (IndexedDB, memory) pass one contract test.
 */
import type { Bytes } from './bytes.ts';

export type Write =
  | { readonly kind: 'put'; readonly key: Bytes; readonly value: Bytes }
  | { readonly kind: 'delete'; readonly key: Bytes };

export interface Entry {
  readonly key: Bytes;
  readonly value: Bytes;
}

/** Keys from `from` up to and without `to`. */
export interface KeyRange {
  readonly from: Bytes;
  readonly to: Bytes;
  readonly limit?: number;
  /** Greatest key first. */
  readonly isReverse?: boolean;
}

export interface Storage {
  get(key: Bytes): Promise<Bytes | undefined>;
  /** As many `get`s, for the price of about one. */
  getMany(keys: readonly Bytes[]): Promise<readonly (Bytes | undefined)[]>;
  range(range: KeyRange): Promise<readonly Entry[]>;
  /** Durable once answered; all or nothing, in order. */
  write(writes: readonly Write[]): Promise<void>;
  close(): Promise<void>;
  /** Deletes everything, and closes. */
  destroy(): Promise<void>;
}

/** The browser refused or lost the storage: full, broken, private mode. */
export class StorageError extends Error {
  readonly code = 'vault.storage';
  constructor(cause: unknown) {
    super('the browser storage failed', { cause });
    this.name = 'StorageError';
  }
}
