package crypho.rtc.srtp;

import crypho.base.Secret;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Session keys from master keys by AES in counter mode (RFC 3711 §4.3.1 and §4.3.3, RFC 7714 §11):
/// with a key derivation rate of zero, as DTLS-SRTP has it, they are derived once.
final class KeyDerivation implements AutoCloseable {
  static final int RTP_ENCRYPTION = 0;
  static final int RTP_AUTH = 1;
  static final int RTP_SALT = 2;
  static final int RTCP_ENCRYPTION = 3;
  static final int RTCP_AUTH = 4;
  static final int RTCP_SALT = 5;

  private static final int SALT_BYTES = 14;
  private static final int LABEL_AT = 7;

  private final byte[] key;
  private final byte[] salt;

  /// A salt of twelve bytes (AEAD) is padded on the right to fourteen (RFC 7714 §11).
  KeyDerivation(Secret masterKey, Secret masterSalt) {
    key = masterKey.reveal();
    var revealed = masterSalt.reveal();
    salt = Arrays.copyOf(revealed, SALT_BYTES);
    Arrays.fill(revealed, (byte) 0);
  }

  /// `length` bytes for a label; the caller wipes them.
  byte[] derive(int label, int length) {
    var iv = Arrays.copyOf(salt, 16);
    iv[LABEL_AT] ^= (byte) label;
    try {
      var cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
      return cipher.doFinal(new byte[length]);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    Arrays.fill(key, (byte) 0);
    Arrays.fill(salt, (byte) 0);
  }
}
