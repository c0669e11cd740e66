package crypho.client.crypto;

import crypho.base.Bytes;
import crypho.base.Invariant;
import crypho.base.Rng;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PublicKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;

/// An Ed25519 key (RFC 8032), by its 32-byte seed.
public final class SigningKey {
  public static final int SEED_BYTES = 32;
  public static final int PUBLIC_KEY_BYTES = 32;
  public static final int SIGNATURE_BYTES = 64;

  private final Ed25519PrivateKeyParameters key;

  private SigningKey(Ed25519PrivateKeyParameters key) {
    this.key = key;
  }

  public static SigningKey generate(Rng rng) {
    return ofSeed(rng.bytes(SEED_BYTES));
  }

  public static SigningKey ofSeed(byte[] seed) {
    Invariant.check(seed.length == SEED_BYTES, "an Ed25519 seed has 32 bytes");
    return new SigningKey(new Ed25519PrivateKeyParameters(seed, 0));
  }

  public byte[] seed() {
    return key.getEncoded();
  }

  public Bytes publicKey() {
    return Bytes.wrap(key.generatePublicKey().getEncoded());
  }

  public byte[] sign(byte[] message) {
    var signer = new Ed25519Signer();
    signer.init(true, key);
    signer.update(message, 0, message.length);
    return signer.generateSignature();
  }

  /// False for anything that is no key or no signature.
  public static boolean verifies(Bytes publicKey, byte[] message, byte[] signature) {
    if (publicKey.size() != PUBLIC_KEY_BYTES || signature.length != SIGNATURE_BYTES) {
      return false;
    }
    try {
      var signer = new Ed25519Signer();
      signer.init(false, new Ed25519PublicKeyParameters(publicKey.toArray(), 0));
      signer.update(message, 0, message.length);
      return signer.verifySignature(signature);
    } catch (IllegalArgumentException e) {
      return false; // not a point of the curve
    }
  }
}
