package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.Personal;
import crypho.base.Secret;
import crypho.server.db.AfterCommit;
import crypho.server.db.Db;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.Language;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// One's own account: name, language, passphrase, address.
final class ProfileService {
  static final Duration CONFIRMATION_LASTS = Duration.ofHours(24);

  /// How changing the passphrase went.
  enum PassphraseOutcome {
    CHANGED,
    WRONG_PASSPHRASE,
    STALE_KEY
  }

  /// How asking for another address went.
  enum StartEmailOutcome {
    MAIL_SENT,
    WRONG_PASSPHRASE
  }

  /// How confirming another address went.
  enum ConfirmEmailOutcome {
    CHANGED,
    LINK_EXPIRED
  }

  /// What a new passphrase brings along.
  ///
  /// @param authKey stays with the caller, who closes it
  record NewPassphrase(Secret authKey, PassphraseKdf kdf, WayIn wayIn) {}

  private final Db db;
  private final Stores stores;
  private final PersonalFields fields;
  private final PassphraseCheck passphrases;
  private final AccountNews news;
  private final Mailer mailer;

  ProfileService(
      Db db,
      Stores stores,
      PersonalFields fields,
      PassphraseCheck passphrases,
      AccountNews news,
      Mailer mailer) {
    this.db = db;
    this.stores = stores;
    this.fields = fields;
    this.passphrases = passphrases;
    this.news = news;
    this.mailer = mailer;
  }

  OwnAccount me(Caller caller) {
    return db.transact(transaction -> me(transaction, caller));
  }

  private OwnAccount me(Handle transaction, Caller caller) {
    var account = stores.accounts().find(transaction, caller.account());
    var session = stores.sessions().find(transaction, caller.session());
    if (account == null || session == null) {
      throw RpcException.unauthenticated();
    }
    var waysIn = stores.accounts().waysIn(transaction, account.id());
    return OwnAccount.of(account, waysIn, session.deviceOrNull(), session.isSharedComputer());
  }

  /// What is null stays as it is.
  OwnAccount change(
      Caller caller, @Nullable String newDisplayName, @Nullable Language newLanguage) {
    return db.transactThen((transaction, after) -> {
      var account = lock(transaction, caller.account());
      if (newLanguage != null) {
        stores.accounts().setLanguage(transaction, account.id(), newLanguage);
      }
      if (newDisplayName != null) {
        var sealed = fields.sealDisplayName(account.profile().dataKey(), newDisplayName);
        stores.accounts().setDisplayName(transaction, account.id(), sealed);
        news.profileChanged(transaction, after, account.id());
      } else {
        news.ownProfileChanged(after, account.id());
      }
      return me(transaction, caller);
    });
  }

  /// Replaces what the passphrase opens, at once. Sessions and devices stay; log-ins and changes of
  /// address that are under way end.
  PassphraseOutcome changePassphrase(
      Caller caller, Secret currentAuthKey, NewPassphrase next, Personal from, Instant now) {
    var wayIn = next.wayIn();
    var checked = check(caller, currentAuthKey, from, now);
    if (checked.isEmpty()) {
      return PassphraseOutcome.WRONG_PASSPHRASE;
    }
    if (wayIn.generation() != checked.get().keys().generation()) {
      return PassphraseOutcome.STALE_KEY;
    }
    var verifier = passphrases.newVerifier(next.authKey());
    return db.transactThen((transaction, after) -> {
      var account = lock(transaction, caller.account());
      var before = checked.get().credentials().verifier();
      if (!account.credentials().verifier().equals(before)) {
        return PassphraseOutcome.WRONG_PASSPHRASE;
      }
      if (wayIn.generation() != account.keys().generation()) {
        return PassphraseOutcome.STALE_KEY;
      }
      if (!wayIn.isSignedFor(account.id(), account.keys().identityPublicKey())) {
        throw RpcException.invalid("new_unlock.signature");
      }
      replacePassphrase(transaction, after, account, next, verifier);
      mailer.notice(transaction, Template.PASSPHRASE_CHANGED, account, now);
      return PassphraseOutcome.CHANGED;
    });
  }

