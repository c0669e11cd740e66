/** From a passphrase to a registered device: what is made here, sealed, signed, and stored. */
import {
  KDF,
  OpenError,
  UNLOCK_KIND,
  accountSecrets,
  base64,
  certificateData,
  cryptoRandom,
  depositKeyData,
  deriveKeyPair,
  fromBase64,
  isAcceptableKdf,
  openAccountKey,
  own,
  passphraseKeys,
  sealAccountKey,
  sealDeviceName,
  sealIdentity,
  signer,
  unlockData,
  verify,
} from '@crypho/vault';
import type {
  AccountSecrets,
  Kdf,
  KeyPair,
  PassphraseKeys,
  PasswordHash,
  Random,
  Signer,
} from '@crypho/vault';
import {
  AccountKeysSchema,
  DeviceSchema,
  Language as WireLanguage,
  PassphraseKdfSchema,
  UnlockSchema,
  create,
} from '@crypho/wire';
import type { AccountKeys, Device, Me, PassphraseKdf, Unlock } from '@crypho/wire';
import { checkAccountKeys, newDeviceId } from './account-state.ts';
import type { Account, StoredAccount, StoredProfile } from './account-state.ts';
import type { Language } from './api.ts';
import { fail } from './failure.ts';

export const WIRE_LANGUAGE: Readonly<Record<Language, WireLanguage>> = {
  nb: WireLanguage.NB,
  en: WireLanguage.EN,
};

export function languageOf(language: WireLanguage): Language {
  return language === WireLanguage.NB ? 'nb' : 'en';
}

export function newKdf(random: Random): Kdf {
  const { saltBytes, memoryKib, iterations, parallelism } = KDF;
  return { salt: random(saltBytes), memoryKib, iterations, parallelism };
}

/** What the server asks for, refused where it would weaken the hash. */
export function kdfOf(kdf: PassphraseKdf | undefined): Kdf {
  if (kdf === undefined) throw fail('untrusted-server');
  const { memoryKib, iterations, parallelism } = kdf;
  const asked = { salt: own(kdf.salt), memoryKib, iterations, parallelism };
  if (!isAcceptableKdf(asked)) throw fail('untrusted-server');
  return asked;
}

export function wireKdf(kdf: Kdf): PassphraseKdf {
  return create(PassphraseKdfSchema, kdf);
}

export function stretch(passphrase: string, kdf: Kdf, hash: PasswordHash): Promise<PassphraseKeys> {
  return passphraseKeys(passphrase, kdf, hash);
}

/** A way in, signed, with the account key sealed to it. */
export async function makeUnlock(
  secrets: AccountSecrets,
  identity: Signer,
  kind: number,
  id: string,
  publicKey: KeyPair['publicKey'],
): Promise<Unlock> {
  const signature = await identity.sign(unlockData(secrets.account, { kind, id, publicKey }));
  return create(UnlockSchema, {
    kind,
    id,
    publicKey,
    signature,
    sealedAccountKey: await sealAccountKey(secrets, publicKey),
    keyGeneration: secrets.generation,
  });
}

export async function makeAccountKeys(
  secrets: AccountSecrets,
  identity: Signer,
  sealedIdentityKey: Uint8Array,
  sealedPreviousKeys: readonly Uint8Array[],
): Promise<AccountKeys> {
  const { account, generation, deposit } = secrets;
  const data = depositKeyData(account, generation, deposit.publicKey);
  return create(AccountKeysSchema, {
    keyGeneration: generation,
    identityPublicKey: identity.publicKey,
    sealedIdentityKey,
    depositPublicKey: deposit.publicKey,
    depositSignature: await identity.sign(data),
    sealedPreviousKeys: [...sealedPreviousKeys],
  });
}

export interface NewAccount {
  readonly secrets: AccountSecrets;
  readonly keys: AccountKeys;
  readonly kdf: Kdf;
  readonly authKey: Uint8Array;
  readonly unlock: Unlock;
}

