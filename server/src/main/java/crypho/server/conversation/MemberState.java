package crypho.server.conversation;

import crypho.base.AccountId;
import org.jspecify.annotations.Nullable;

/// An account that belongs, or once belonged, to a conversation.
///
/// @param firstSeq the first entry that it may read
/// @param until the last one, for one who has left or was removed
record MemberState(
    AccountId account, MemberRole role, long sinceMs, long firstSeq, @Nullable Until until) {
  /// The entry of leaving or removal.
  record Until(long seq, long timeMs) {}

  boolean isCurrent() {
    return until == null;
  }

  MemberState with(MemberRole role) {
    return new MemberState(account, role, sinceMs, firstSeq, until);
  }

  MemberState gone(long seq, long timeMs) {
    return new MemberState(account, MemberRole.MEMBER, sinceMs, firstSeq, new Until(seq, timeMs));
  }

  /// Whether it may read anything of an epoch: its messages stand behind entry `start` and at the
  /// latest just before entry `end`, which is the commit or reset that ends it.
  boolean mayRead(EpochSpan span) {
    return firstSeq < span.end() && (until == null || until.seq() > span.start());
  }
}
