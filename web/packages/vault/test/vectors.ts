/**
 * Known answers for docs/protocol: fixed inputs, what this code makes of them. `npm run vectors -w
 * @crypho/vault` writes docs/protocol/vectors; the tests here and the Java client's read them.
 */
import {
  accountSecrets,
  argon2id,
  certificateData,
  depositKeyData,
  depositSignatureData,
  deriveKeyPair,
  groupId,
  hex,
  pad,
  paddedLength,
  passphraseKeys,
  sealAccountKey,
  sealDeposit,
  sealDeviceName,
  sealIdentity,
  sealMessage,
  sealPrevious,
  signer,
  unlockData,
  utf8,
  vaultCodec,
} from '../src/index.ts';
import type { Bytes } from '../src/index.ts';
import { VaultRecordSchema, create, toBinary } from '@crypho/wire';

/** Bytes `first`, `first + 1` and so on: inputs that are easy to write down. */
export function counting(first: number, length: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => (first + i) & 255);
}

const ACCOUNT = '6f1d8f6e-3a50-4e0c-9a4b-1c2d3e4f5a6b';
const OTHER = '0b7f0a52-8a37-4c0e-bb1d-9e8d7c6b5a49';
const CONVERSATION = '3c9a1f04-5d2e-4b7a-8f60-112233445566';
const DEVICE = '1a2b3c4d5e6f7081';

/** Nonces and other chance, in the order of use: 0xa0… */
function fixedRandom(): (length: number) => Bytes {
  let next = 0xa0;
  return (length) => counting(next++, length);
}

export async function makeVectors(): Promise<Record<string, unknown>> {
  return {
    'accounts-and-keys': await accountVectors(),
    messages: await messageVectors(),
    vault: await vaultVectors(),
  };
}

async function accountVectors(): Promise<unknown> {
  const passphrase = '  korrekt \u00a0 hest batteri  \ufb01n ';
  const kdf = { salt: counting(0x10, 16), memoryKib: 65536, iterations: 3, parallelism: 1 };
  const fromPassphrase = await passphraseKeys(passphrase, kdf, argon2id);
  const secrets = await accountSecrets(ACCOUNT, 1, counting(0x20, 32));
  const next = await accountSecrets(ACCOUNT, 2, counting(0x60, 32));
  const seed = counting(0x40, 32);
  const identity = await signer(seed);
  const unlock = { kind: 1, id: '', publicKey: fromPassphrase.unlock.publicKey };
  const deviceUnlock = await deriveKeyPair(counting(0x70, 32));
  const deviceKeys = {
    deviceId: DEVICE,
    mlsSignatureKey: (await signer(counting(0x80, 32))).publicKey,
    signingKey: (await signer(counting(0x90, 32))).publicKey,
    unlockKey: deviceUnlock.publicKey,
  };
  const deviceWay = { kind: 4, id: DEVICE, publicKey: deviceUnlock.publicKey };
  const deposit = depositKeyData(ACCOUNT, 1, secrets.deposit.publicKey);
  return {
    account: ACCOUNT,
    passphrase: {
      text: passphrase,
      salt: hex(kdf.salt),
      memory_kib: kdf.memoryKib,
      iterations: kdf.iterations,
      parallelism: kdf.parallelism,
      auth_key: hex(fromPassphrase.authKey),
      unlock_public_key: hex(fromPassphrase.unlock.publicKey),
      unlock_private_key: hex(fromPassphrase.unlock.privateKey),
    },
    account_key: hex(secrets.accountKey),
    vault_key: hex(secrets.vaultKey),
    deposit_public_key: hex(secrets.deposit.publicKey),
    deposit_private_key: hex(secrets.deposit.privateKey),
    deposit_signed: hex(deposit),
    deposit_signature: hex(await identity.sign(deposit)),
    identity_seed: hex(seed),
    identity_public_key: hex(identity.publicKey),
    sealed_identity_key: hex(await sealIdentity(secrets, seed, fixedRandom())),
    passphrase_unlock: {
      signed: hex(unlockData(ACCOUNT, unlock)),
      signature: hex(await identity.sign(unlockData(ACCOUNT, unlock))),
      // The ephemeral key pair is DeriveKeyPair of this input.
      ephemeral_ikm: hex(counting(0xb0, 32)),
      sealed_account_key: hex(
        await sealAccountKey(secrets, fromPassphrase.unlock.publicKey, counting(0xb0, 32)),
      ),
    },
    device: {
      device_id: DEVICE,
      mls_signature_seed: hex(counting(0x80, 32)),
      mls_signature_key: hex(deviceKeys.mlsSignatureKey),
      signing_seed: hex(counting(0x90, 32)),
      signing_key: hex(deviceKeys.signingKey),
      unlock_ikm: hex(counting(0x70, 32)),
      unlock_key: hex(deviceKeys.unlockKey),
      certified: hex(certificateData(ACCOUNT, deviceKeys)),
      certificate: hex(await identity.sign(certificateData(ACCOUNT, deviceKeys))),
      unlock_signature: hex(await identity.sign(unlockData(ACCOUNT, deviceWay))),
      name: 'Firefox · Linux',
      sealed_name: hex(await sealDeviceName(secrets, DEVICE, 'Firefox · Linux', fixedRandom())),
    },
    rotation: {
      new_generation: 2,
      new_account_key: hex(next.accountKey),
      sealed_previous_key: hex(await sealPrevious(next, secrets, fixedRandom())),
    },
  };
}

