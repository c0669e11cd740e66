package crypho.server.account;

import crypho.base.Bytes;
import crypho.server.seal.Sealer;
import java.nio.charset.StandardCharsets;

/// Seals and opens the personal columns of this feature. Each is bound to its column by name.
final class PersonalFields {
  private static final String EMAIL = "account.email";
  private static final String DISPLAY_NAME = "account.display_name";
  private static final String TOTP_SECRET = "account.totp_secret";
  private static final String NEW_EMAIL = "email_change.email";
  private static final String SIGN_UP_EMAIL = "sign_up.email";
  private static final String SIGN_UP_TOTP_SECRET = "sign_up.totp_secret";

  private final Sealer sealer;

  PersonalFields(Sealer sealer) {
    this.sealer = sealer;
  }

  Bytes newDataKey() {
    return Bytes.wrap(sealer.newDataKey());
  }

  Bytes emailHash(EmailAddress address) {
    return Bytes.wrap(sealer.lookupHash("email", address.value()));
  }

  /// Stable for an address, so that asking twice does not tell that nobody has it.
  Bytes fakeSalt(EmailAddress address) {
    return Bytes.copyOf(
        sealer.lookupHash("fake-salt", address.value()), 0, PassphraseKdf.SALT_BYTES);
  }

  Bytes sealEmail(Bytes dataKey, EmailAddress address) {
    return seal(dataKey, EMAIL, bytes(address.value()));
  }

  EmailAddress openEmail(Account.Profile profile) {
    return new EmailAddress(text(open(profile.dataKey(), EMAIL, profile.emailSealed())));
  }

  Bytes sealDisplayName(Bytes dataKey, String name) {
    return seal(dataKey, DISPLAY_NAME, bytes(name));
  }

  String openDisplayName(Account.Profile profile) {
    return text(open(profile.dataKey(), DISPLAY_NAME, profile.displayNameSealed()));
  }

  Bytes sealTotpSecret(Bytes dataKey, byte[] secret) {
    return seal(dataKey, TOTP_SECRET, secret);
  }

  byte[] openTotpSecret(Account account) {
    return open(account.profile().dataKey(), TOTP_SECRET, account.credentials().totpSecretSealed());
  }

  Bytes sealNewEmail(Bytes dataKey, EmailAddress address) {
    return seal(dataKey, NEW_EMAIL, bytes(address.value()));
  }

  EmailAddress openNewEmail(Bytes dataKey, Bytes sealed) {
    return new EmailAddress(text(open(dataKey, NEW_EMAIL, sealed)));
  }

  Bytes sealSignUpEmail(EmailAddress address) {
    return Bytes.wrap(sealer.sealForServer(SIGN_UP_EMAIL, bytes(address.value())));
  }

  EmailAddress openSignUpEmail(Bytes sealed) {
    return new EmailAddress(text(sealer.openForServer(SIGN_UP_EMAIL, sealed.toArray())));
  }

  Bytes sealSignUpTotpSecret(byte[] secret) {
    return Bytes.wrap(sealer.sealForServer(SIGN_UP_TOTP_SECRET, secret));
  }

  byte[] openSignUpTotpSecret(Bytes sealed) {
    return sealer.openForServer(SIGN_UP_TOTP_SECRET, sealed.toArray());
  }

  private Bytes seal(Bytes dataKey, String field, byte[] plain) {
    return Bytes.wrap(sealer.seal(dataKey.toArray(), field, plain));
  }

  private byte[] open(Bytes dataKey, String field, Bytes sealed) {
    return sealer.open(dataKey.toArray(), field, sealed.toArray());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
