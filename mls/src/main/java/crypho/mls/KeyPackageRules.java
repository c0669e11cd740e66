package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// What a key package must be, before it is stored and again when it is used (RFC 9420 §10.1).
public final class KeyPackageRules {
  /// Longest time from `not_before` to `not_after`.
  public static final Duration LIFETIME_MAX = Duration.ofDays(400);

  private KeyPackageRules() {}

  /// Judges an MLSMessage with a key package that `device` deposits for itself.
  public static KeyPackageOutcome check(
      Bytes message, MemberId device, String domain, Bytes registeredKey, Instant now) {
    if (message.size() > MlsLimits.KEY_PACKAGE_BYTES_MAX) {
      return new KeyPackageOutcome.TooLarge(MlsLimits.KEY_PACKAGE_BYTES_MAX);
    }
    try {
      if (!(MlsMessage.decode(message) instanceof KeyPackage keyPackage)) {
        return new KeyPackageOutcome.Malformed("wire_format", "not a key package");
      }
      var identity = ClientIdentity.parse(keyPackage.leafNode().credential());
      if (!identity.equals(new ClientIdentity(device, domain))) {
        return new KeyPackageOutcome.ForeignIdentity();
      }
      if (!keyPackage.leafNode().signatureKey().equals(registeredKey)) {
        return new KeyPackageOutcome.UnregisteredKey();
      }
      return check(keyPackage, List.of(), now);
    } catch (DecodeException e) {
      return new KeyPackageOutcome.Malformed(e.where(), String.valueOf(e.getMessage()));
    }
  }

  /// What does not depend on whose it is.
  static KeyPackageOutcome check(
      KeyPackage keyPackage, List<Extension> groupExtensions, Instant now) {
    var leaf = keyPackage.leafNode();
    if (keyPackage.version() != MlsMessage.VERSION_MLS10
        || keyPackage.cipherSuite() != Suite.CODE) {
      return new KeyPackageOutcome.Unusable("another version or cipher suite");
    }
    if (keyPackage.initKey().size() != Suite.PUBLIC_KEY_BYTES
        || keyPackage.initKey().equals(leaf.encryptionKey())) {
      return new KeyPackageOutcome.Unusable("init key has another length, or is used twice");
    }
    if (!(leaf.source() instanceof LeafNode.Source.FromKeyPackage(Lifetime lifetime))) {
      return new KeyPackageOutcome.Unusable("leaf was not made for a key package");
    }
    var defect = LeafRules.defect(leaf, groupExtensions);
    if (defect != null) {
      return new KeyPackageOutcome.Unusable(defect);
    }
    if (!lifetime.contains(now)) {
      return new KeyPackageOutcome.OutsideLifetime();
    }
    if (Long.compareUnsigned(lifetime.notAfter() - lifetime.notBefore(), LIFETIME_MAX.toSeconds())
        > 0) {
      return new KeyPackageOutcome.Unusable("lives longer than " + LIFETIME_MAX.toDays() + " days");
    }
    if (!LeafRules.isSigned(leaf, Bytes.EMPTY, 0) || !isSigned(keyPackage)) {
      return new KeyPackageOutcome.BadSignature();
    }
    return new KeyPackageOutcome.Valid(
        keyPackage,
        Suite.keyPackageRef(keyPackage),
        Instant.ofEpochSecond(lifetime.notAfter()),
        keyPackage.isLastResort());
  }

  private static boolean isSigned(KeyPackage keyPackage) {
    return Suite.verifyWithLabel(
        keyPackage.leafNode().signatureKey(),
        "KeyPackageTBS",
        TreeCodec.keyPackageTbs(keyPackage),
        keyPackage.signature());
  }
}
