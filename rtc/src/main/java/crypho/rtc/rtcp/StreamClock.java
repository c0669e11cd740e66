package crypho.rtc.rtcp;

/// The clock of one incoming stream as its sender reports it: which RTP timestamp belongs to which
/// NTP time of the sender (RFC 3550 §6.4.1), and by our own clock how far both have come since. It
/// makes the sender reports towards consumers, whose NTP times stay the sender's so that a receiver
/// can synchronise the streams of one sender, and relates the simulcast layers of one sender. One
/// owner thread.
public final class StreamClock {
  private final int clockRate;
  private long ntp;
  private int rtpTimestamp;
  private long arrivalNanos;
  private boolean isSynchronized;

  /// @param clockRate units of RTP timestamp a second
  public StreamClock(int clockRate) {
    if (clockRate < 1) {
      throw new IllegalArgumentException("clock rate " + clockRate);
    }
    this.clockRate = clockRate;
  }

  /// A sender report came; one without NTP time (0) is of no use.
  public void onSenderReport(long ntp, int rtpTimestamp, long nowNanos) {
    if (ntp != 0) {
      this.ntp = ntp;
      this.rtpTimestamp = rtpTimestamp;
      arrivalNanos = nowNanos;
      isSynchronized = true;
    }
  }

  /// Whether a sender report has come.
  public boolean isSynchronized() {
    return isSynchronized;
  }

  public int clockRate() {
    return clockRate;
  }

  /// The sender's NTP time now.
  public long ntpAt(long nowNanos) {
    return ntp + NtpTime.ofNanos(nowNanos - arrivalNanos);
  }

  /// The stream's RTP timestamp now.
  public int rtpAt(long nowNanos) {
    return rtpTimestamp + ticks(nowNanos - arrivalNanos);
  }

  /// The stream's RTP timestamp at a time of the sender.
  public int rtpAtNtp(long senderNtp) {
    return rtpTimestamp + ticks(NtpTime.toNanos(senderNtp - ntp));
  }

  /// What to add to a timestamp of this stream to get the timestamp of the same moment in
  /// `reference`. Both must be synchronised and of one sender and clock rate.
  public int offsetTo(StreamClock reference) {
    return reference.rtpAtNtp(ntp) - rtpTimestamp;
  }

  private int ticks(long nanos) {
    var seconds = Math.floorDiv(nanos, 1_000_000_000L);
    return (int)
        (seconds * clockRate
            + (Math.floorMod(nanos, 1_000_000_000L) * clockRate + 500_000_000L) / 1_000_000_000L);
  }
}
