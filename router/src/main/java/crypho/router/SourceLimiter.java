package crypho.router;

import java.util.Arrays;

/// Bounds what sources that fail to authenticate may cost: after [#FAILURES_MAX] in a second from
/// one address (IPv4, or an IPv6 /64) nothing more from there is looked at that second, except over
/// paths that are proved. Sources share slots by a hash with a salt, so the memory is fixed
/// whatever is forged. One owner thread.
final class SourceLimiter {
  static final int FAILURES_MAX = 64;

  private static final int SLOTS = 4_096;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long MIX = 0x9e37_79b9_7f4a_7c15L;

  private final int[] failures = new int[SLOTS];
  private final long salt;
  private long sinceNanos = Long.MIN_VALUE;

  SourceLimiter(long salt) {
    this.salt = salt;
  }

  /// @param high the address as [crypho.router.net.UdpPort] has it, and `low`
  boolean isOver(long nowNanos, long high, long low) {
    if (sinceNanos == Long.MIN_VALUE || nowNanos - sinceNanos >= SECOND_NANOS) {
      sinceNanos = nowNanos;
      Arrays.fill(failures, 0);
    }
    return failures[slot(high, low)] >= FAILURES_MAX;
  }

  void onFailure(long high, long low) {
    failures[slot(high, low)]++;
  }

  /// `high` is 0 for IPv4; the lower half of an IPv6 address is the client's to choose.
  private int slot(long high, long low) {
    var hash = ((high == 0 ? low : high) ^ salt) * MIX;
    return (int) (hash >>> 40) & (SLOTS - 1);
  }
}
