/** What a device keeps of its account between starts; stored encrypted, restored into live keys. */
import {
  OpenError,
  accountSecrets,
  cryptoRandom,
  deriveKeyPair,
  fromBase64,
  openIdentity,
  openPrevious,
  signer,
  vaultCodec,
} from '@crypho/vault';
import type { AccountSecrets, Bytes, KeyPair, Random, Signer, VaultCodec } from '@crypho/vault';
import type { AccountKeys } from '@crypho/wire';
import type { Language, Profile } from './api.ts';

export interface StoredAccount {
  readonly version: 1;
  readonly accountId: string;
  readonly deviceId: string;
  readonly stage: 'device' | 'ready';
  readonly isSharedComputer: boolean;
  /** base64 from here on. */
  readonly accountKey: string;
  readonly generation: number;
  readonly sealedIdentity: string;
  readonly sealedPrevious: readonly string[];
  readonly identityPublicKey: string;
  readonly signingSeed: string;
  readonly unlockSeed: string;
  readonly mlsKey: string;
  readonly profile: StoredProfile;
}

export type StoredProfile = Profile;

/** Keys in use. Replaced whole when the account key turns. */
export interface Account {
  readonly accountId: string;
  readonly deviceId: string;
  readonly secrets: AccountSecrets;
  readonly all: readonly AccountSecrets[];
  readonly identityPublicKey: Bytes;
  readonly identity: Signer;
  readonly signing: Signer;
  readonly unlock: KeyPair;
  readonly vault: VaultCodec;
}

/** Throws `OpenError` where what is stored does not fit together. */
export async function openAccount(stored: StoredAccount, random: Random): Promise<Account> {
  const key = fromBase64(stored.accountKey);
  const secrets = await accountSecrets(stored.accountId, stored.generation, key);
  const identityPublicKey = fromBase64(stored.identityPublicKey);
  const all = await openPrevious(secrets, stored.sealedPrevious.map(fromBase64));
  const sealed = fromBase64(stored.sealedIdentity);
  return {
    accountId: stored.accountId,
    deviceId: stored.deviceId,
    secrets,
    all,
    identityPublicKey,
    identity: await openIdentity(secrets, sealed, identityPublicKey),
    signing: await signer(fromBase64(stored.signingSeed)),
    unlock: await deriveKeyPair(fromBase64(stored.unlockSeed)),
    vault: await vaultCodec(all, random),
  };
}

/** Checks that the server's account keys hang together under an account key. */
export async function checkAccountKeys(secrets: AccountSecrets, keys: AccountKeys): Promise<void> {
  if (keys.keyGeneration !== secrets.generation) throw new OpenError();
  await openIdentity(secrets, keys.sealedIdentityKey, keys.identityPublicKey);
  await openPrevious(secrets, keys.sealedPreviousKeys);
}

export function isStoredAccount(value: unknown): value is StoredAccount {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'accountId' in value &&
    typeof value.accountId === 'string' &&
    'mlsKey' in value &&
    typeof value.mlsKey === 'string'
  );
}

/** 16 hexadecimal digits, the first not zero: the one form that MLS identities know. */
export function newDeviceId(random: Random = cryptoRandom): string {
  const bytes = random(8);
  bytes[0] = (bytes[0] ?? 0) | 0x10;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const LANGUAGES: readonly Language[] = ['nb', 'en'];
