package crypho.rtc.srtp;

import java.security.SecureRandom;
import java.util.Arrays;

/// AES in Galois/counter mode with one key (NIST SP 800-38D): nonces of twelve bytes, tags of
/// sixteen. A packet is `begin`, any number of `aad`, then `seal` or `open`. One owner thread.
///
/// OpenSSL where the machine has it, else the JDK: docs/adr/0013-openssl-for-media.md.
sealed interface Gcm permits JdkGcm, OpensslGcm {
  int TAG_BYTES = 16;
  int NONCE_BYTES = 12;

  /// Begins a packet; `nonce` is copied.
  void begin(boolean isSealing, byte[] nonce);

  /// Adds data that is authenticated and not encrypted.
  void aad(byte[] data, int offset, int length);

  /// Writes what was encrypted and the tag; answers the length of both. The arrays do not overlap.
  int seal(byte[] in, int offset, int length, byte[] out, int outOffset);

  /// Writes what was decrypted, where the tag at the end of `length` fits; answers its length or
  /// [SrtpVerdict#UNAUTHENTIC], and then `out` holds nothing of it. The arrays do not overlap.
  int open(byte[] in, int offset, int length, byte[] out, int outOffset);

  /// Copies and wipes `key`, of 16 or 32 bytes.
  static Gcm of(byte[] key) {
    return Choice.HAS_OPENSSL ? new OpensslGcm(key) : new JdkGcm(key);
  }

  /// Made once, as handles to native functions are.
  final class Choice {
    static final boolean HAS_OPENSSL = isOpensslSound();

    private Choice() {}

    /// Whether OpenSSL is there and computes what the JDK does.
    private static boolean isOpensslSound() {
      try {
        var key = new byte[16];
        new SecureRandom().nextBytes(key);
        return Arrays.equals(sample(new OpensslGcm(key.clone())), sample(new JdkGcm(key)));
      } catch (LinkageError | IllegalStateException _) {
        // Not installed, of another interface, or forbidden to this process.
        return false;
      }
    }

    private static byte[] sample(Gcm gcm) {
      var out = new byte[100 + TAG_BYTES];
      gcm.begin(true, new byte[NONCE_BYTES]);
      gcm.aad(out, 0, 20);
      gcm.seal(new byte[100], 0, 100, out, 0);
      return out;
    }
  }
}
