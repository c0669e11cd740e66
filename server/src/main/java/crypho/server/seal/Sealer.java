package crypho.server.seal;

import crypho.base.Invariant;
import crypho.base.Rng;
import crypho.base.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Seals fields with AES-256-GCM and makes keyed hashes for lookup. Form: `nonce (12) ‖ ciphertext
/// ‖ tag`; the additional data names the column (`account.email`) so that a sealed value cannot be
/// moved to another.
public final class Sealer {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int KEY_BYTES = 32;

  private final SecretKey wrapKey;
  private final SecretKey lookupKey;
  private final SecretKey serverKey;
  private final Rng rng;

  /// @param master at least 32 random bytes; stays with the caller, who closes it
  public Sealer(Secret master, Rng rng) {
    Invariant.check(master.size() >= KEY_BYTES, "the master key has at least 32 bytes");
    this.wrapKey = derive(master, "crypho data key wrap v1");
    this.lookupKey = derive(master, "crypho lookup v1");
    this.serverKey = derive(master, "crypho server v1");
    this.rng = rng;
  }

  /// An account's data key, in its stored (wrapped) form.
  public byte[] newDataKey() {
    return seal(wrapKey, rng.bytes(KEY_BYTES), "data-key");
  }

  /// Seals under the data key that `wrapped` holds. `field` is the column: `account.email`.
  public byte[] seal(byte[] wrapped, String field, byte[] plain) {
    return seal(unwrap(wrapped), plain, field);
  }

  public byte[] seal(byte[] wrapped, String field, String plain) {
    return seal(wrapped, field, plain.getBytes(StandardCharsets.UTF_8));
  }

  /// @throws IllegalStateException where the value was not sealed for this field under this key
  public byte[] open(byte[] wrapped, String field, byte[] sealed) {
    return open(unwrap(wrapped), sealed, field);
  }

  public String openText(byte[] wrapped, String field, byte[] sealed) {
    return new String(open(wrapped, field, sealed), StandardCharsets.UTF_8);
  }

  /// Seals something short-lived that belongs to no account yet (a sign-up, a mail that waits).
  public byte[] sealForServer(String field, byte[] plain) {
    return seal(serverKey, plain, field);
  }

  public byte[] openForServer(String field, byte[] sealed) {
    return open(serverKey, sealed, field);
  }

  /// Keyed hash for lookup by equality, 32 bytes; `kind` separates uses (`email`, `fake-salt`).
  public byte[] lookupHash(String kind, String value) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(lookupKey);
      mac.update(kind.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      return mac.doFinal(value.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HmacSHA256 is in every JDK", e);
    }
  }

  /// SHA-256, for tokens that are random themselves.
  public static byte[] tokenHash(byte[] token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is in every JDK", e);
    }
  }

  private SecretKey unwrap(byte[] wrapped) {
    return new SecretKeySpec(open(wrapKey, wrapped, "data-key"), "AES");
  }

  private byte[] seal(SecretKey key, byte[] plain, String field) {
    var nonce = rng.bytes(NONCE_BYTES);
    try {
      var cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, field);
      var out = Arrays.copyOf(nonce, NONCE_BYTES + cipher.getOutputSize(plain.length));
      cipher.doFinal(plain, 0, plain.length, out, NONCE_BYTES);
      return out;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("sealing " + field, e);
    }
  }

  private static byte[] open(SecretKey key, byte[] sealed, String field) {
    Invariant.check(sealed.length > NONCE_BYTES, "a sealed value has a nonce");
    try {
      var cipher = cipher(Cipher.DECRYPT_MODE, key, Arrays.copyOf(sealed, NONCE_BYTES), field);
      return cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a sealed " + field + " does not open", e);
    }
  }

  private static Cipher cipher(int mode, SecretKey key, byte[] nonce, String field)
      throws GeneralSecurityException {
    var cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(field.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private static SecretKey derive(Secret master, String label) {
    var ikm = master.reveal();
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveKey(
              "AES",
              HKDFParameterSpec.ofExtract()
                  .addIKM(ikm)
                  .thenExpand(label.getBytes(StandardCharsets.UTF_8), KEY_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HKDF-SHA256 is in JDK 25", e);
    } finally {
      Arrays.fill(ikm, (byte) 0);
    }
  }
}
