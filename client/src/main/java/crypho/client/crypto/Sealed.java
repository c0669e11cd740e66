package crypho.client.crypto;

import crypho.base.Invariant;
import crypho.base.Rng;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Sealing under a key: AES-256-GCM, in the form `nonce (12) ‖ ciphertext ‖ tag`.
public final class Sealed {
  public static final int NONCE_BYTES = 12;
  public static final int TAG_BYTES = 16;
  private static final int TAG_BITS = 8 * TAG_BYTES;

  private Sealed() {}

  public static byte[] seal(byte[] key, byte[] plain, byte[] additional, Rng rng) {
    return sealWith(key, rng.bytes(NONCE_BYTES), plain, additional);
  }

  /// With a nonce that the caller vouches for.
  static byte[] sealWith(byte[] key, byte[] nonce, byte[] plain, byte[] additional) {
    var ciphertext = encrypt(key, nonce, plain, additional);
    return Joined.start().bytes(nonce).bytes(ciphertext).toBytes();
  }

  /// @throws OpenException where the key or the additional data are others, or a byte was changed
  public static byte[] open(byte[] key, byte[] sealed, byte[] additional, String what)
      throws OpenException {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) {
      throw new OpenException(what);
    }
    return decrypt(
        key,
        Arrays.copyOf(sealed, NONCE_BYTES),
        Arrays.copyOfRange(sealed, NONCE_BYTES, sealed.length),
        additional,
        what);
  }

  /// Without the nonce in front, for envelopes that carry it in their header.
  public static byte[] encrypt(byte[] key, byte[] nonce, byte[] plain, byte[] additional) {
    try {
      return cipher(Cipher.ENCRYPT_MODE, key, nonce, additional).doFinal(plain);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-GCM is in every JDK", e);
    }
  }

  public static byte[] decrypt(
      byte[] key, byte[] nonce, byte[] ciphertext, byte[] additional, String what)
      throws OpenException {
    try {
      return cipher(Cipher.DECRYPT_MODE, key, nonce, additional).doFinal(ciphertext);
    } catch (AEADBadTagException e) {
      throw new OpenException(what);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-256-GCM is in every JDK", e);
    }
  }

  private static Cipher cipher(int mode, byte[] key, byte[] nonce, byte[] additional)
      throws GeneralSecurityException {
    Invariant.check(key.length == Hkdf.KEY_BYTES, "AES-256 has keys of 32 bytes");
    var cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(additional);
    return cipher;
  }
}
