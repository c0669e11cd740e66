package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import java.util.Collection;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/// The registered devices and their keys, for features that check leaves against them.
public interface DeviceDirectory {
  /// @param mlsSignatureKey Ed25519 public key, 32 bytes
  record RegisteredDevice(DeviceId device, AccountId account, Bytes mlsSignatureKey) {}

  /// Those of `devices` that are registered now.
  Map<DeviceId, RegisteredDevice> find(Handle transaction, Collection<DeviceId> devices);

  /// All registered devices of the accounts.
  Collection<RegisteredDevice> devicesOf(Handle transaction, Collection<AccountId> accounts);
}
