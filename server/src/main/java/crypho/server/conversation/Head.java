package crypho.server.conversation;

import crypho.base.AccountId;

/// What is true of a conversation as a whole. `lastSeq` 0: an empty log.
///
/// @param isDeposited whether the current epoch's key is deposited for every current member
/// @param pendingCount how many pending removals keep messages out
record Head(
    Kind kind,
    AccountId creator,
    int generation,
    long epoch,
    long lastSeq,
    long lastTimeMs,
    boolean isDeposited,
    int pendingCount) {

  /// The head after one more entry; times in a log never run backwards.
  Head appended(long nowMs) {
    return new Head(
        kind,
        creator,
        generation,
        epoch,
        lastSeq + 1,
        Math.max(nowMs, lastTimeMs),
        isDeposited,
        pendingCount);
  }

  /// The head in another epoch, whose deposits are still to come.
  Head turned(int generation, long epoch, int pendingCount) {
    return new Head(kind, creator, generation, epoch, lastSeq, lastTimeMs, false, pendingCount);
  }

  Head with(boolean isDeposited, int pendingCount) {
    return new Head(
        kind, creator, generation, epoch, lastSeq, lastTimeMs, isDeposited, pendingCount);
  }
}
