package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import org.jdbi.v3.core.Handle;

/// What other features must do in the same transaction when something happens to an account. The
/// returned work runs after the commit.
public interface AccountEvents {
  /// The device's key is no longer registered; its leaves must go.
  Runnable onDeviceUnlinked(Handle transaction, AccountId account, DeviceId device);

  /// Devices, name or keys of the account changed: those who know it should read its entry again.
  Runnable onAccountChanged(Handle transaction, AccountId account);
}
