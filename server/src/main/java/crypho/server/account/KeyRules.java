package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/// What an identity key must have signed (docs/protocol/accounts-and-keys.md). Clients check the
/// same and trust nobody; the server checks so that a defective client makes no broken account.
/// Pure.
final class KeyRules {
  static final int KEY_BYTES = 32;
  static final int SIGNATURE_BYTES = 64;

  /// SubjectPublicKeyInfo of Ed25519 before the 32 bytes of the key (RFC 8410 §4).
  private static final byte[] ED25519_HEAD = HexFormat.of().parseHex("302a300506032b6570032100");

  private KeyRules() {}

  static boolean isDepositKeySigned(AccountId account, AccountKeySet keys) {
    var signed =
        new Signed("crypho deposit key v1")
            .add(account)
            .add(ByteBuffer.allocate(Integer.BYTES).putInt(keys.generation()).array())
            .add(keys.depositPublicKey());
    return isSigned(keys.identityPublicKey(), signed, keys.depositSignature());
  }

  static boolean isUnlockSigned(Bytes identityPublicKey, AccountId account, WayIn wayIn) {
    var id = wayIn.name().id().getBytes(StandardCharsets.UTF_8);
    var signed =
        new Signed("crypho unlock v1")
            .add(account)
            .add((byte) wayIn.name().kind().number())
            .add((byte) id.length)
            .add(id)
            .add(wayIn.publicKey());
    return isSigned(identityPublicKey, signed, wayIn.signature());
  }

  static boolean isDeviceCertified(Bytes identityPublicKey, AccountId account, DeviceKeys keys) {
    var signed =
        new Signed("crypho device v1")
            .add(account)
            .add(HexFormat.of().parseHex(keys.device().hex()))
            .add(keys.mlsSignatureKey())
            .add(keys.signingKey())
            .add(keys.unlockKey());
    return isSigned(identityPublicKey, signed, keys.certificate());
  }

  private static boolean isSigned(Bytes publicKey, Signed signed, Bytes signature) {
    try {
      var verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(ed25519(publicKey));
      verifier.update(signed.toByteArray());
      return verifier.verify(signature.toArray());
    } catch (InvalidKeySpecException | InvalidKeyException | SignatureException e) {
      // Not a point of the curve, or not the form of a signature: either way nothing is signed.
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Ed25519 is in every JDK", e);
    }
  }

  private static PublicKey ed25519(Bytes raw) throws GeneralSecurityException {
    var encoded =
        ByteBuffer.allocate(ED25519_HEAD.length + KEY_BYTES)
            .put(ED25519_HEAD)
            .put(raw.asBuffer())
            .array();
    return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
  }

  /// Bytes under a signature: `label ‖ 0 ‖ parts`.
  private static final class Signed {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Signed(String label) {
      add(label.getBytes(StandardCharsets.US_ASCII)).add((byte) 0);
    }

    Signed add(AccountId account) {
      var uuid = account.value();
      return add(
          ByteBuffer.allocate(2 * Long.BYTES)
              .putLong(uuid.getMostSignificantBits())
              .putLong(uuid.getLeastSignificantBits())
              .array());
    }

    Signed add(Bytes bytes) {
      return add(bytes.toArray());
    }

    Signed add(byte[] bytes) {
      out.writeBytes(bytes);
      return this;
    }

    Signed add(byte single) {
      out.write(single);
      return this;
    }

    byte[] toByteArray() {
      return out.toByteArray();
    }
  }
}
