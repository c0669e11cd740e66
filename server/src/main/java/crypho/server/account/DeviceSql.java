package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// [DeviceStore] on PostgreSQL.
final class DeviceSql implements DeviceStore {
  @Override
  public void insert(Handle transaction, LinkedDevice device) {
    var keys = device.keys();
    transaction.execute(
        """
        insert into device (device_id, account_id, mls_signature_key, signing_key, unlock_key,
          certificate, sealed_name, is_shared_computer, linked_at, last_seen_at)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        keys.device().hex(),
        device.account().value(),
        keys.mlsSignatureKey().toArray(),
        keys.signingKey().toArray(),
        keys.unlockKey().toArray(),
        keys.certificate().toArray(),
        device.sealedName().toArray(),
        device.isSharedComputer(),
        device.linkedAt(),
        device.lastSeenAt());
  }

  @Override
  public @Nullable LinkedDevice find(Handle transaction, DeviceId device) {
    return findAll(transaction, List.of(device)).stream().findFirst().orElse(null);
  }

  @Override
  public List<LinkedDevice> findAll(Handle transaction, Collection<DeviceId> devices) {
    if (devices.isEmpty()) {
      return List.of();
    }
    return transaction
        .createQuery("select * from device where device_id in (<ids>)")
        .bindList("ids", devices.stream().map(DeviceId::hex).toList())
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public List<LinkedDevice> ofAccounts(Handle transaction, Collection<AccountId> accounts) {
    if (accounts.isEmpty()) {
      return List.of();
    }
    return transaction
        .createQuery(
            """
            select * from device where account_id in (<ids>) order by linked_at, device_id
            """)
        .bindList("ids", accounts.stream().map(AccountId::value).toList())
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public boolean isAnyTaken(Handle transaction, DeviceKeys keys) {
    return transaction
        .createQuery(
            """
            select exists (select 1 from device where device_id = :device
                or mls_signature_key = :mls or signing_key = :signing or unlock_key = :unlock)
              or exists (select 1 from former_device where device_id = :device
                or mls_signature_key = :mls or signing_key = :signing or unlock_key = :unlock)
            """)
        .bind("device", keys.device().hex())
        .bind("mls", keys.mlsSignatureKey().toArray())
        .bind("signing", keys.signingKey().toArray())
        .bind("unlock", keys.unlockKey().toArray())
        .mapTo(Boolean.class)
        .one();
  }

  @Override
  public boolean unlink(
      Handle transaction, AccountId account, DeviceId device, int formerMax, Instant at) {
    var isLinked =
        transaction.execute(
                """
                with gone as (
                  delete from device where device_id = ? and account_id = ?
                  returning device_id, account_id, mls_signature_key, signing_key, unlock_key,
                    certificate)
                insert into former_device (device_id, account_id, mls_signature_key, signing_key,
                  unlock_key, certificate, unlinked_at)
                select gone.*, ? from gone
                """,
                device.hex(),
                account.value(),
                at)
            == 1;
    if (isLinked) {
      transaction.execute(
          """
          delete from former_device where device_id in (
            select device_id from former_device where account_id = ?
            order by unlinked_at desc, device_id offset ?)
          """,
          account.value(),
          formerMax);
    }
    return isLinked;
  }

  @Override
  public List<FormerDevice> former(
      Handle transaction, Collection<AccountId> accounts, Collection<DeviceId> devices) {
    if (accounts.isEmpty() || devices.isEmpty()) {
      return List.of();
    }
    return transaction
        .createQuery(
            """
            select * from former_device
            where account_id in (<accounts>) and device_id in (<devices>) order by device_id
            """)
        .bindList("accounts", accounts.stream().map(AccountId::value).toList())
        .bindList("devices", devices.stream().map(DeviceId::hex).toList())
        .map((row, _) ->
            new FormerDevice(
                Rows.account(row, "account_id"), keys(row), Rows.instant(row, "unlinked_at")))
        .list();
  }

  @Override
  public void setLastSeenAt(Handle transaction, DeviceId device, Instant at) {
    transaction.execute("update device set last_seen_at = ? where device_id = ?", at, device.hex());
  }

  private static DeviceKeys keys(ResultSet row) throws SQLException {
    return new DeviceKeys(
        new DeviceId(row.getString("device_id")),
        Rows.bytes(row, "mls_signature_key"),
        Rows.bytes(row, "signing_key"),
        Rows.bytes(row, "unlock_key"),
        Rows.bytes(row, "certificate"));
  }

  private static LinkedDevice read(ResultSet row) throws SQLException {
    return new LinkedDevice(
        Rows.account(row, "account_id"),
        keys(row),
        Rows.bytes(row, "sealed_name"),
        row.getBoolean("is_shared_computer"),
        Rows.instant(row, "linked_at"),
        Rows.instant(row, "last_seen_at"));
  }
}
