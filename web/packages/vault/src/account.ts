/** The account key and what hangs under it: docs/protocol/accounts-and-keys.md, byte by byte. */
import { concat, deviceBytes, label, sameBytes, u32, u8, utf8, uuidBytes } from './bytes.ts';
import type { Bytes } from './bytes.ts';
import {
  OpenError,
  derive,
  deriveKeyPair,
  openUnder,
  openWith,
  sealTo,
  sealUnder,
  signer,
  verify,
} from './primitives.ts';
import type { KeyPair, Random, Signer } from './primitives.ts';

export const UNLOCK_KIND = { passphrase: 1, recovery: 2, passkey: 3, device: 4 } as const;

export interface UnlockName {
  readonly kind: number;
  readonly id: string;
  readonly publicKey: Bytes;
}

/** The public halves of a device, as its certificate names them. */
export interface DeviceKeys {
  readonly deviceId: string;
  readonly mlsSignatureKey: Uint8Array;
  readonly signingKey: Uint8Array;
  readonly unlockKey: Uint8Array;
}

/** An account key opened: everything that hangs under it. */
export interface AccountSecrets {
  readonly account: string;
  readonly generation: number;
  readonly accountKey: Bytes;
  readonly vaultKey: Bytes;
  readonly deposit: KeyPair;
}

export async function accountSecrets(
  account: string,
  generation: number,
  accountKey: Bytes,
): Promise<AccountSecrets> {
  return {
    account,
    generation,
    accountKey,
    vaultKey: await derive(accountKey, 'crypho vault v1'),
    deposit: await deriveKeyPair(await derive(accountKey, 'crypho deposit v1')),
  };
}

// ---- identity

function identityData(account: string): Bytes {
  return concat(label('crypho identity v1'), uuidBytes(account));
}

export async function sealIdentity(
  secrets: AccountSecrets,
  seed: Uint8Array,
  random: Random,
): Promise<Bytes> {
  const key = await derive(secrets.accountKey, 'crypho identity v1');
  return sealUnder(key, seed, identityData(secrets.account), random);
}

/** Throws `OpenError` also where the seed is not that of the public key. */
export async function openIdentity(
  secrets: AccountSecrets,
  sealed: Uint8Array,
  publicKey: Uint8Array,
): Promise<Signer> {
  const key = await derive(secrets.accountKey, 'crypho identity v1');
  const seed = await openUnder(key, sealed, identityData(secrets.account));
  if (seed.length !== 32) throw new OpenError();
  const identity = await signer(seed);
  seed.fill(0);
  if (!sameBytes(identity.publicKey, publicKey)) throw new OpenError();
  return identity;
}

/** The seed itself: needed once, when a rotation seals it again. */
export async function openIdentitySeed(
  secrets: AccountSecrets,
  sealed: Uint8Array,
): Promise<Bytes> {
  const key = await derive(secrets.accountKey, 'crypho identity v1');
  return openUnder(key, sealed, identityData(secrets.account));
}

// ---- deposit key

export function depositKeyData(account: string, generation: number, publicKey: Uint8Array): Bytes {
  return concat(label('crypho deposit key v1'), uuidBytes(account), u32(generation), publicKey);
}

export async function isDepositKey(
  identityKey: Uint8Array,
  account: string,
  generation: number,
  publicKey: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32) return false;
  return verify(identityKey, signature, depositKeyData(account, generation, publicKey));
}

// ---- ways in

export function unlockData(account: string, unlock: UnlockName): Bytes {
  const id = utf8(unlock.id);
  return concat(
    label('crypho unlock v1'),
    uuidBytes(account),
    u8(unlock.kind),
    u8(id.length),
    id,
    unlock.publicKey,
  );
}

function accountKeyInfo(account: string, generation: number): Bytes {
  return concat(label('crypho account key v1'), uuidBytes(account), u32(generation));
}

export async function sealAccountKey(
  secrets: AccountSecrets,
  publicKey: Uint8Array,
  ekm?: Uint8Array,
): Promise<Bytes> {
  const info = accountKeyInfo(secrets.account, secrets.generation);
  return sealTo(publicKey, info, secrets.accountKey, ekm);
}

export async function openAccountKey(
  account: string,
  generation: number,
  unlock: KeyPair,
  sealed: Uint8Array,
): Promise<AccountSecrets> {
  const accountKey = await openWith(unlock.privateKey, accountKeyInfo(account, generation), sealed);
  if (accountKey.length !== 32) throw new OpenError();
  return accountSecrets(account, generation, accountKey);
}

// ---- earlier account keys

function previousData(account: string, generation: number): Bytes {
  return concat(label('crypho previous v1'), uuidBytes(account), u32(generation));
}

export async function sealPrevious(
  next: AccountSecrets,
  old: AccountSecrets,
  random: Random,
): Promise<Bytes> {
  const key = await derive(next.accountKey, 'crypho previous v1');
  return sealUnder(key, old.accountKey, previousData(old.account, old.generation), random);
}

/** All account keys, by generation, reached from the newest through the sealed earlier ones. */
export async function openPrevious(
  newest: AccountSecrets,
  sealed: readonly Uint8Array[],
): Promise<readonly AccountSecrets[]> {
  if (sealed.length !== newest.generation - 1) throw new OpenError();
  const all = [newest];
  let current = newest;
  for (let generation = newest.generation - 1; generation >= 1; generation--) {
    const bytes = sealed[generation - 1];
    if (bytes === undefined) throw new OpenError();
    const key = await derive(current.accountKey, 'crypho previous v1');
    const opened = await openUnder(key, bytes, previousData(newest.account, generation));
    current = await accountSecrets(newest.account, generation, opened);
    all.unshift(current);
  }
  return all;
}

// ---- devices

export function certificateData(account: string, device: DeviceKeys): Bytes {
  return concat(
    label('crypho device v1'),
    uuidBytes(account),
    deviceBytes(device.deviceId),
    device.mlsSignatureKey,
    device.signingKey,
    device.unlockKey,
  );
}

export async function isCertified(
  identityKey: Uint8Array,
  account: string,
  device: DeviceKeys,
  certificate: Uint8Array,
): Promise<boolean> {
  const keys = [device.mlsSignatureKey, device.signingKey, device.unlockKey];
  if (keys.some((key) => key.length !== 32)) return false;
  try {
    return await verify(identityKey, certificate, certificateData(account, device));
  } catch {
    return false;
  }
}

export async function sealDeviceName(
  secrets: AccountSecrets,
  device: string,
  name: string,
  random: Random,
): Promise<Bytes> {
  const key = await derive(secrets.vaultKey, 'device name');
  return sealUnder(key, utf8(name), deviceBytes(device), random);
}

export async function openDeviceName(
  secrets: AccountSecrets,
  device: string,
  sealed: Uint8Array,
): Promise<string> {
  const key = await derive(secrets.vaultKey, 'device name');
  return new TextDecoder().decode(await openUnder(key, sealed, deviceBytes(device)));
}
