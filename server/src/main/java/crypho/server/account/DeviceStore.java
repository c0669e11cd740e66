package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Registered devices. Every method runs in the caller's transaction.
interface DeviceStore {
  void insert(Handle transaction, LinkedDevice device);

  @Nullable LinkedDevice find(Handle transaction, DeviceId device);

  List<LinkedDevice> findAll(Handle transaction, Collection<DeviceId> devices);

  /// By time of linking.
  List<LinkedDevice> ofAccounts(Handle transaction, Collection<AccountId> accounts);

  /// Whether one of the device's keys, or its id, is or was another device's already.
  boolean isAnyTaken(Handle transaction, DeviceKeys keys);

  /// False where it was gone already. Its session goes with it; its keys and its certificate are
  /// kept among the former devices, of which an account has `formerMax`, the newest.
  boolean unlink(Handle transaction, AccountId account, DeviceId device, int formerMax, Instant at);

  /// Those of `devices` that were the accounts' and are not any more.
  List<FormerDevice> former(
      Handle transaction, Collection<AccountId> accounts, Collection<DeviceId> devices);

  void setLastSeenAt(Handle transaction, DeviceId device, Instant at);
}
