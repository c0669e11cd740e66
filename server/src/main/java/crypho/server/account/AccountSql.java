package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.wire.v1.Language;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/// [AccountStore] on PostgreSQL.
final class AccountSql implements AccountStore {
  private static final String SELECT =
      """
      select a.*,
        array(select p.sealed_key from account_previous_key p
              where p.account_id = a.account_id order by p.key_generation) as previous_keys
      from account a
      """;

  @Override
  public void insert(Handle transaction, Account account) {
    try (var update =
        transaction.createUpdate(
            """
            insert into account (account_id, data_key, email_hash, email_sealed,
              display_name_sealed, language, kdf_salt, kdf_memory_kib, kdf_iterations,
              kdf_parallelism, auth_salt, auth_hash, totp_secret_sealed, totp_step,
              key_generation, identity_public_key, sealed_identity_key, deposit_public_key,
              deposit_signature, created_at, first_device_at)
            values (:id, :dataKey, :emailHash, :emailSealed, :displayNameSealed, :language,
              :kdfSalt, :kdfMemory, :kdfIterations, :kdfParallelism, :authSalt, :authHash,
              :totpSealed, :totpStep, :generation, :identity, :sealedIdentity, :deposit,
              :depositSignature, :createdAt, :firstDeviceAt)
            """)) {
      var profile = account.profile();
      bindKdf(update, account.credentials().kdf(), account.credentials().verifier());
      bindKeys(update, account.keys());
      update
          .bind("id", account.id().value())
          .bind("dataKey", profile.dataKey().toArray())
          .bind("emailHash", profile.emailHash().toArray())
          .bind("emailSealed", profile.emailSealed().toArray())
          .bind("displayNameSealed", profile.displayNameSealed().toArray())
          .bind("language", profile.language().getNumber())
          .bind("totpSealed", account.credentials().totpSecretSealed().toArray())
          .bind("totpStep", account.credentials().totpStep())
          .bind("identity", account.keys().identityPublicKey().toArray())
          .bind("createdAt", account.createdAt())
          .bind("firstDeviceAt", account.firstDeviceAt())
          .execute();
    }
  }

  @Override
  public @Nullable Account find(Handle transaction, AccountId id) {
    return transaction
        .createQuery(SELECT + " where a.account_id = :id")
        .bind("id", id.value())
        .map((row, _) -> read(row))
        .findOne()
        .orElse(null);
  }

  @Override
  public @Nullable Account lock(Handle transaction, AccountId id) {
    // Lock first: the row is then read as whoever held the lock before left it, previous keys too.
    var locked =
        transaction
            .createQuery("select 1 from account where account_id = :id for no key update")
            .bind("id", id.value())
            .mapTo(Integer.class)
            .findOne();
    return locked.isEmpty() ? null : find(transaction, id);
  }

