package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.Rng;
import crypho.wire.v1.Language;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Issues links that sign up: a stored sign-up with its account id and authenticator secret.
final class SignUpLinks {
  private static final long UUID_VERSION_CLEARED = 0xffff_ffff_ffff_0fffL;
  private static final long UUID_VERSION_4 = 0x0000_0000_0000_4000L;
  private static final long UUID_VARIANT_CLEARED = 0x3fff_ffff_ffff_ffffL;
  private static final long UUID_VARIANT = 0x8000_0000_0000_0000L;

  private final SignUpStore signUps;
  private final PersonalFields fields;
  private final Links links;
  private final Rng rng;

  SignUpLinks(SignUpStore signUps, PersonalFields fields, Links links, Rng rng) {
    this.signUps = signUps;
    this.fields = fields;
    this.links = links;
    this.rng = rng;
  }

  /// A link for the mail to the address.
  String issue(
      Handle transaction, EmailAddress address, Language language, Duration validFor, Instant now) {
    var link = links.newSignUp();
    var signUp =
        new SignUpStore.SignUp(
            newAccountId(),
            fields.emailHash(address),
            fields.sealSignUpEmail(address),
            fields.sealSignUpTotpSecret(rng.bytes(Totp.SECRET_BYTES)),
            language,
            now,
            now.plus(validFor));
    signUps.insert(transaction, link.tokenHash(), signUp);
    return link.text();
  }

  int issuedSince(Handle transaction, Bytes emailHash, Instant since) {
    return signUps.countSince(transaction, emailHash, since);
  }

  private AccountId newAccountId() {
    var random = ByteBuffer.wrap(rng.bytes(2 * Long.BYTES));
    long high = (random.getLong() & UUID_VERSION_CLEARED) | UUID_VERSION_4;
    long low = (random.getLong() & UUID_VARIANT_CLEARED) | UUID_VARIANT;
    return new AccountId(new UUID(high, low));
  }
}
