/** Storage that is gone with the worker: a shared computer keeps nothing. Also what simulations run on. */
import { fromHex, hex, own } from './bytes.ts';
import type { Bytes } from './bytes.ts';
import type { Entry, KeyRange, Storage, Write } from './storage.ts';

/** First index whose key is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function memoryStorage(): Storage {
  const values = new Map<string, Bytes>();
  let keys: string[] = [];

  function put(key: string, value: Bytes): void {
    if (!values.has(key)) keys.splice(lowerBound(keys, key), 0, key);
    values.set(key, own(value));
  }

  function remove(key: string): void {
    if (values.delete(key)) keys.splice(lowerBound(keys, key), 1);
  }

  function range({ from, to, limit, isReverse }: KeyRange): readonly Entry[] {
    if (hex(from) >= hex(to)) return [];
    const found = keys.slice(lowerBound(keys, hex(from)), lowerBound(keys, hex(to)));
    if (isReverse === true) found.reverse();
    return found.slice(0, limit ?? found.length).map((key) => ({
      key: fromHex(key),
      value: own(values.get(key) ?? new Uint8Array(0)),
    }));
  }

  function clear(): void {
    values.clear();
    keys = [];
  }

  return {
    get: async (key) => {
      const value = values.get(hex(key));
      return value === undefined ? undefined : own(value);
    },
    getMany: async (wanted) =>
      wanted.map((key) => {
        const value = values.get(hex(key));
        return value === undefined ? undefined : own(value);
      }),
    range: async (wanted) => range(wanted),
    write: async (writes: readonly Write[]) => {
      for (const write of writes) {
        if (write.kind === 'put') put(hex(write.key), write.value);
        else remove(hex(write.key));
      }
    },
    close: async () => undefined,
    destroy: async () => clear(),
  };
}
