/** HKDF-Expand (RFC 5869) of one block: an epoch's exporter split by purpose, group and epoch. */
export async function expand(
  exporter: Uint8Array<ArrayBuffer>,
  purpose: string,
  group: Uint8Array,
  epoch: bigint,
): Promise<Uint8Array> {
  const label = new TextEncoder().encode(purpose);
  const info = new Uint8Array(label.length + group.length + 8 + 1);
  info.set(label);
  info.set(group, label.length);
  new DataView(info.buffer).setBigUint64(label.length + group.length, epoch);
  info[info.length - 1] = 1; // the first block's counter
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', exporter, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, info));
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
}
