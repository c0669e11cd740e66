/**
 * The primitives of docs/protocol/accounts-and-keys.md, over WebCrypto and HPKE. Randomness is an argument,
 * so that vectors and simulations are reproducible.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { EMPTY, concat, own } from './bytes.ts';
import type { Bytes } from './bytes.ts';

/** Fills a new array with random bytes. */
export type Random = (length: number) => Bytes;

export const cryptoRandom: Random = (length) => crypto.getRandomValues(new Uint8Array(length));

export interface KeyPair {
  readonly publicKey: Bytes;
  readonly privateKey: Bytes;
}

/** Something sealed did not open: another key, other additional data, or tampered bytes. */
export class OpenError extends Error {
  readonly code = 'vault.open';
  constructor() {
    super('sealed bytes do not open');
    this.name = 'OpenError';
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ENC_BYTES = 32;

export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', own(bytes)));
}

export async function hmac(key: Uint8Array, data: Uint8Array): Promise<Bytes> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', own(key), algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, own(data)));
}

/** HKDF-Expand (RFC 5869) of one block: 32 bytes. */
export async function expand(prk: Uint8Array, info: Uint8Array): Promise<Bytes> {
  return hmac(prk, concat(info, Uint8Array.of(1)));
}

/** HKDF-SHA-256 with an empty salt, 32 bytes. */
export async function derive(key: Uint8Array, info: string): Promise<Bytes> {
  const prk = await hmac(new Uint8Array(32), key);
  return expand(prk, new TextEncoder().encode(info));
}

async function aesKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', own(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** AES-256-GCM under a key and nonce that the caller answers for. */
export async function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  additionalData: Uint8Array,
): Promise<Bytes> {
  const parameters = { name: 'AES-GCM', iv: own(nonce), additionalData: own(additionalData) };
  const sealed = await crypto.subtle.encrypt(parameters, await aesKey(key), own(plaintext));
  return new Uint8Array(sealed);
}

/** Throws `OpenError`. */
export async function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  additionalData: Uint8Array,
): Promise<Bytes> {
  const parameters = { name: 'AES-GCM', iv: own(nonce), additionalData: own(additionalData) };
  try {
    const opened = await crypto.subtle.decrypt(parameters, await aesKey(key), own(ciphertext));
    return new Uint8Array(opened);
  } catch {
    throw new OpenError();
  }
}

/** `nonce ‖ ciphertext ‖ tag`. */
export async function sealUnder(
  key: Uint8Array,
  plaintext: Uint8Array,
  additionalData: Uint8Array,
  random: Random,
): Promise<Bytes> {
  const nonce = random(NONCE_BYTES);
  return concat(nonce, await encrypt(key, nonce, plaintext, additionalData));
}

export async function openUnder(
  key: Uint8Array,
  sealed: Uint8Array,
  additionalData: Uint8Array,
): Promise<Bytes> {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new OpenError();
  const nonce = sealed.subarray(0, NONCE_BYTES);
  return decrypt(key, nonce, sealed.subarray(NONCE_BYTES), additionalData);
}

// ---- HPKE

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** DeriveKeyPair of the KEM (RFC 9180 §7.1.3). */
export async function deriveKeyPair(ikm: Uint8Array): Promise<KeyPair> {
  const pair = await suite.kem.deriveKeyPair(own(ikm).buffer);
  const privateKey = await suite.kem.serializePrivateKey(pair.privateKey);
  const publicKey = await suite.kem.serializePublicKey(pair.publicKey);
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(privateKey) };
}

/** `enc (32) ‖ ciphertext`. `ekm` fixes the ephemeral key pair, for vectors alone. */
export async function sealTo(
  publicKey: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
  ekm?: Uint8Array,
): Promise<Bytes> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(own(publicKey).buffer);
  const sender = await suite.createSenderContext({
    recipientPublicKey,
    info: own(info).buffer,
    ...(ekm === undefined ? {} : { ekm: own(ekm).buffer }),
  });
  const ciphertext = await sender.seal(own(plaintext).buffer);
  return concat(new Uint8Array(sender.enc), new Uint8Array(ciphertext));
}

/** Throws `OpenError`. */
export async function openWith(
  privateKey: Uint8Array,
  info: Uint8Array,
  sealed: Uint8Array,
): Promise<Bytes> {
  if (sealed.length < ENC_BYTES + TAG_BYTES) throw new OpenError();
  try {
    const recipient = await suite.createRecipientContext({
      recipientKey: await suite.kem.deserializePrivateKey(own(privateKey).buffer),
      enc: own(sealed.subarray(0, ENC_BYTES)).buffer,
      info: own(info).buffer,
    });
    const opened = await recipient.open(own(sealed.subarray(ENC_BYTES)).buffer, EMPTY.buffer);
    return new Uint8Array(opened);
  } catch {
    throw new OpenError();
  }
}

// ---- Ed25519

/** PKCS #8 around a raw Ed25519 seed (RFC 8410). */
const PKCS8_ED25519 = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
);

/** A signing key in use: the seed imported once. */
export interface Signer {
  readonly publicKey: Bytes;
  sign(data: Uint8Array): Promise<Bytes>;
}

export async function signer(seed: Uint8Array): Promise<Signer> {
  if (seed.length !== 32) throw new TypeError('an Ed25519 seed is 32 bytes');
  const encoded = concat(PKCS8_ED25519, seed);
  const exportable = await crypto.subtle.importKey('pkcs8', encoded, 'Ed25519', true, ['sign']);
  const jwk = await crypto.subtle.exportKey('jwk', exportable);
  const key = await crypto.subtle.importKey('pkcs8', encoded, 'Ed25519', false, ['sign']);
  encoded.fill(0);
  const x = (jwk.x ?? '').replaceAll('-', '+').replaceAll('_', '/');
  const publicKey = Uint8Array.from(atob(x), (c) => c.charCodeAt(0));
  return {
    publicKey,
    sign: async (data) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, own(data))),
  };
}

/** False also where the key is not one. */
export async function verify(
  publicKey: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = await crypto.subtle.importKey('raw', own(publicKey), 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, own(signature), own(data));
  } catch {
    return false;
  }
}
