/**
 * Which devices were in a conversation's group in which epoch, as far as this device was there: a message of a
 * device that was not is refused.
 */
import type { Leaf } from '@crypho/mls';
import type { Records } from '@crypho/vault';
import { epochName } from './state.ts';
import type { EpochName } from './state.ts';

const CACHE_MAX = 200;

export interface Epochs {
  /** Undefined where this device does not know. */
  devices(conversation: string, epoch: EpochName): Promise<ReadonlySet<string> | undefined>;
  put(conversation: string, epoch: EpochName, members: readonly Leaf[]): Promise<void>;
}

export function epochPartition(conversation: string): string {
  return `epochs/${conversation}`;
}

export function makeEpochs(records: Records): Epochs {
  const cache = new Map<string, ReadonlySet<string> | undefined>();

  function keep(name: string, devices: ReadonlySet<string> | undefined): void {
    cache.set(name, devices);
    if (cache.size <= CACHE_MAX) return;
    const [oldest] = cache.keys();
    if (oldest !== undefined) cache.delete(oldest);
  }

  return {
    devices: async (conversation, epoch) => {
      const key = `${conversation} ${epochName(epoch)}`;
      if (cache.has(key)) return cache.get(key);
      const place = { partition: epochPartition(conversation), name: epochName(epoch) };
      const value = await records.get(place);
      const devices = typeof value === 'string' ? new Set(value.split(' ')) : undefined;
      keep(key, devices);
      return devices;
    },
    put: async (conversation, epoch, members) => {
      const devices = members.map((leaf) => leaf.id.device);
      const place = { partition: epochPartition(conversation), name: epochName(epoch) };
      await records.write([{ place, value: devices.join(' ') }]);
      keep(`${conversation} ${epochName(epoch)}`, new Set(devices));
    },
  };
}
