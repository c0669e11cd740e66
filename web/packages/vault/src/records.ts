/** Vault entries: docs/protocol/vault.md. */
import { VaultRecordSchema, fromBinary, toBinary } from '@crypho/wire';
import type { VaultRecord } from '@crypho/wire';
import type { AccountSecrets } from './account.ts';
import { concat, label, readU32, u32, utf8, uuidBytes } from './bytes.ts';
import type { Bytes } from './bytes.ts';
import { pad, unpad } from './padding.ts';
import { OpenError, derive, hmac, openUnder, sealUnder } from './primitives.ts';
import type { Random } from './primitives.ts';

export interface SealedRecord {
  /** The blinded name. */
  readonly key: Bytes;
  readonly value: Bytes;
}

/** Seals and opens an account's vault entries; made of its account keys of every generation. */
export interface VaultCodec {
  readonly generation: number;
  blind(name: string): Promise<Bytes>;
  seal(record: VaultRecord): Promise<SealedRecord>;
  /** Throws `OpenError` where the entry is not one, or is not what its key says. */
  open(key: Uint8Array, value: Uint8Array): Promise<VaultRecord>;
}

function entryData(account: string, key: Uint8Array, generation: number): Bytes {
  return concat(label('crypho vault v1'), uuidBytes(account), key, u32(generation));
}

export async function vaultCodec(
  secrets: readonly AccountSecrets[],
  random: Random,
): Promise<VaultCodec> {
  const first = secrets[0];
  const newest = secrets.at(-1);
  if (first === undefined || newest === undefined) throw new TypeError('no account key');
  const nameKey = await derive(first.vaultKey, 'vault name');
  const valueKeys = new Map<number, Bytes>();
  for (const each of secrets)
    valueKeys.set(each.generation, await derive(each.vaultKey, 'vault value'));
  const valueKey = (generation: number): Bytes => {
    const key = valueKeys.get(generation);
    if (key === undefined) throw new OpenError();
    return key;
  };
  const blind = (name: string): Promise<Bytes> => hmac(nameKey, utf8(name));
  return {
    generation: newest.generation,
    blind,
    seal: async (record) => {
      const key = await blind(record.name);
      const plain = pad(toBinary(VaultRecordSchema, record));
      const { generation, account } = newest;
      const data = entryData(account, key, generation);
      const sealed = await sealUnder(valueKey(generation), plain, data, random);
      return { key, value: concat(u32(generation), sealed) };
    },
    open: async (key, value) => {
      if (value.length < 4) throw new OpenError();
      const generation = readU32(value, 0);
      const data = entryData(newest.account, key, generation);
      const padded = await openUnder(valueKey(generation), value.subarray(4), data);
      const plain = unpad(padded);
      if (plain === undefined) throw new OpenError();
      const record = fromBinary(VaultRecordSchema, plain);
      const expected = await blind(record.name);
      if (expected.some((byte, i) => byte !== key[i])) throw new OpenError();
      return record;
    },
  };
}
