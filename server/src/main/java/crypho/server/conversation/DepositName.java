package crypho.server.conversation;

import crypho.base.AccountId;

/// One deposit: which epoch's key, for whom.
record DepositName(EpochName epoch, AccountId account) {}
