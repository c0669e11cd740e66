package crypho.rtc.bwe;

/// Says whether a packet may go now; keeps no packets. One owner thread.
///
/// While the path shows no congestion media goes out as it came, so that a burst stays one batch.
/// While it does, media has a budget of [#FACTOR] times the estimate, refilled with time and at
/// most [#BURST_NANOS] deep, and waits where it is in debt. What is sent is always counted.
///
/// | priority | without congestion | with it |
/// |---|---|---|
/// | audio | goes | goes, into debt |
/// | video | goes | while there is budget |
/// | retransmission | while there is budget | while there is half of it |
/// | padding | while there is budget | never |
public final class Pacer {
  /// In descending order.
  public enum Priority {
    AUDIO,
    VIDEO,
    RETRANSMISSION,
    PADDING
  }

  /// How much faster than the estimate a frame may go out, so that pacing adds little delay.
  public static final double FACTOR = 2.5;

  /// How long a pause may be made up for at once.
  public static final long BURST_NANOS = 40_000_000;

  /// The least depth of the budget: one batch of the kernel's largest size (GSO).
  public static final int BURST_BYTES_MIN = 10 * 1_200;

  private static final double NANOS = 1e9;

  private double bytesPerNano;
  private double depth;
  private double budget;
  private long refilledNanos = Long.MIN_VALUE;
  private boolean isCongested;

  public Pacer(long estimateBps) {
    rate(estimateBps);
    budget = depth;
  }

  private void rate(long estimateBps) {
    bytesPerNano = FACTOR * estimateBps / 8 / NANOS;
    depth = Math.max(bytesPerNano * BURST_NANOS, BURST_BYTES_MIN);
  }

  /// Takes over the estimator's view, after each feedback.
  public void onEstimate(long nowNanos, long estimateBps, boolean isCongested) {
    refill(nowNanos);
    rate(estimateBps);
    this.isCongested = isCongested;
  }

  private void refill(long nowNanos) {
    if (refilledNanos != Long.MIN_VALUE) {
      budget = Math.min(budget + (nowNanos - refilledNanos) * bytesPerNano, depth);
    }
    refilledNanos = nowNanos;
  }

  /// Whether a packet of this priority may go now.
  public boolean maySend(long nowNanos, Priority priority) {
    refill(nowNanos);
    return switch (priority) {
      case AUDIO -> true;
      case VIDEO -> !isCongested || budget > 0;
      case RETRANSMISSION -> budget > (isCongested ? depth / 2 : 0);
      case PADDING -> !isCongested && budget > 0;
    };
  }

  /// Counts a packet that went; the debt is bounded, so that no burst silences a transport for
  /// long.
  public void onSent(long nowNanos, int bytes) {
    refill(nowNanos);
    budget = Math.max(budget - bytes, -depth);
  }

  /// When video that may not go now may go; `nowNanos` where it may.
  public long readyNanos(long nowNanos) {
    refill(nowNanos);
    return !isCongested || budget > 0
        ? nowNanos
        : nowNanos + (long) Math.ceil((1 - budget) / bytesPerNano);
  }
}
