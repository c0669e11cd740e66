package crypho.server.account;

import crypho.base.Bytes;

/// Parameters of Argon2id (RFC 9106) as the client runs it on the passphrase.
///
/// @param salt 16 bytes
record PassphraseKdf(Bytes salt, int memoryKib, int iterations, int parallelism) {
  static final int SALT_BYTES = 16;
  static final int MEMORY_KIB = 64 * 1024;
  static final int ITERATIONS = 3;
  static final int PARALLELISM = 1;
}
