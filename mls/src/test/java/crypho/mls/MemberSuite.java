package crypho.mls;

import crypho.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The half of the suite that takes secrets: only members have it, so it is not in the product.
final class MemberSuite {
  private MemberSuite() {}

  static Bytes signWithLabel(Bytes privateKey, String label, Bytes content) {
    try {
      var signer = Signature.getInstance("Ed25519");
      signer.initSign(key(privateKey));
      signer.update(Suite.signContent(label, content).asBuffer());
      return Bytes.wrap(signer.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static PrivateKey key(Bytes raw) throws GeneralSecurityException {
    return KeyFactory.getInstance("Ed25519")
        .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, raw.toArray()));
  }

  /// `ExpandWithLabel` (RFC 9420 §8).
  static Bytes expandWithLabel(Bytes secret, String label, Bytes context, int length)
      throws GeneralSecurityException {
    var name = Bytes.wrap(("MLS 1.0 " + label).getBytes(StandardCharsets.US_ASCII));
    var info = Writer.bytes(out -> out.u16(length).opaque(name).opaque(context));
    var expand =
        HKDFParameterSpec.expandOnly(
            new SecretKeySpec(secret.toArray(), "Generic"), info.toArray(), length);
    return Bytes.wrap(KDF.getInstance("HKDF-SHA256").deriveData(expand));
  }

  /// `DeriveSecret` (RFC 9420 §8).
  static Bytes deriveSecret(Bytes secret, String label) throws GeneralSecurityException {
    return expandWithLabel(secret, label, Bytes.EMPTY, Suite.HASH_BYTES);
  }
}