  private void replacePassphrase(
      Handle transaction,
      AfterCommit after,
      Account account,
      NewPassphrase next,
      AuthKeyHasher.Verifier verifier) {
    stores.accounts().setPassphrase(transaction, account.id(), next.kdf(), verifier);
    stores.accounts().putWayIn(transaction, account.id(), next.wayIn());
    stores.sessions().deleteTickets(transaction, account.id());
    stores.signUps().deleteEmailChange(transaction, account.id());
    news.ownKeysChanged(after, account.id());
  }

  /// Mails a link to the new address; where that belongs to another account, a notice instead, and
  /// the caller learns no difference.
  StartEmailOutcome startEmailChange(
      Caller caller, EmailAddress newAddress, Secret authKey, Personal from, Instant now) {
    var checked = check(caller, authKey, from, now);
    if (checked.isEmpty()) {
      return StartEmailOutcome.WRONG_PASSPHRASE;
    }
    var newHash = fields.emailHash(newAddress);
    db.run(transaction -> {
      var account = lock(transaction, caller.account());
      if (account.profile().emailHash().equals(newHash)) {
        throw RpcException.invalid("new_email");
      }
      var language = account.profile().language();
      var other = stores.accounts().findByAddress(transaction, newHash);
      if (other != null) {
        var place = Map.of("link", mailer.logInLink());
        mailer.queue(transaction, Template.SIGN_UP_HAS_ACCOUNT, language, newAddress, place, now);
        return;
      }
      var link = mailer.newConfirmation();
      var sealed = fields.sealNewEmail(account.profile().dataKey(), newAddress);
      var expiresAt = now.plus(CONFIRMATION_LASTS);
      var change = new SignUpStore.EmailChange(account.id(), newHash, sealed, expiresAt);
      stores.signUps().putEmailChange(transaction, link.tokenHash(), change);
      var place = Map.of("link", link.text());
      mailer.queue(transaction, Template.CONFIRM_EMAIL, language, newAddress, place, now);
    });
    return StartEmailOutcome.MAIL_SENT;
  }

  ConfirmEmailOutcome confirmEmailChange(Bytes tokenHash, Instant now) {
    return db.transactThen((transaction, after) -> {
      var change = stores.signUps().findEmailChange(transaction, tokenHash);
      if (change == null || !change.expiresAt().isAfter(now)) {
        return ConfirmEmailOutcome.LINK_EXPIRED;
      }
      stores.accounts().lockAddress(transaction, change.emailHash());
      var account = lock(transaction, change.account());
      // Read again under the lock: one of two that open the link at once does the work.
      boolean isCurrent = change.equals(stores.signUps().findEmailChange(transaction, tokenHash));
      boolean isTaken = stores.accounts().findByAddress(transaction, change.emailHash()) != null;
      if (!isCurrent || isTaken) {
        return ConfirmEmailOutcome.LINK_EXPIRED;
      }
      replaceAddress(transaction, after, account, change, now);
      return ConfirmEmailOutcome.CHANGED;
    });
  }

  private void replaceAddress(
      Handle transaction,
      AfterCommit after,
      Account account,
      SignUpStore.EmailChange change,
      Instant now) {
    var dataKey = account.profile().dataKey();
    var address = fields.openNewEmail(dataKey, change.emailSealed());
    mailer.notice(transaction, Template.EMAIL_CHANGED, account, now);
    stores
        .accounts()
        .setEmail(
            transaction, account.id(), change.emailHash(), fields.sealEmail(dataKey, address));
    stores.signUps().deleteEmailChange(transaction, account.id());
    stores.signUps().deleteOfAddress(transaction, change.emailHash());
    news.addressVerified(transaction, after, account.id(), change.emailHash(), now);
    news.ownProfileChanged(after, account.id());
  }

  private Optional<Account> check(Caller caller, Secret authKey, Personal from, Instant now) {
    var account =
        db.transact(transaction ->
            Optional.ofNullable(stores.accounts().find(transaction, caller.account())));
    if (account.isEmpty()) {
      throw RpcException.unauthenticated();
    }
    return passphrases.check(account.get().profile().emailHash(), authKey, from, now);
  }

  private Account lock(Handle transaction, AccountId id) {
    var account = stores.accounts().lock(transaction, id);
    if (account == null) {
      throw RpcException.unauthenticated();
    }
    return account;
  }
}
