package crypho.rtc.rtp;

/// Arithmetic on counters that wrap: RTP sequence numbers (16 bits), VP8 and VP9 picture ids (15),
/// timestamps and SSRC-like counters (32). A number is "newer" when it is less than half a turn
/// ahead (RFC 1982 with the RTP habit that exactly half a turn counts as older).
///
/// An *extended* number is a `long` whose low bits are the wire's and which never wraps; it may be
/// negative only before the first turn, which callers avoid by starting at [#START].
public final class SeqNo {
  /// A good first cycle for extended numbers: far from zero on both sides, divisible by every ring.
  public static final long START = 1L << 40;

  private SeqNo() {}

  /// From `from` to `to`, signed: -32,768 to 32,767.
  public static int distance16(int from, int to) {
    return (short) (to - from);
  }

  /// From `from` to `to`, signed: -16,384 to 16,383.
  public static int distance15(int from, int to) {
    return (to - from) << 17 >> 17;
  }

  /// From `from` to `to`, signed.
  public static int distance32(int from, int to) {
    return to - from;
  }

  /// Whether `a` comes after `b`, 16 bits.
  public static boolean isNewer16(int a, int b) {
    return distance16(b, a) > 0;
  }

  /// Whether `a` comes after `b`, 32 bits.
  public static boolean isNewer32(int a, int b) {
    return a - b > 0;
  }

  /// The extended number nearest to `near` whose low 16 bits are `value`.
  public static long extend16(int value, long near) {
    return near + distance16((int) near, value);
  }

  /// The extended number nearest to `near` whose low 15 bits are `value`.
  public static long extend15(int value, long near) {
    return near + distance15((int) near, value);
  }

  /// The extended number nearest to `near` whose low 32 bits are `value`.
  public static long extend32(int value, long near) {
    return near + distance32((int) near, value);
  }

  /// The extended number nearest to `near` whose low `bits` bits (1 to 32) are `value`.
  public static long extend(int value, int bits, long near) {
    var unused = 32 - bits;
    return near + ((value - (int) near) << unused >> unused);
  }

  /// The low 16 bits.
  public static int wire16(long extended) {
    return (int) extended & 0xffff;
  }
}
