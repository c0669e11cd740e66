package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import java.time.Instant;
import org.jdbi.v3.core.Handle;

/// What other features must do in the same transaction when something happens to an account. The
/// returned work runs after the commit.
public interface AccountEvents {
  /// The device's key is no longer registered; its leaves must go.
  Runnable onDeviceUnlinked(Handle transaction, AccountId account, DeviceId device);

  /// Devices, name or keys of the account changed: those who know it should read its entry again.
  Runnable onAccountChanged(Handle transaction, AccountId account);

  /// The account has shown that it reads mail at the address: at sign-up, and after a change.
  ///
  /// @param emailHash keyed hash of the address, as [AccountDirectory#emailHash] gives it
  default Runnable onAddressVerified(
      Handle transaction, AccountId account, Bytes emailHash, Instant now) {
    return () -> {};
  }
}
