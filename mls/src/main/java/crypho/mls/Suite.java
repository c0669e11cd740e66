package crypho.mls;

import crypho.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/// The one cipher suite that we use, MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, as far as the
/// delivery service needs it: hashes, references and verifying (RFC 9420 §5.1, §5.2). What takes a
/// secret is not here, because the server has none.
public final class Suite {
  public static final int CODE = 1;
  public static final int HASH_BYTES = 32;
  public static final int PUBLIC_KEY_BYTES = 32;
  public static final int SIGNATURE_BYTES = 64;

  private static final String LABEL_PREFIX = "MLS 1.0 ";

  /// The fixed DER in front of a raw Ed25519 public key (RFC 8410).
  private static final Bytes SPKI_PREFIX =
      Bytes.wrap(HexFormat.of().parseHex("302a300506032b6570032100"));

  private Suite() {}

  public static Bytes hash(Bytes input) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(input.asBuffer());
      return Bytes.wrap(digest.digest());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// `RefHash` (RFC 9420 §5.2).
  static Bytes refHash(String label, Bytes value) {
    return hash(Writer.bytes(out -> out.opaque(ascii(label)).opaque(value)));
  }

  /// The reference by which a Welcome names a key package.
  public static Bytes keyPackageRef(KeyPackage keyPackage) {
    return refHash(
        LABEL_PREFIX + "KeyPackage Reference",
        Writer.bytes(out -> TreeCodec.writeKeyPackage(out, keyPackage)));
  }

  /// `VerifyWithLabel` (RFC 9420 §5.1.2). False for anything that is not a key or not a signature.
  static boolean verifyWithLabel(Bytes publicKey, String label, Bytes content, Bytes signature) {
    if (publicKey.size() != PUBLIC_KEY_BYTES || signature.size() != SIGNATURE_BYTES) {
      return false;
    }
    try {
      var spki = Writer.bytes(out -> out.raw(SPKI_PREFIX).raw(publicKey));
      var key =
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki.toArray()));
      var verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key);
      verifier.update(signContent(label, content).asBuffer());
      return verifier.verify(signature.toArray());
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  static Bytes signContent(String label, Bytes content) {
    return Writer.bytes(out -> out.opaque(ascii(LABEL_PREFIX + label)).opaque(content));
  }

  private static Bytes ascii(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}
