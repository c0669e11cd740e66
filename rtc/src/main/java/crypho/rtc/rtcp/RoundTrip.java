package crypho.rtc.rtcp;

import java.util.Arrays;

/// Round trip to one receiver from its reports about our sender reports (RFC 3550 §6.4.1):
/// remembers when the last few were sent. One owner thread.
public final class RoundTrip {
  /// No round trip was measured.
  public static final long UNKNOWN = -1;

  /// Sender reports remembered.
  private static final int REPORTS = 8;

  /// Beyond this, a report is an accident or a lie.
  private static final long NANOS_MAX = 30_000_000_000L;

  private final int[] middle = new int[REPORTS];
  private final long[] sentNanos = new long[REPORTS];
  private int sent;
  private long nanos = UNKNOWN;

  public RoundTrip() {
    Arrays.fill(sentNanos, Long.MIN_VALUE);
  }

  /// We sent a report with this NTP time.
  public void onSenderReportSent(long ntp, long nowNanos) {
    var slot = sent++ % REPORTS;
    middle[slot] = NtpTime.middle(ntp);
    sentNanos[slot] = nowNanos;
    sent %= REPORTS;
  }

  /// A report block came; returns the new estimate, or the old one where the block says nothing
  /// believable.
  public long onReportBlock(int lastReport, int delay, long nowNanos) {
    if (lastReport == 0) {
      return nanos;
    }
    for (var i = 0; i < REPORTS; i++) {
      if (middle[i] == lastReport && sentNanos[i] != Long.MIN_VALUE) {
        var held = ((delay & 0xffff_ffffL) * 1_000_000_000L) >> 16;
        var sample = nowNanos - sentNanos[i] - held;
        if (sample >= 0 && sample < NANOS_MAX) {
          nanos = nanos == UNKNOWN ? sample : (nanos * 7 + sample) / 8;
        }
        return nanos;
      }
    }
    return nanos;
  }

  /// Smoothed, or [#UNKNOWN].
  public long nanos() {
    return nanos;
  }
}
