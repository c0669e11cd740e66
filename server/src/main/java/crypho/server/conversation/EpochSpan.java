package crypho.server.conversation;

/// Where an epoch lies in the log: behind the entry `start` that began it (0 for a group just
/// made), before the entry `end` that ended it.
record EpochSpan(int generation, long epoch, long start, long end) {}
