package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.wire.v1.Language;
import java.time.Instant;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// What waits for a link from a mail to be opened. Every method runs in the caller's transaction.
interface SignUpStore {
  /// A sign-up that was asked for.
  ///
  /// @param account the id that the account will have
  record SignUp(
      AccountId account,
      Bytes emailHash,
      Bytes emailSealed,
      Bytes totpSecretSealed,
      Language language,
      Instant createdAt,
      Instant expiresAt) {}

  /// A change of address that was asked for.
  record EmailChange(AccountId account, Bytes emailHash, Bytes emailSealed, Instant expiresAt) {}

  void insert(Handle transaction, Bytes tokenHash, SignUp signUp);

  @Nullable SignUp find(Handle transaction, Bytes tokenHash);

  /// Deletes it, and says whether it was there: one of several callers at once gets true.
  boolean take(Handle transaction, Bytes tokenHash);

  /// How many were asked for this address since `since`.
  int countSince(Handle transaction, Bytes emailHash, Instant since);

  void deleteOfAddress(Handle transaction, Bytes emailHash);

  /// Replaces an earlier change of the account.
  void putEmailChange(Handle transaction, Bytes tokenHash, EmailChange change);

  @Nullable EmailChange findEmailChange(Handle transaction, Bytes tokenHash);

  void deleteEmailChange(Handle transaction, AccountId account);

  /// Both kinds.
  void deleteExpired(Handle transaction, Instant now);
}
