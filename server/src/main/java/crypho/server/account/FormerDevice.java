package crypho.server.account;

import crypho.base.AccountId;
import java.time.Instant;

/// A device that was unlinked: what others need to check the messages that it once sent.
record FormerDevice(AccountId account, DeviceKeys keys, Instant unlinkedAt) {}