/** All keys of an account that does not exist yet. */
export async function makeAccount(
  account: string,
  passphrase: string,
  hash: PasswordHash,
  random: Random,
): Promise<NewAccount> {
  const kdf = newKdf(random);
  const fromPassphrase = await stretch(passphrase, kdf, hash);
  const secrets = await accountSecrets(account, 1, random(32));
  const seed = random(32);
  const identity = await signer(seed);
  const sealed = await sealIdentity(secrets, seed, random);
  seed.fill(0);
  return {
    secrets,
    keys: await makeAccountKeys(secrets, identity, sealed, []),
    kdf,
    authKey: fromPassphrase.authKey,
    unlock: await makeUnlock(
      secrets,
      identity,
      UNLOCK_KIND.passphrase,
      '',
      fromPassphrase.unlock.publicKey,
    ),
  };
}

/** Opens the account key through one way in, and checks that everything the server keeps fits it. */
export async function unlockAccount(
  me: Me,
  kind: number,
  id: string,
  pair: KeyPair,
): Promise<AccountSecrets> {
  const { keys } = me;
  const unlock = me.unlocks.find((each) => Number(each.kind) === kind && each.id === id);
  if (keys === undefined || unlock === undefined) throw fail('untrusted-server');
  try {
    const { keyGeneration, sealedAccountKey } = unlock;
    const secrets = await openAccountKey(me.accountId, keyGeneration, pair, sealedAccountKey);
    await checkAccountKeys(secrets, keys);
    return secrets;
  } catch (error) {
    if (error instanceof OpenError) throw fail('untrusted-server', error);
    throw error;
  }
}

/** False for a way in that the account's identity did not sign: nothing is sealed to it. */
export async function isSigned(account: Account, unlock: Unlock): Promise<boolean> {
  const name = { kind: Number(unlock.kind), id: unlock.id, publicKey: own(unlock.publicKey) };
  const data = unlockData(account.accountId, name);
  return verify(account.identityPublicKey, unlock.signature, data);
}

export function profileOf(me: Me): StoredProfile {
  return {
    accountId: me.accountId,
    email: me.email,
    displayName: me.displayName,
    language: languageOf(me.language),
    createdAtMs: Number(me.createdAtMs),
    ownedGroupsMax: me.ownedGroupsMax,
  };
}

export function storedKeys(
  secrets: AccountSecrets,
  keys: AccountKeys,
): Pick<
  StoredAccount,
  'accountKey' | 'generation' | 'sealedIdentity' | 'sealedPrevious' | 'identityPublicKey'
> {
  return {
    accountKey: base64(secrets.accountKey),
    generation: secrets.generation,
    sealedIdentity: base64(keys.sealedIdentityKey),
    sealedPrevious: keys.sealedPreviousKeys.map(base64),
    identityPublicKey: base64(keys.identityPublicKey),
  };
}

/** A device that is about to be registered. */
export function newStoredAccount(
  me: Me,
  secrets: AccountSecrets,
  isSharedComputer: boolean,
  random: Random = cryptoRandom,
): StoredAccount {
  if (me.keys === undefined) throw fail('untrusted-server');
  return {
    version: 1,
    accountId: me.accountId,
    deviceId: newDeviceId(random),
    stage: 'device',
    isSharedComputer,
    ...storedKeys(secrets, me.keys),
    signingSeed: base64(random(32)),
    unlockSeed: base64(random(32)),
    mlsKey: base64(random(32)),
    profile: profileOf(me),
  };
}

/** The device's public halves, certified; and its way in. */
export async function makeDevice(
  account: Account,
  stored: StoredAccount,
  mlsSignatureKey: Uint8Array,
  name: string,
  random: Random,
): Promise<{ device: Device; unlock: Unlock }> {
  const { deviceId } = account;
  const unlockPair = await deriveKeyPair(fromBase64(stored.unlockSeed));
  const keys = {
    deviceId,
    mlsSignatureKey,
    signingKey: account.signing.publicKey,
    unlockKey: unlockPair.publicKey,
  };
  const certificate = await account.identity.sign(certificateData(account.accountId, keys));
  const { identity, secrets } = account;
  return {
    device: create(DeviceSchema, {
      ...keys,
      certificate,
      sealedName: await sealDeviceName(secrets, deviceId, name.slice(0, 60), random),
      isSharedComputer: stored.isSharedComputer,
    }),
    unlock: await makeUnlock(secrets, identity, UNLOCK_KIND.device, deviceId, unlockPair.publicKey),
  };
}
