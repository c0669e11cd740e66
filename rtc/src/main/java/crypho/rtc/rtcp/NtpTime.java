package crypho.rtc.rtcp;

/// NTP timestamps as a `long` of 32.32 fixed point seconds since 1900 (RFC 3550 §4).
public final class NtpTime {
  private static final long SECONDS_1900_TO_1970 = 2_208_988_800L;
  private static final long NANOS = 1_000_000_000L;

  private NtpTime() {}

  /// From nanoseconds of wall clock since 1970.
  public static long ofUnixNanos(long unixNanos) {
    return (SECONDS_1900_TO_1970 << 32) + ofNanos(unixNanos);
  }

  /// A span of nanoseconds, up to a century, as 32.32 fixed point.
  public static long ofNanos(long nanos) {
    var seconds = Math.floorDiv(nanos, NANOS);
    return (seconds << 32) + (Math.floorMod(nanos, NANOS) << 32) / NANOS;
  }

  /// A difference of two timestamps, at most 68 years, in nanoseconds.
  public static long toNanos(long difference) {
    return (difference >> 32) * NANOS + (((difference & 0xffff_ffffL) * NANOS) >>> 32);
  }

  /// The middle 32 bits: 16.16 seconds, as in "last SR".
  public static int middle(long ntp) {
    return (int) (ntp >>> 16);
  }
}
