package crypho.mls;

import crypho.base.Bytes;
import java.time.Instant;

/// What the server answers to a key package that a device wants to deposit.
public sealed interface KeyPackageOutcome {
  /// `ref` is unique a key package and is what a Welcome names; keep the package until `notAfter`.
  record Valid(KeyPackage keyPackage, Bytes ref, Instant notAfter, boolean isLastResort)
      implements KeyPackageOutcome {}

  record Malformed(String where, String why) implements KeyPackageOutcome {}

  record TooLarge(int bytesMax) implements KeyPackageOutcome {}

  /// It names another device, account or domain than the one that sent it.
  record ForeignIdentity() implements KeyPackageOutcome {}

  /// Its signature key is not the device's registered one.
  record UnregisteredKey() implements KeyPackageOutcome {}

  /// Expired, or not valid yet: the device's clock may be wrong.
  record OutsideLifetime() implements KeyPackageOutcome {}

  record BadSignature() implements KeyPackageOutcome {}

  /// A rule of RFC 9420 §10.1 or of ours is broken.
  record Unusable(String why) implements KeyPackageOutcome {}
}
