import { expect, test } from 'vitest';
import {
  OpenError,
  accountSecrets,
  cryptoRandom,
  decodeHeader,
  depositKeyData,
  deriveKeyPair,
  isCertified,
  isDepositKey,
  isSignedBy,
  certificateData,
  normalisePassphrase,
  openAccountKey,
  openDeposit,
  openIdentity,
  openMessage,
  openPrevious,
  sealAccountKey,
  sealDeposit,
  sealIdentity,
  sealMessage,
  sealPrevious,
  signer,
  utf8,
} from '../src/index.ts';

const ACCOUNT = '6f1d8f6e-3a50-4e0c-9a4b-1c2d3e4f5a6b';
const CONVERSATION = '3c9a1f04-5d2e-4b7a-8f60-112233445566';
const DEVICE = '1a2b3c4d5e6f7081';

test('a passphrase is the same however it was typed', () => {
  expect(normalisePassphrase('  a\t b\u00a0\u00a0c ')).toBe('a b c');
  expect(normalisePassphrase('caf\u0065\u0301')).toBe(normalisePassphrase('caf\u00e9'));
});

test('every account key is reached from the newest', async () => {
  let newest = await accountSecrets(ACCOUNT, 1, cryptoRandom(32));
  const keys = [newest];
  const sealed = [];
  for (let generation = 2; generation <= 5; generation++) {
    const next = await accountSecrets(ACCOUNT, generation, cryptoRandom(32));
    sealed.push(await sealPrevious(next, newest, cryptoRandom));
    newest = next;
    keys.push(next);
  }
  const all = await openPrevious(newest, sealed);
  expect(all.map((each) => each.accountKey)).toEqual(keys.map((each) => each.accountKey));
  const swapped = [sealed[1], sealed[0], sealed[2], sealed[3]].filter((each) => each !== undefined);
  await expect(openPrevious(newest, swapped)).rejects.toBeInstanceOf(OpenError);
  await expect(openPrevious(newest, sealed.slice(1))).rejects.toBeInstanceOf(OpenError);
});

test('a way in opens the account key of its generation alone', async () => {
  const secrets = await accountSecrets(ACCOUNT, 3, cryptoRandom(32));
  const way = await deriveKeyPair(cryptoRandom(32));
  const sealed = await sealAccountKey(secrets, way.publicKey);
  const opened = await openAccountKey(ACCOUNT, 3, way, sealed);
  expect(opened.accountKey).toEqual(secrets.accountKey);
  await expect(openAccountKey(ACCOUNT, 2, way, sealed)).rejects.toBeInstanceOf(OpenError);
  const other = await deriveKeyPair(cryptoRandom(32));
  await expect(openAccountKey(ACCOUNT, 3, other, sealed)).rejects.toBeInstanceOf(OpenError);
});

test('an identity key that is not the sealed one is refused', async () => {
  const secrets = await accountSecrets(ACCOUNT, 1, cryptoRandom(32));
  const seed = cryptoRandom(32);
  const identity = await signer(seed);
  const sealed = await sealIdentity(secrets, seed, cryptoRandom);
  expect((await openIdentity(secrets, sealed, identity.publicKey)).publicKey).toEqual(
    identity.publicKey,
  );
  const other = await signer(cryptoRandom(32));
  await expect(openIdentity(secrets, sealed, other.publicKey)).rejects.toBeInstanceOf(OpenError);
});

test('certificates and deposit keys hold for what they name and nothing else', async () => {
  const identity = await signer(cryptoRandom(32));
  const device = {
    deviceId: DEVICE,
    mlsSignatureKey: cryptoRandom(32),
    signingKey: cryptoRandom(32),
    unlockKey: cryptoRandom(32),
  };
  const certificate = await identity.sign(certificateData(ACCOUNT, device));
  expect(await isCertified(identity.publicKey, ACCOUNT, device, certificate)).toBe(true);
  for (const field of ['mlsSignatureKey', 'signingKey', 'unlockKey'] as const) {
    const swapped = { ...device, [field]: cryptoRandom(32) };
    expect(await isCertified(identity.publicKey, ACCOUNT, swapped, certificate)).toBe(false);
  }
  const key = cryptoRandom(32);
  const signature = await identity.sign(depositKeyData(ACCOUNT, 1, key));
  expect(await isDepositKey(identity.publicKey, ACCOUNT, 1, key, signature)).toBe(true);
  expect(await isDepositKey(identity.publicKey, ACCOUNT, 2, key, signature)).toBe(false);
});

test('a message opens at its place, and any flipped bit is noticed', async () => {
  const key = cryptoRandom(32);
  const device = await signer(cryptoRandom(32));
  const header = {
    purpose: 1,
    conversation: CONVERSATION,
    generation: 1,
    epoch: 2n ** 40n,
    account: ACCOUNT,
    device: DEVICE,
    clientId: cryptoRandom(16),
  } as const;
  const message = await sealMessage(key, header, utf8('hei'), device, cryptoRandom);
  expect(decodeHeader(message)).toEqual(header);
  expect(await isSignedBy(message, device.publicKey)).toBe(true);
  expect(await openMessage(key, header, message)).toEqual(utf8('hei'));
  await expect(openMessage(cryptoRandom(32), header, message)).rejects.toBeInstanceOf(OpenError);
  for (let at = 0; at < message.length; at += 3) {
    const flipped = message.slice();
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    expect(await isSignedBy(flipped, device.publicKey)).toBe(false);
  }
  for (let length = 0; length < message.length; length += 11)
    expect(() => decodeHeader(message.slice(0, length))).not.toThrow();
});

test('a deposit opens for its epoch and its recipient alone', async () => {
  const recipient = await deriveKeyPair(cryptoRandom(32));
  const place = { conversation: CONVERSATION, generation: 0, epoch: 5n, account: ACCOUNT };
  const key = cryptoRandom(32);
  const sealed = await sealDeposit(recipient.publicKey, place, key);
  expect(await openDeposit(recipient.privateKey, place, sealed)).toEqual(key);
  const elsewhere = openDeposit(recipient.privateKey, { ...place, epoch: 6n }, sealed);
  await expect(elsewhere).rejects.toBeInstanceOf(OpenError);
});
