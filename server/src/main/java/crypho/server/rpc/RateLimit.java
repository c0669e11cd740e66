package crypho.server.rpc;

import java.time.Duration;

/// A token bucket for one method: `burst` calls at once, refilled at `burst` per `period`; per
/// network address for [Access#PUBLIC] methods, per account otherwise. The platform adds overall
/// limits of its own.
public record RateLimit(int burst, Duration period) {
  /// For reads and ordinary writes.
  public static final RateLimit ORDINARY = new RateLimit(600, Duration.ofMinutes(1));

  /// For calls that cost a password hash or send a mail.
  public static final RateLimit COSTLY = new RateLimit(20, Duration.ofMinutes(5));

  public RateLimit {
    if (burst < 1 || period.isNegative() || period.isZero()) {
      throw new IllegalArgumentException("a rate limit lets something through");
    }
  }
}
