package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// [VaultStore] on PostgreSQL.
final class VaultSql implements VaultStore {
  @Override
  public void create(Handle transaction, AccountId account) {
    transaction.execute(
        "insert into vault (account_id, revision, entries, value_bytes) values (?, 0, 0, 0)",
        account.value());
  }

  @Override
  public @Nullable Totals lock(Handle transaction, AccountId account) {
    return transaction
        .createQuery(
            """
            select revision, entries, value_bytes from vault where account_id = :id
            for no key update
            """)
        .bind("id", account.value())
        .map((row, _) -> new Totals(row.getLong(1), row.getInt(2), row.getLong(3)))
        .findOne()
        .orElse(null);
  }

  @Override
  public long revision(Handle transaction, AccountId account) {
    return transaction
        .createQuery("select revision from vault where account_id = :id")
        .bind("id", account.value())
        .mapTo(Long.class)
        .findOne()
        .orElse(0L);
  }

  @Override
  public List<Entry> find(Handle transaction, AccountId account, Collection<Bytes> keys) {
    if (keys.isEmpty()) {
      return List.of();
    }
    return transaction
        .createQuery(
            """
            select entry_key, value, revision from vault_entry
            where account_id = :id and entry_key in (<keys>)
            """)
        .bind("id", account.value())
        .bindList("keys", keys.stream().map(Bytes::toArray).toList())
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public void put(Handle transaction, AccountId account, Collection<Entry> entries) {
    try (var batch =
        transaction.prepareBatch(
            """
            insert into vault_entry (account_id, entry_key, value, revision)
            values (:id, :key, :value, :revision)
            on conflict (account_id, entry_key) do update
              set value = excluded.value, revision = excluded.revision
            """)) {
      for (var entry : entries) {
        batch
            .bind("id", account.value())
            .bind("key", entry.key().toArray())
            .bind("value", entry.value().toArray())
            .bind("revision", entry.revision())
            .add();
      }
      batch.execute();
    }
  }

  @Override
  public void setTotals(Handle transaction, AccountId account, Totals totals) {
    transaction.execute(
        "update vault set revision = ?, entries = ?, value_bytes = ? where account_id = ?",
        totals.revision(),
        totals.entries(),
        totals.valueBytes(),
        account.value());
  }

  @Override
  public List<Entry> after(
      Handle transaction, AccountId account, long revision, int limit, long bytesMax) {
    return transaction
        .createQuery(
            """
            select entry_key, value, revision from (
              select entry_key, value, revision,
                sum(length(value)) over (order by revision) - length(value) as bytes_before
              from (
                select entry_key, value, revision from vault_entry
                where account_id = :id and revision > :revision order by revision limit :limit
              ) as page
            ) as summed
            where bytes_before < :bytesMax order by revision
            """)
        .bind("id", account.value())
        .bind("revision", revision)
        .bind("limit", limit)
        .bind("bytesMax", bytesMax)
        .map((row, _) -> read(row))
        .list();
  }

  private static Entry read(ResultSet row) throws SQLException {
    return new Entry(
        Rows.bytes(row, "entry_key"), Rows.bytes(row, "value"), row.getLong("revision"));
  }
}
