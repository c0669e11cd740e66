/** Bytes and the few ways in which the formats of docs/protocol join them. */

export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export const EMPTY: Bytes = new Uint8Array(0);

export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A copy in a buffer of its own, which WebCrypto takes. */
export function own(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

export function utf8(text: string): Bytes {
  return new Uint8Array(encoder.encode(text));
}

/** Throws a TypeError where the bytes are not UTF-8. */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The text followed by one zero byte. */
export function label(name: string): Bytes {
  return utf8(`${name}\0`);
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value);
}

export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function u64(value: bigint): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at);
}

export function readU64(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(at);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += HEX[byte] ?? '';
  return out;
}

export function fromHex(value: string): Bytes {
  if (value.length % 2 !== 0 || !/^[0-9a-f]*$/.test(value)) throw new TypeError('not hexadecimal');
  const bytes = new Uint8Array(value.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(value.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function uuidBytes(uuid: string): Bytes {
  if (!UUID.test(uuid)) throw new TypeError('not a UUID');
  return fromHex(uuid.replaceAll('-', ''));
}

export function uuidText(bytes: Uint8Array): string {
  const h = hex(bytes);
  if (h.length !== 32) throw new TypeError('not a UUID');
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join('-');
}

/** Device ids: 16 hexadecimal digits. */
export function deviceBytes(device: string): Bytes {
  const bytes = fromHex(device);
  if (bytes.length !== 8) throw new TypeError('not a device id');
  return bytes;
}

export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

export function fromBase64(value: string): Bytes {
  const binary = atob(value);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Links carry tokens as unpadded base64url. */
export function fromBase64Url(value: string): Bytes {
  return fromBase64(value.replaceAll('-', '+').replaceAll('_', '/'));
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, unpadded: how authenticator apps take a secret. */
export function base32(bytes: Uint8Array): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += BASE32[(buffer >> bits) & 31] ?? '';
    }
    buffer &= (1 << bits) - 1;
  }
  if (bits > 0) out += BASE32[(buffer << (5 - bits)) & 31] ?? '';
  return out;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
