package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import crypho.server.rpc.Caller;
import crypho.server.rpc.SessionId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A stored session; its token is kept as a hash only.
record Session(
    SessionId id,
    AccountId account,
    @Nullable DeviceId deviceOrNull,
    boolean isSharedComputer,
    Instant lastUsedAt,
    Instant expiresAt) {
  Caller caller() {
    return new Caller(id, account, deviceOrNull);
  }
}
