package crypho.rtc.turn;

/// Leave for one address, whatever the port, to reach the client and be reached (RFC 8656 §9).
final class Permission {
  final long ipHigh;
  final long ipLow;
  long expiresNanos;

  Permission(long ipHigh, long ipLow) {
    this.ipHigh = ipHigh;
    this.ipLow = ipLow;
  }

  boolean isLive(long nowNanos) {
    return expiresNanos - nowNanos > 0;
  }
}
