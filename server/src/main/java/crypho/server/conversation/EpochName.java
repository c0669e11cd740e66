package crypho.server.conversation;

/// Names an epoch over resets.
record EpochName(int generation, long epoch) {}