  @Override
  public List<Account> findAll(Handle transaction, Collection<AccountId> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    return transaction
        .createQuery(SELECT + " where a.account_id in (<ids>)")
        .bindList("ids", ids.stream().map(AccountId::value).toList())
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public @Nullable Account findByAddress(Handle transaction, Bytes emailHash) {
    return transaction
        .createQuery(SELECT + " where a.email_hash = :hash")
        .bind("hash", emailHash.toArray())
        .map((row, _) -> read(row))
        .findOne()
        .orElse(null);
  }

  @Override
  public void lockAddress(Handle transaction, Bytes emailHash) {
    transaction
        .createQuery("select 1 from pg_advisory_xact_lock(:key)")
        .bind("key", emailHash.asBuffer().getLong())
        .mapTo(Integer.class)
        .one();
  }

  @Override
  public void setTotpStep(Handle transaction, AccountId id, long step) {
    transaction.execute("update account set totp_step = ? where account_id = ?", step, id.value());
  }

  @Override
  public void setDisplayName(Handle transaction, AccountId id, Bytes sealed) {
    transaction.execute(
        "update account set display_name_sealed = ? where account_id = ?",
        sealed.toArray(),
        id.value());
  }

  @Override
  public void setLanguage(Handle transaction, AccountId id, Language language) {
    transaction.execute(
        "update account set language = ? where account_id = ?", language.getNumber(), id.value());
  }

  @Override
  public void setEmail(Handle transaction, AccountId id, Bytes emailHash, Bytes emailSealed) {
    transaction.execute(
        "update account set email_hash = ?, email_sealed = ? where account_id = ?",
        emailHash.toArray(),
        emailSealed.toArray(),
        id.value());
  }

  @Override
  public void setPassphrase(
      Handle transaction, AccountId id, PassphraseKdf kdf, AuthKeyHasher.Verifier verifier) {
    try (var update =
        transaction.createUpdate(
            """
            update account set kdf_salt = :kdfSalt, kdf_memory_kib = :kdfMemory,
              kdf_iterations = :kdfIterations, kdf_parallelism = :kdfParallelism,
              auth_salt = :authSalt, auth_hash = :authHash
            where account_id = :id
            """)) {
      bindKdf(update, kdf, verifier);
      update.bind("id", id.value()).execute();
    }
  }

  @Override
  public void setFirstDeviceAt(Handle transaction, AccountId id, Instant at) {
    transaction.execute(
        "update account set first_device_at = ? where account_id = ?", at, id.value());
  }

  @Override
  public void setKeys(Handle transaction, AccountId id, AccountKeySet keys) {
    try (var update =
        transaction.createUpdate(
            """
            update account set key_generation = :generation,
              sealed_identity_key = :sealedIdentity, deposit_public_key = :deposit,
              deposit_signature = :depositSignature
            where account_id = :id
            """)) {
      bindKeys(update, keys);
      update.bind("id", id.value()).execute();
    }
    transaction.execute(
        "insert into account_previous_key (account_id, key_generation, sealed_key) values (?, ?, ?)",
        id.value(),
        keys.generation() - 1,
        keys.sealedPreviousKeys().getLast().toArray());
  }

  @Override
  public List<WayIn> waysIn(Handle transaction, AccountId id) {
    return transaction
        .createQuery(
            """
            select kind, unlock_id, public_key, signature, sealed_account_key, key_generation
            from account_unlock where account_id = :id order by kind, unlock_id
            """)
        .bind("id", id.value())
        .map((row, _) -> readWayIn(row))
        .list();
  }

  @Override
  public void putWayIn(Handle transaction, AccountId id, WayIn wayIn) {
    transaction.execute(
        """
        insert into account_unlock (account_id, kind, unlock_id, public_key, signature,
          sealed_account_key, key_generation)
        values (?, ?, ?, ?, ?, ?, ?)
        on conflict (account_id, kind, unlock_id) do update set
          public_key = excluded.public_key, signature = excluded.signature,
          sealed_account_key = excluded.sealed_account_key,
          key_generation = excluded.key_generation
        """,
        id.value(),
        wayIn.name().kind().number(),
        wayIn.name().id(),
        wayIn.publicKey().toArray(),
        wayIn.signature().toArray(),
        wayIn.sealedAccountKey().toArray(),
        wayIn.generation());
  }

  @Override
  public void deleteWayIn(Handle transaction, AccountId id, WayIn.Name name) {
    transaction.execute(
        "delete from account_unlock where account_id = ? and kind = ? and unlock_id = ?",
        id.value(),
        name.kind().number(),
        name.id());
  }

  @Override
  public long count(Handle transaction) {
    return transaction.createQuery("select count(*) from account").mapTo(Long.class).one();
  }

  private static void bindKdf(
      SqlStatement<?> statement, PassphraseKdf kdf, AuthKeyHasher.Verifier verifier) {
    statement
        .bind("kdfSalt", kdf.salt().toArray())
        .bind("kdfMemory", kdf.memoryKib())
        .bind("kdfIterations", kdf.iterations())
        .bind("kdfParallelism", kdf.parallelism())
        .bind("authSalt", verifier.salt().toArray())
        .bind("authHash", verifier.hash().toArray());
  }

  private static void bindKeys(SqlStatement<?> statement, AccountKeySet keys) {
    statement
        .bind("generation", keys.generation())
        .bind("sealedIdentity", keys.sealedIdentityKey().toArray())
        .bind("deposit", keys.depositPublicKey().toArray())
        .bind("depositSignature", keys.depositSignature().toArray());
  }

  private static Account read(ResultSet row) throws SQLException {
    var profile =
        new Account.Profile(
            Rows.bytes(row, "data_key"),
            Rows.bytes(row, "email_hash"),
            Rows.bytes(row, "email_sealed"),
            Rows.bytes(row, "display_name_sealed"),
            Language.forNumber(row.getInt("language")));
    var kdf =
        new PassphraseKdf(
            Rows.bytes(row, "kdf_salt"),
            row.getInt("kdf_memory_kib"),
            row.getInt("kdf_iterations"),
            row.getInt("kdf_parallelism"));
    var credentials =
        new Account.Credentials(
            kdf,
            new AuthKeyHasher.Verifier(Rows.bytes(row, "auth_salt"), Rows.bytes(row, "auth_hash")),
            Rows.bytes(row, "totp_secret_sealed"),
            row.getLong("totp_step"));
    var keys =
        new AccountKeySet(
            row.getInt("key_generation"),
            Rows.bytes(row, "identity_public_key"),
            Rows.bytes(row, "sealed_identity_key"),
            Rows.bytes(row, "deposit_public_key"),
            Rows.bytes(row, "deposit_signature"),
            Rows.bytesList(row, "previous_keys"));
    return new Account(
        Rows.account(row, "account_id"),
        profile,
        credentials,
        keys,
        Rows.instant(row, "created_at"),
        Rows.instantOrNull(row, "first_device_at"));
  }

  private static WayIn readWayIn(ResultSet row) throws SQLException {
    return new WayIn(
        new WayIn.Name(WayIn.Kind.of(row.getInt("kind")), row.getString("unlock_id")),
        Rows.bytes(row, "public_key"),
        Rows.bytes(row, "signature"),
        Rows.bytes(row, "sealed_account_key"),
        row.getInt("key_generation"));
  }
}
