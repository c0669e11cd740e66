package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import crypho.wire.v1.PendingRemoval;
import org.jspecify.annotations.Nullable;

/// What keeps messages out until a commit has settled it: a device that must lose its leaf, or,
/// where there is no device, an account that left without a leaf and so only asks for the epoch to
/// turn.
record Pending(AccountId account, @Nullable DeviceId device) {
  PendingRemoval toWire() {
    return PendingRemoval.newBuilder()
        .setAccountId(account.toString())
        .setDeviceId(device == null ? "" : device.hex())
        .build();
  }
}
