package crypho.server.account;

import crypho.base.Bytes;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.ErrorReason;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// Hashes the key that clients derive from the passphrase once more, with Argon2id (RFC 9106), so
/// that a stolen database gives no log-in. About 0.2 s and 19 MiB each: only a few run at once, and
/// who waits too long is told to come back.
final class AuthKeyHasher {
  static final int AUTH_KEY_BYTES = 32;
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  private static final int MEMORY_KIB = 19 * 1024;
  private static final int ITERATIONS = 2;
  private static final int PARALLELISM = 1;
  private static final Duration WAIT_MAX = Duration.ofSeconds(8);

  /// What is kept of an authentication key.
  record Verifier(Bytes salt, Bytes hash) {}

  private final Semaphore permits;
  private final Rng rng;

  /// For addresses without an account: the same work, and an answer that is never yes.
  private final Verifier nobody;

  /// @param atOnceMax how many hashes run at the same time
  AuthKeyHasher(int atOnceMax, Rng rng) {
    this.permits = new Semaphore(atOnceMax, true);
    this.rng = rng;
    this.nobody =
        new Verifier(Bytes.wrap(rng.bytes(SALT_BYTES)), Bytes.wrap(rng.bytes(HASH_BYTES)));
  }

  /// @throws RpcException OVERLOADED where too many wait already
  Verifier newVerifier(Secret authKey) {
    var salt = rng.bytes(SALT_BYTES);
    var hash = hash(authKey, salt);
    return new Verifier(Bytes.wrap(salt), Bytes.wrap(hash));
  }

  /// In constant time for whatever key.
  ///
  /// @throws RpcException OVERLOADED where too many wait already
  boolean matches(Secret authKey, Verifier verifier) {
    var hash = hash(authKey, verifier.salt().toArray());
    return MessageDigest.isEqual(hash, verifier.hash().toArray());
  }

  /// Takes as long as [#matches], for an account that does not exist.
  void matchNobody(Secret authKey) {
    matches(authKey, nobody);
  }

  private byte[] hash(Secret authKey, byte[] salt) {
    acquire();
    var key = authKey.reveal();
    try {
      var parameters =
          new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
              .withVersion(Argon2Parameters.ARGON2_VERSION_13)
              .withMemoryAsKB(MEMORY_KIB)
              .withIterations(ITERATIONS)
              .withParallelism(PARALLELISM)
              .withSalt(salt)
              .build();
      var generator = new Argon2BytesGenerator();
      generator.init(parameters);
      var out = new byte[HASH_BYTES];
      generator.generateBytes(key, out);
      return out;
    } finally {
      Arrays.fill(key, (byte) 0);
      permits.release();
    }
  }

  private void acquire() {
    try {
      if (!permits.tryAcquire(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
    }
  }
}
