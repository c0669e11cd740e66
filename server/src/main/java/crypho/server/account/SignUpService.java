package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.Secret;
import crypho.server.db.AfterCommit;
import crypho.server.db.Db;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.Language;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// Sign-up: a link by mail, then everything in one transaction.
final class SignUpService {
  static final Duration LINK_LASTS = Duration.ofHours(24);

  /// More links than this for one address within an hour are not sent, and nobody is told.
  static final int LINKS_PER_HOUR_MAX = 5;

  /// What a person chose at sign-up, checked for form.
  record Application(
      String displayName,
      Language language,
      PassphraseKdf kdf,
      AccountKeySet keys,
      WayIn passphrase,
      String totpCode,
      boolean isSharedComputer) {}

  /// How opening a link went.
  sealed interface OpenOutcome {
    record Opened(AccountId account, EmailAddress email, Secret totpSecret, Language language)
        implements OpenOutcome {}

    record LinkExpired() implements OpenOutcome {}
  }

  /// How completing a sign-up went.
  sealed interface CompleteOutcome {
    record Created(Secret sessionToken, OwnAccount me) implements CompleteOutcome {}

    record WrongCode() implements CompleteOutcome {}

    record LinkExpired() implements CompleteOutcome {}
  }

  /// What follows from the link and the code, before the costly hash.
  private record Checked(SignUpStore.SignUp signUp, long totpStep) {}

  private final Db db;
  private final Stores stores;
  private final PersonalFields fields;
  private final SignUpLinks signUpLinks;
  private final SessionService sessions;
  private final AuthKeyHasher hasher;
  private final Mailer mailer;

  SignUpService(
      Db db,
      Stores stores,
      PersonalFields fields,
      SignUpLinks signUpLinks,
      SessionService sessions,
      AuthKeyHasher hasher,
      Mailer mailer) {
    this.db = db;
    this.stores = stores;
    this.fields = fields;
    this.signUpLinks = signUpLinks;
    this.sessions = sessions;
    this.hasher = hasher;
    this.mailer = mailer;
  }

  /// Mails a link, or says by mail that there is an account. Does the same work in both cases: a
  /// sign-up is stored either way, and only whoever reads the mail learns which it was.
  void start(EmailAddress address, Language language, Instant now) {
    var hash = fields.emailHash(address);
    db.run(transaction -> {
      stores.accounts().lockAddress(transaction, hash);
      var hourAgo = now.minus(Duration.ofHours(1));
      if (signUpLinks.issuedSince(transaction, hash, hourAgo) >= LINKS_PER_HOUR_MAX) {
        return;
      }
      var existing = stores.accounts().findByAddress(transaction, hash);
      var link = signUpLinks.issue(transaction, address, language, LINK_LASTS, now);
      if (existing == null) {
        mailer.queue(transaction, Template.SIGN_UP, language, address, Map.of("link", link), now);
      } else {
        var place = Map.of("link", mailer.logInLink());
        mailer.queue(
            transaction,
            Template.SIGN_UP_HAS_ACCOUNT,
            existing.profile().language(),
            address,
            place,
            now);
      }
    });
  }

  OpenOutcome open(Bytes tokenHash, Instant now) {
    return db.transact(transaction -> usable(transaction, tokenHash, now))
        .<OpenOutcome>map(signUp ->
            new OpenOutcome.Opened(
                signUp.account(),
                fields.openSignUpEmail(signUp.emailSealed()),
                Secret.wrap(fields.openSignUpTotpSecret(signUp.totpSecretSealed())),
                signUp.language()))
        .orElseGet(OpenOutcome.LinkExpired::new);
  }

  /// The code is checked first, then the signatures, then the key is hashed outside of any
  /// transaction; the account then exists whole or not at all.
  CompleteOutcome complete(Bytes tokenHash, Application application, Secret authKey, Instant now) {
    var found = db.transact(transaction -> usable(transaction, tokenHash, now));
    if (found.isEmpty()) {
      return new CompleteOutcome.LinkExpired();
    }
    var signUp = found.get();
    var secret = fields.openSignUpTotpSecret(signUp.totpSecretSealed());
    var step = Totp.matchingStep(secret, application.totpCode(), now, Long.MIN_VALUE);
    if (step.isEmpty()) {
      return new CompleteOutcome.WrongCode();
    }
    checkSignatures(signUp.account(), application);
    var verifier = hasher.newVerifier(authKey);
    var checked = new Checked(signUp, step.getAsLong());
    var account = newAccount(checked, application, verifier, now);
    return db.transactThen((transaction, after) -> {
      if (!stores.signUps().take(transaction, tokenHash)) {
        return new CompleteOutcome.LinkExpired();
      }
      return create(transaction, after, account, application, now);
    });
  }

  private CompleteOutcome create(
      Handle transaction,
      AfterCommit after,
      Account account,
      Application application,
      Instant now) {
    var emailHash = account.profile().emailHash();
    stores.accounts().lockAddress(transaction, emailHash);
    if (stores.accounts().findByAddress(transaction, emailHash) != null) {
      return new CompleteOutcome.LinkExpired();
    }
    stores.accounts().insert(transaction, account);
    stores.accounts().putWayIn(transaction, account.id(), application.passphrase());
    stores.vaults().create(transaction, account.id());
    stores.signUps().deleteOfAddress(transaction, emailHash);
    sessions.announceAddress(transaction, after, account.id(), emailHash, now);
    boolean isShared = application.isSharedComputer();
    var token = sessions.open(transaction, after, account.id(), isShared, now);
    var me = OwnAccount.of(account, List.of(application.passphrase()), null, isShared);
    return new CompleteOutcome.Created(token, me);
  }

  private Account newAccount(
      Checked checked, Application application, AuthKeyHasher.Verifier verifier, Instant now) {
    var dataKey = fields.newDataKey();
    var address = fields.openSignUpEmail(checked.signUp().emailSealed());
    var secret = fields.openSignUpTotpSecret(checked.signUp().totpSecretSealed());
    var profile =
        new Account.Profile(
            dataKey,
            checked.signUp().emailHash(),
            fields.sealEmail(dataKey, address),
            fields.sealDisplayName(dataKey, application.displayName()),
            application.language());
    var credentials =
        new Account.Credentials(
            application.kdf(),
            verifier,
            fields.sealTotpSecret(dataKey, secret),
            checked.totpStep());
    return new Account(
        checked.signUp().account(), profile, credentials, application.keys(), now, null);
  }

  private static void checkSignatures(AccountId account, Application application) {
    var keys = application.keys();
    if (!KeyRules.isDepositKeySigned(account, keys)) {
      throw RpcException.invalid("keys.deposit_signature");
    }
    if (!application.passphrase().isSignedFor(account, keys.identityPublicKey())) {
      throw RpcException.invalid("passphrase_unlock.signature");
    }
  }

  private Optional<SignUpStore.SignUp> usable(Handle transaction, Bytes tokenHash, Instant now) {
    return Optional.ofNullable(stores.signUps().find(transaction, tokenHash))
        .filter(signUp -> signUp.expiresAt().isAfter(now));
  }
}
