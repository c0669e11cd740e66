package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.KeyPackageOutcome;
import crypho.mls.KeyPackageRules;
import crypho.mls.MemberId;
import crypho.server.account.DeviceDirectory.RegisteredDevice;
import crypho.server.account.KeyPackageSink;
import crypho.server.rpc.RpcException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Handle;

/// Checks key packages and puts them into the table.
final class KeyPackageShelf implements KeyPackageSink {
  private final String domain;

  KeyPackageShelf(String domain) {
    this.domain = domain;
  }

  @Override
  public void store(
      Handle transaction,
      AccountId account,
      DeviceId device,
      Bytes mlsSignatureKey,
      List<Bytes> packages,
      Instant now) {
    var owner = new RegisteredDevice(device, account, mlsSignatureKey);
    for (int i = 0; i < packages.size(); i++) {
      boolean isLastResort = i == packages.size() - 1;
      store(transaction, owner, packages.get(i), isLastResort, now);
    }
    trim(transaction, device);
  }

  void store(
      Handle handle, RegisteredDevice owner, Bytes message, boolean isLastResort, Instant now) {
    var field = isLastResort ? "last_resort" : "key_packages";
    var member = new MemberId(owner.account(), owner.device());
    var checked = KeyPackageRules.check(message, member, domain, owner.mlsSignatureKey(), now);
    switch (checked) {
      case KeyPackageOutcome.Valid valid -> {
        if (isLastResort) {
          handle
              .createUpdate("DELETE FROM key_package WHERE device = :device AND is_last_resort")
              .bind("device", DeviceCode.of(owner.device()))
              .execute();
        }
        insert(handle, member, message, valid, isLastResort);
      }
      case KeyPackageOutcome.TooLarge(var bytesMax) -> throw RpcException.tooLarge(field, bytesMax);
      case KeyPackageOutcome.Malformed _ -> throw RpcException.malformed(field);
      case KeyPackageOutcome.ForeignIdentity _,
          KeyPackageOutcome.UnregisteredKey _,
          KeyPackageOutcome.OutsideLifetime _,
          KeyPackageOutcome.BadSignature _,
          KeyPackageOutcome.Unusable _ ->
          throw RpcException.invalid(field);
    }
  }

  private static void insert(
      Handle handle,
      MemberId owner,
      Bytes message,
      KeyPackageOutcome.Valid valid,
      boolean isLastResort) {
    handle
        .createUpdate(
            """
            INSERT INTO key_package (account, device, ref, not_after, is_last_resort, key_package)
            VALUES (:account, :device, :ref, :notAfter, :lastResort, :package)
            ON CONFLICT (ref) DO UPDATE SET is_last_resort = excluded.is_last_resort
            WHERE key_package.device = excluded.device
            """)
        .bind("account", owner.account().value())
        .bind("device", DeviceCode.of(owner.device()))
        .bind("ref", valid.ref().toArray())
        .bind("notAfter", OffsetDateTime.ofInstant(valid.notAfter(), ZoneOffset.UTC))
        .bind("lastResort", isLastResort)
        .bind("package", message.toArray())
        .execute();
  }

  /// The oldest go where a device has too many.
  static void trim(Handle handle, DeviceId device) {
    handle
        .createUpdate(
            """
            DELETE FROM key_package WHERE row_id IN (
              SELECT row_id FROM key_package WHERE device = :device AND NOT is_last_resort
              ORDER BY row_id DESC OFFSET :kept)
            """)
        .bind("device", DeviceCode.of(device))
        .bind("kept", Limits.KEY_PACKAGES_KEPT_MAX)
        .execute();
  }
}
