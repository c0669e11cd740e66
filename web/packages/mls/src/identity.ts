import type { DeviceId, Leaf } from './interface.ts';

// A device's first digit is not 0: the library writes the number without leading zeros, and one text a device is a must.
const FORM =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):([1-9a-f][0-9a-f]{15})@([a-z0-9][a-z0-9.-]{0,252})$/;

/** Longest credential identity: UUID, colon, device, at, domain. */
export const IDENTITY_BYTES_MAX = 36 + 1 + 16 + 1 + 253;

/** The credential's text, or undefined when it is not in our one canonical form. */
export function parseDeviceId(text: string): DeviceId | undefined {
  const [, account, device, domain] = FORM.exec(text) ?? [];
  if (account === undefined || device === undefined || domain === undefined) return undefined;
  return { account, device, domain };
}

export function formatDeviceId(id: DeviceId): string {
  return `${id.account}:${id.device}@${id.domain}`;
}

export function sameDevice(a: DeviceId, b: DeviceId): boolean {
  return a.account === b.account && a.device === b.device && a.domain === b.domain;
}

/** 16 hex digits, the first not 0. */
export function randomDevice(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return text.startsWith('0') ? randomDevice() : text;
}

/** One text for a device together with its key. */
export function leafKey(leaf: Leaf): string {
  return `${formatDeviceId(leaf.id)} ${leaf.keyThumbprint}`;
}

/** RFC 7638 thumbprint of an Ed25519 key, as the library prints it: base64url, unpadded. */
export async function thumbprint(signatureKey: Uint8Array): Promise<string> {
  const jwk = `{"crv":"Ed25519","kty":"OKP","x":"${base64url(signatureKey)}"}`;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(jwk));
  return base64url(new Uint8Array(digest));
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
