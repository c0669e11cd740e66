package crypho.mls;

import crypho.base.AccountId;
import crypho.base.DeviceId;

/// A device and the account whose it is.
public record MemberId(AccountId account, DeviceId device) {}
