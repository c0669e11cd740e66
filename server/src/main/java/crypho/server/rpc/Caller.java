package crypho.server.rpc;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import org.jspecify.annotations.Nullable;

/// An authenticated caller: a session of an account, and its device once there is one.
public record Caller(SessionId session, AccountId account, @Nullable DeviceId deviceOrNull) {
  /// The device; methods of [Access#DEVICE] are only called where there is one.
  ///
  /// @throws RpcException FORBIDDEN where the session has no device
  public DeviceId device() {
    if (deviceOrNull == null) {
      throw RpcException.forbidden();
    }
    return deviceOrNull;
  }
}
