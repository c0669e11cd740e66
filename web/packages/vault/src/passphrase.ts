/** From the passphrase to keys: docs/protocol/accounts-and-keys.md, "From the passphrase". */
import type { Bytes } from './bytes.ts';
import { derive, deriveKeyPair } from './primitives.ts';
import type { KeyPair } from './primitives.ts';

export interface Kdf {
  readonly salt: Bytes;
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
}

/** The password hash: an argument, so that simulations need not spend its time. */
export type PasswordHash = (passphrase: Bytes, kdf: Kdf) => Promise<Bytes>;

export const KDF = { memoryKib: 64 * 1024, iterations: 3, parallelism: 1, saltBytes: 16 } as const;

/** What a server may ask for: less would be a way to weaken the hash, more to stop the client. */
export function isAcceptableKdf(kdf: Kdf): boolean {
  return (
    kdf.salt.length === KDF.saltBytes &&
    kdf.memoryKib >= KDF.memoryKib &&
    kdf.memoryKib <= 16 * KDF.memoryKib &&
    kdf.iterations >= KDF.iterations &&
    kdf.iterations <= 16 &&
    kdf.parallelism >= 1 &&
    kdf.parallelism <= 4
  );
}

/** NFKC, ends cut, inner runs of white space to one space. */
export function normalisePassphrase(passphrase: string): string {
  return passphrase.normalize('NFKC').trim().replaceAll(/\s+/gu, ' ');
}

/** Loaded only when a passphrase is at hand: 11 kB that the log-in page need not wait for. */
export const argon2id: PasswordHash = async (passphrase, kdf) => {
  const { argon2id: hash } = await import('hash-wasm');
  const root = await hash({
    password: passphrase,
    salt: kdf.salt,
    memorySize: kdf.memoryKib,
    iterations: kdf.iterations,
    parallelism: kdf.parallelism,
    hashLength: 32,
    outputType: 'binary',
  });
  return new Uint8Array(root);
};

export interface PassphraseKeys {
  /** Sent to the server, which hashes it again. */
  readonly authKey: Bytes;
  /** The passphrase's way in to the account key. */
  readonly unlock: KeyPair;
}

export async function passphraseKeys(
  passphrase: string,
  kdf: Kdf,
  hash: PasswordHash,
): Promise<PassphraseKeys> {
  const bytes = new TextEncoder().encode(normalisePassphrase(passphrase));
  const root = await hash(new Uint8Array(bytes), kdf);
  const authKey = await derive(root, 'crypho auth v1');
  const wrapKey = await derive(root, 'crypho wrap v1');
  root.fill(0);
  return { authKey, unlock: await deriveKeyPair(wrapKey) };
}
