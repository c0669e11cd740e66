package crypho.rtc.turn;

import java.net.InetAddress;
import java.util.Arrays;

/// Bounds what goes out to sources that have not shown they receive it. Sources share slots by the
/// hash of their IPv4 address or IPv6 /64: the memory is fixed whatever is forged. One owner
/// thread.
final class ChallengeLimiter {
  /// Answers per source and second: enough for an office behind one address, useless for a flood.
  static final int PER_SECOND_MAX = 32;

  private static final int SLOTS = 4_096;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final int[] counts = new int[SLOTS];
  private final int salt;
  private long windowNanos = Long.MIN_VALUE;

  ChallengeLimiter(int salt) {
    this.salt = salt;
  }

  /// Takes one of the source's share, where there is any left.
  boolean admits(long nowNanos, InetAddress source) {
    int slot = slot(nowNanos, source);
    if (counts[slot] >= PER_SECOND_MAX) {
      return false;
    }
    counts[slot]++;
    return true;
  }

  /// Whether nothing is left of the source's share.
  boolean isSpent(long nowNanos, InetAddress source) {
    return counts[slot(nowNanos, source)] >= PER_SECOND_MAX;
  }

  private int slot(long nowNanos, InetAddress source) {
    if (windowNanos == Long.MIN_VALUE || nowNanos - windowNanos >= SECOND_NANOS) {
      windowNanos = nowNanos;
      Arrays.fill(counts, 0);
    }
    long high = IpKey.high(source);
    long low = IpKey.low(source);
    return IpKey.hash(high, IpKey.isIpv4(high, low) ? low : 0, salt) & (SLOTS - 1);
  }
}
