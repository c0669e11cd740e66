// The authenticator app of the people in the journeys (RFC 6238: SHA-1, 6 digits, 30 s).
import { createHmac } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_S = 30;

/** @param {string} text base32 (RFC 4648) without padding; spaces are passed over */
export function base32(text) {
  const bits = [...text.replaceAll(' ', '').toUpperCase()]
    .map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from(bits.match(/.{8}/g)?.map((b) => parseInt(b, 2)) ?? []);
}

/** The code for `secret` at `nowMs`. */
export function totp(secret, nowMs = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 1000 / STEP_S)));
  const mac = createHmac('sha1', base32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const lastStep = new Map();

/** A code that was not used before: waits for the next step of the clock where need be. */
export async function freshCode(secret) {
  const step = () => Math.floor(Date.now() / 1000 / STEP_S);
  // The server takes one step before and after, so the next step's code is good already.
  const used = lastStep.get(secret) ?? step() - 1;
  const next = Math.max(used + 1, step());
  while (next > step() + 1) await new Promise((done) => setTimeout(done, 200));
  lastStep.set(secret, next);
  return totp(secret, next * STEP_S * 1000);
}
