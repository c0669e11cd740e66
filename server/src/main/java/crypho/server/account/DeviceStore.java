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

  /// Whether one of the device's keys, or its id, is another device's already.
  boolean isAnyTaken(Handle transaction, DeviceKeys keys);

  /// False where it was gone already. Its session goes with it.
  boolean delete(Handle transaction, AccountId account, DeviceId device);

  void setLastSeenAt(Handle transaction, DeviceId device, Instant at);
}