async function messageVectors(): Promise<unknown> {
  const key = counting(0x30, 32);
  const signing = await signer(counting(0x90, 32));
  const header = {
    purpose: 1,
    conversation: CONVERSATION,
    generation: 2,
    epoch: 258n,
    account: ACCOUNT,
    device: DEVICE,
    clientId: counting(0x50, 16),
  } as const;
  const content = utf8('not a protobuf, and need not be');
  const message = await sealMessage(key, header, content, signing, fixedRandom());
  const recipient = await deriveKeyPair(counting(0xc0, 32));
  const place = { conversation: CONVERSATION, generation: 2, epoch: 258n, account: OTHER };
  const sealedKey = await sealDeposit(recipient.publicKey, place, key, counting(0xb0, 32));
  const signed = depositSignatureData(place, 3, sealedKey);
  return {
    conversation: CONVERSATION,
    generation: 2,
    epoch: 258,
    group_id: hex(groupId(CONVERSATION, 2)),
    conversation_key: hex(key),
    account: ACCOUNT,
    device: DEVICE,
    signing_seed: hex(counting(0x90, 32)),
    client_id: hex(header.clientId),
    nonce: hex(fixedRandom()(12)),
    content: hex(content),
    padded: hex(pad(content)),
    message: hex(message),
    padded_lengths: [0, 31, 32, 33, 64, 65, 100, 127, 128, 1000, 4097, 65535, 100_000].map(
      (length) => [length, paddedLength(length)],
    ),
    deposit: {
      recipient: OTHER,
      recipient_ikm: hex(counting(0xc0, 32)),
      recipient_public_key: hex(recipient.publicKey),
      key_generation: 3,
      ephemeral_ikm: hex(counting(0xb0, 32)),
      sealed_key: hex(sealedKey),
      signed: hex(signed),
      signature: hex(await signing.sign(signed)),
    },
  };
}

async function vaultVectors(): Promise<unknown> {
  const first = await accountSecrets(ACCOUNT, 1, counting(0x20, 32));
  const second = await accountSecrets(ACCOUNT, 2, counting(0x60, 32));
  const name = `read/${CONVERSATION}`;
  const record = create(VaultRecordSchema, {
    name,
    body: { case: 'readMark', value: { upToSeq: 77n } },
  });
  const one = await (await vaultCodec([first], fixedRandom())).seal(record);
  const two = await (await vaultCodec([first, second], fixedRandom())).seal(record);
  return {
    account: ACCOUNT,
    account_keys: [hex(first.accountKey), hex(second.accountKey)],
    name,
    record: hex(toBinary(VaultRecordSchema, record)),
    nonce: hex(fixedRandom()(12)),
    blinded_key: hex(one.key),
    values: [
      { key_generation: 1, value: hex(one.value) },
      { key_generation: 2, value: hex(two.value) },
    ],
  };
}
