package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.wire.v1.Language;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A stored account, its personal fields still sealed.
///
/// @param firstDeviceAt null as long as it never had a device
record Account(
    AccountId id,
    Profile profile,
    Credentials credentials,
    AccountKeySet keys,
    Instant createdAt,
    @Nullable Instant firstDeviceAt) {

  /// @param dataKey wrapped; what the sealed fields are sealed under
  /// @param emailHash keyed hash of the normalised address
  record Profile(
      Bytes dataKey,
      Bytes emailHash,
      Bytes emailSealed,
      Bytes displayNameSealed,
      Language language) {}

  /// @param totpStep step of the last code used
  record Credentials(
      PassphraseKdf kdf, AuthKeyHasher.Verifier verifier, Bytes totpSecretSealed, long totpStep) {}
}
