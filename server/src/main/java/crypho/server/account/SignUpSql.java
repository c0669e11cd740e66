package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.wire.v1.Language;
import java.time.Instant;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// [SignUpStore] on PostgreSQL.
final class SignUpSql implements SignUpStore {
  @Override
  public void insert(Handle transaction, Bytes tokenHash, SignUp signUp) {
    transaction.execute(
        """
        insert into sign_up (token_hash, account_id, email_hash, email_sealed, totp_secret_sealed,
          language, created_at, expires_at)
        values (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        tokenHash.toArray(),
        signUp.account().value(),
        signUp.emailHash().toArray(),
        signUp.emailSealed().toArray(),
        signUp.totpSecretSealed().toArray(),
        signUp.language().getNumber(),
        signUp.createdAt(),
        signUp.expiresAt());
  }

  @Override
  public @Nullable SignUp find(Handle transaction, Bytes tokenHash) {
    return transaction
        .createQuery("select * from sign_up where token_hash = :token")
        .bind("token", tokenHash.toArray())
        .map((row, _) ->
            new SignUp(
                Rows.account(row, "account_id"),
                Rows.bytes(row, "email_hash"),
                Rows.bytes(row, "email_sealed"),
                Rows.bytes(row, "totp_secret_sealed"),
                Language.forNumber(row.getInt("language")),
                Rows.instant(row, "created_at"),
                Rows.instant(row, "expires_at")))
        .findOne()
        .orElse(null);
  }

  @Override
  public boolean take(Handle transaction, Bytes tokenHash) {
    return transaction.execute("delete from sign_up where token_hash = ?", tokenHash.toArray())
        == 1;
  }

  @Override
  public int countSince(Handle transaction, Bytes emailHash, Instant since) {
    return transaction
        .createQuery(
            "select count(*) from sign_up where email_hash = :hash and created_at > :since")
        .bind("hash", emailHash.toArray())
        .bind("since", since)
        .mapTo(Integer.class)
        .one();
  }

  @Override
  public void deleteOfAddress(Handle transaction, Bytes emailHash) {
    transaction.execute("delete from sign_up where email_hash = ?", emailHash.toArray());
  }

  @Override
  public void putEmailChange(Handle transaction, Bytes tokenHash, EmailChange change) {
    transaction.execute(
        """
        insert into email_change (account_id, token_hash, email_hash, email_sealed, expires_at)
        values (?, ?, ?, ?, ?)
        on conflict (account_id) do update set token_hash = excluded.token_hash,
          email_hash = excluded.email_hash, email_sealed = excluded.email_sealed,
          expires_at = excluded.expires_at
        """,
        change.account().value(),
        tokenHash.toArray(),
        change.emailHash().toArray(),
        change.emailSealed().toArray(),
        change.expiresAt());
  }

  @Override
  public @Nullable EmailChange findEmailChange(Handle transaction, Bytes tokenHash) {
    return transaction
        .createQuery("select * from email_change where token_hash = :token")
        .bind("token", tokenHash.toArray())
        .map((row, _) ->
            new EmailChange(
                Rows.account(row, "account_id"),
                Rows.bytes(row, "email_hash"),
                Rows.bytes(row, "email_sealed"),
                Rows.instant(row, "expires_at")))
        .findOne()
        .orElse(null);
  }

  @Override
  public void deleteEmailChange(Handle transaction, AccountId account) {
    transaction.execute("delete from email_change where account_id = ?", account.value());
  }

  @Override
  public void deleteExpired(Handle transaction, Instant now) {
    transaction.execute("delete from sign_up where expires_at <= ?", now);
    transaction.execute("delete from email_change where expires_at <= ?", now);
  }
}
