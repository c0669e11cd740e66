package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.time.Instant;

/// A registered device.
///
/// @param sealedName for its owner alone
record LinkedDevice(
    AccountId account,
    DeviceKeys keys,
    Bytes sealedName,
    boolean isSharedComputer,
    Instant linkedAt,
    Instant lastSeenAt) {}
