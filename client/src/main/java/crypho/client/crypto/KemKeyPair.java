package crypho.client.crypto;

import crypho.base.Bytes;
import crypho.base.Rng;
import java.util.Arrays;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.hpke.HPKE;

/// An X25519 key pair to which others can seal: HPKE base mode (RFC 9180), DHKEM(X25519,
/// HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Sealed form: `enc (32) ‖ ciphertext`.
public final class KemKeyPair {
  public static final int PUBLIC_KEY_BYTES = 32;
  private static final int ENC_BYTES = 32;
  private static final byte[] NONE = new byte[0];

  private final AsymmetricCipherKeyPair pair;

  private KemKeyPair(AsymmetricCipherKeyPair pair) {
    this.pair = pair;
  }

  /// `DeriveKeyPair(ikm)` of the KEM, RFC 9180 §7.1.3.
  public static KemKeyPair derive(byte[] ikm) {
    return new KemKeyPair(hpke().deriveKeyPair(ikm));
  }

  public static KemKeyPair generate(Rng rng) {
    return derive(rng.bytes(32));
  }

  public Bytes publicKey() {
    return Bytes.wrap(hpke().serializePublicKey(pair.getPublic()));
  }

  /// For a device's own storage.
  public byte[] privateKey() {
    return hpke().serializePrivateKey(pair.getPrivate());
  }

  public static KemKeyPair ofPrivate(byte[] privateKey, Bytes publicKey) {
    return new KemKeyPair(hpke().deserializePrivateKey(privateKey, publicKey.toArray()));
  }

  /// @throws IllegalArgumentException where `publicKey` is none
  public static byte[] sealTo(Bytes publicKey, byte[] info, byte[] plain) {
    if (publicKey.size() != PUBLIC_KEY_BYTES) {
      throw new IllegalArgumentException("an X25519 public key has 32 bytes");
    }
    try {
      var hpke = hpke();
      var recipient = hpke.deserializePublicKey(publicKey.toArray());
      var parts = hpke.seal(recipient, info, NONE, plain, null, null, null);
      return Joined.start().bytes(parts[1]).bytes(parts[0]).toBytes();
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException("sealing needs no valid ciphertext", e);
    }
  }

  public byte[] open(byte[] sealed, byte[] info, String what) throws OpenException {
    if (sealed.length < ENC_BYTES + Sealed.TAG_BYTES) {
      throw new OpenException(what);
    }
    var enc = Arrays.copyOf(sealed, ENC_BYTES);
    var ciphertext = Arrays.copyOfRange(sealed, ENC_BYTES, sealed.length);
    try {
      return hpke().open(enc, pair, info, NONE, ciphertext, null, null, null);
    } catch (InvalidCipherTextException | IllegalArgumentException | IllegalStateException e) {
      // BouncyCastle refuses low-order points by IllegalStateException.
      throw new OpenException(what);
    }
  }

  private static HPKE hpke() {
    return new HPKE(
        HPKE.mode_base, HPKE.kem_X25519_SHA256, HPKE.kdf_HKDF_SHA256, HPKE.aead_AES_GCM256);
  }
}
