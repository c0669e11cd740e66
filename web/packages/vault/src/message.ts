/** The envelope of messages, markers and signals, and deposits: docs/protocol/messages.md. */
import {
  concat,
  deviceBytes,
  hex,
  label,
  own,
  readU32,
  readU64,
  u32,
  u64,
  u8,
  uuidBytes,
  uuidText,
} from './bytes.ts';
import type { Bytes } from './bytes.ts';
import { pad, unpad } from './padding.ts';
import { decrypt, encrypt, expand, openWith, sealTo, verify } from './primitives.ts';
import type { Random, Signer } from './primitives.ts';

export const HEADER_BYTES = 82;
const SIGNATURE_BYTES = 64;
const TAG_BYTES = 16;
const VERSION = 1;
const NONCE_AT = 70;

export type Purpose = 1 | 2 | 3;
export const PURPOSE = { message: 1, marker: 2, signal: 3 } as const;

export interface Header {
  readonly purpose: Purpose;
  readonly conversation: string;
  readonly generation: number;
  readonly epoch: bigint;
  readonly account: string;
  readonly device: string;
  readonly clientId: Bytes;
}

export function groupId(conversation: string, generation: number): Bytes {
  return concat(uuidBytes(conversation), u32(generation));
}

export function parseGroupId(group: Uint8Array): { conversation: string; generation: number } {
  return { conversation: uuidText(group.subarray(0, 16)), generation: readU32(group, 16) };
}

function encodeHeader(header: Header, nonce: Uint8Array): Bytes {
  return concat(
    u8(VERSION),
    u8(header.purpose),
    uuidBytes(header.conversation),
    u32(header.generation),
    u64(header.epoch),
    uuidBytes(header.account),
    deviceBytes(header.device),
    header.clientId,
    nonce,
  );
}

/** Undefined where the bytes are no envelope. */
export function decodeHeader(message: Uint8Array): Header | undefined {
  if (message.length < HEADER_BYTES + 32 + TAG_BYTES + SIGNATURE_BYTES) return undefined;
  if (message[0] !== VERSION) return undefined;
  const purpose = message[1];
  if (purpose !== 1 && purpose !== 2 && purpose !== 3) return undefined;
  return {
    purpose,
    conversation: uuidText(message.subarray(2, 18)),
    generation: readU32(message, 18),
    epoch: readU64(message, 22),
    account: uuidText(message.subarray(30, 46)),
    device: hex(message.subarray(46, 54)),
    clientId: own(message.subarray(54, NONCE_AT)),
  };
}

async function senderKey(conversationKey: Uint8Array, header: Header): Promise<Bytes> {
  const { purpose, account, device } = header;
  const info = concat(label('sender'), u8(purpose), uuidBytes(account), deviceBytes(device));
  return expand(conversationKey, info);
}

export async function sealMessage(
  conversationKey: Uint8Array,
  header: Header,
  content: Uint8Array,
  device: Signer,
  random: Random,
): Promise<Bytes> {
  if (header.clientId.length !== 16) throw new TypeError('a client id is 16 bytes');
  const nonce = random(12);
  const encoded = encodeHeader(header, nonce);
  const key = await senderKey(conversationKey, header);
  const ciphertext = await encrypt(key, nonce, pad(content), encoded);
  const signature = await device.sign(concat(label('crypho message v1'), encoded, ciphertext));
  return concat(encoded, ciphertext, signature);
}

export async function isSignedBy(message: Uint8Array, signingKey: Uint8Array): Promise<boolean> {
  const end = message.length - SIGNATURE_BYTES;
  if (end < HEADER_BYTES) return false;
  const signed = concat(label('crypho message v1'), message.subarray(0, end));
  return verify(signingKey, message.subarray(end), signed);
}

/** Throws `OpenError`; undefined where it opens and is not padded. Check the signature first. */
export async function openMessage(
  conversationKey: Uint8Array,
  header: Header,
  message: Uint8Array,
): Promise<Bytes | undefined> {
  const encoded = message.subarray(0, HEADER_BYTES);
  const ciphertext = message.subarray(HEADER_BYTES, message.length - SIGNATURE_BYTES);
  const nonce = message.subarray(NONCE_AT, HEADER_BYTES);
  const key = await senderKey(conversationKey, header);
  return unpad(await decrypt(key, nonce, ciphertext, encoded));
}

// ---- deposits

export interface DepositPlace {
  readonly conversation: string;
  readonly generation: number;
  readonly epoch: bigint;
  /** To whom. */
  readonly account: string;
}

function depositData(place: DepositPlace): Bytes {
  return concat(
    label('crypho deposit v1'),
    groupId(place.conversation, place.generation),
    u64(place.epoch),
    uuidBytes(place.account),
  );
}

export function depositSignatureData(
  place: DepositPlace,
  keyGeneration: number,
  sealedKey: Uint8Array,
): Bytes {
  return concat(depositData(place), u32(keyGeneration), sealedKey);
}

export async function sealDeposit(
  depositKey: Uint8Array,
  place: DepositPlace,
  conversationKey: Uint8Array,
  ekm?: Uint8Array,
): Promise<Bytes> {
  return sealTo(depositKey, depositData(place), conversationKey, ekm);
}

/** Throws `OpenError`. */
export async function openDeposit(
  depositPrivateKey: Uint8Array,
  place: DepositPlace,
  sealedKey: Uint8Array,
): Promise<Bytes> {
  return openWith(depositPrivateKey, depositData(place), sealedKey);
}
