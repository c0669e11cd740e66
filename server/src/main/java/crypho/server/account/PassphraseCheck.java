package crypho.server.account;

import crypho.base.Bytes;
import crypho.base.Personal;
import crypho.base.Secret;
import crypho.server.db.Db;
import crypho.server.rpc.RpcException;
import java.time.Instant;
import java.util.Optional;

/// Compares authentication keys, slowly and not too often.
final class PassphraseCheck {
  private final Db db;
  private final AccountStore accounts;
  private final AuthKeyHasher hasher;
  private final LogInThrottle throttle = new LogInThrottle();

  PassphraseCheck(Db db, AccountStore accounts, AuthKeyHasher hasher) {
    this.db = db;
    this.accounts = accounts;
    this.hasher = hasher;
  }

  /// The account at the address where the key is right. Takes as long where there is none.
  ///
  /// @throws RpcException RATE_LIMITED after too many wrong ones, OVERLOADED where too many wait
  Optional<Account> check(Bytes emailHash, Secret authKey, Personal from, Instant now) {
    var attempt = throttle.begin(emailHash, from, now);
    try {
      var account =
          db.transact(
              transaction -> Optional.ofNullable(accounts.findByAddress(transaction, emailHash)));
      if (account.isEmpty()) {
        hasher.matchNobody(authKey);
        return account;
      }
      if (!hasher.matches(authKey, account.get().credentials().verifier())) {
        return Optional.empty();
      }
      attempt.succeed();
      return account;
    } catch (RuntimeException e) {
      attempt.cancel();
      throw e;
    }
  }

  AuthKeyHasher.Verifier newVerifier(Secret authKey) {
    return hasher.newVerifier(authKey);
  }
}
