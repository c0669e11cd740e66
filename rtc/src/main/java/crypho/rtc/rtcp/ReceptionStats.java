package crypho.rtc.rtcp;

/// What we report to a sender about one of its streams (RFC 3550 §6.4.1, appendices A.3 and A.8).
/// One owner thread.
public final class ReceptionStats {
  private static final int CUMULATIVE_MAX = 0x7f_ffff;
  private static final int CUMULATIVE_MIN = -0x80_0000;

  private final int clockRate;
  private long base = Long.MIN_VALUE;
  private long highest;
  private long received;
  private long expectedBefore;
  private long receivedBefore;
  private int lastTransit;

  /// In 1/16 units of the clock, as in appendix A.8.
  private int jitter16;

  private int lastReport;
  private long lastReportNanos;

  /// @param clockRate units of RTP timestamp a second
  public ReceptionStats(int clockRate) {
    this.clockRate = clockRate;
  }

  /// An original packet arrived (retransmissions do not count: they would hide loss).
  public void onPacket(long extendedSequence, int rtpTimestamp, long nowNanos) {
    var arrival = (int) (nowNanos / 1_000 * clockRate / 1_000_000);
    var transit = arrival - rtpTimestamp;
    if (base == Long.MIN_VALUE) {
      base = extendedSequence;
      highest = extendedSequence;
    } else {
      // Capped so that one wild timestamp cannot overflow the filter.
      var difference = Math.min(Math.abs((long) transit - lastTransit), clockRate);
      jitter16 += (int) difference - ((jitter16 + 8) >> 4);
    }
    lastTransit = transit;
    highest = Math.max(highest, extendedSequence);
    received++;
  }

  /// A sender report of the stream arrived.
  public void onSenderReport(long ntp, long nowNanos) {
    lastReport = NtpTime.middle(ntp);
    lastReportNanos = nowNanos;
  }

  /// Whether a packet has arrived, so that there is something to report.
  public boolean isActive() {
    return base != Long.MIN_VALUE;
  }

  /// Appends a block to the report that `out` is writing and begins the next interval. Returns
  /// whether it fitted.
  public boolean report(int ssrc, long nowNanos, RtcpWriter out) {
    var expected = highest - base + 1;
    var expectedNow = expected - expectedBefore;
    var lostNow = expectedNow - (received - receivedBefore);
    var fraction = expectedNow <= 0 || lostNow <= 0 ? 0 : (int) ((lostNow << 8) / expectedNow);
    var delay =
        lastReport == 0 ? 0 : (int) ((((nowNanos - lastReportNanos) / 1_000) << 16) / 1_000_000);
    if (!out.reportBlock(
        ssrc, Math.min(fraction, 255), lost(), (int) highest, jitter(), lastReport, delay)) {
      return false;
    }
    expectedBefore = expected;
    receivedBefore = received;
    return true;
  }

  /// Packets lost since the beginning, negative where duplicates outnumber them; 24 bits signed.
  public int lost() {
    return Math.clamp(highest - base + 1 - received, CUMULATIVE_MIN, CUMULATIVE_MAX);
  }

  /// Packets received since the beginning.
  public long received() {
    return received;
  }

  /// Interarrival jitter in units of the clock.
  public int jitter() {
    return jitter16 >> 4;
  }
}
