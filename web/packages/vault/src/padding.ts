/** Padmé padding: a length tells at most about log log of the content's. */
import type { Bytes } from './bytes.ts';

const PADDED_MIN = 32;
const MARK = 0x80;

/** The Padmé length for at least `length` bytes; never under 32. */
export function paddedLength(length: number): number {
  const size = Math.max(length, PADDED_MIN);
  const exponent = 31 - Math.clz32(size);
  const significant = 32 - Math.clz32(exponent);
  const mask = 2 ** Math.max(exponent - significant, 0) - 1;
  return (size + mask) & ~mask;
}

/** Content, one byte 0x80, zero bytes. */
export function pad(content: Uint8Array): Bytes {
  const padded = new Uint8Array(paddedLength(content.length + 1));
  padded.set(content);
  padded[content.length] = MARK;
  return padded;
}

/** Undefined where the bytes are not padded. */
export function unpad(padded: Uint8Array): Bytes | undefined {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (end < 0 || padded[end] !== MARK) return undefined;
  return padded.slice(0, end);
}
