package crypho.client.crypto;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// HKDF-SHA-256 (RFC 5869).
public final class Hkdf {
  public static final int KEY_BYTES = 32;

  private Hkdf() {}

  /// `HKDF-Expand(HKDF-Extract(salt = empty, key), info, 32)`.
  public static byte[] derive(byte[] key, String info) {
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveData(
              HKDFParameterSpec.ofExtract()
                  .addIKM(key)
                  .thenExpand(info.getBytes(StandardCharsets.UTF_8), KEY_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HKDF-SHA256 is in JDK 25", e);
    }
  }

  /// `HKDF-Expand(key, info, 32)`: the key is uniformly random already.
  public static byte[] expand(byte[] key, byte[] info) {
    var copy = key.clone();
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveData(
              HKDFParameterSpec.expandOnly(new SecretKeySpec(copy, "Generic"), info, KEY_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HKDF-SHA256 is in JDK 25", e);
    } finally {
      Arrays.fill(copy, (byte) 0);
    }
  }
}
