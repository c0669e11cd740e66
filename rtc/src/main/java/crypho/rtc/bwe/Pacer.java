package crypho.rtc.bwe;

/// Says whether a retransmission may go now; keeps no packets. One owner thread.
///
/// Media is not its matter: it goes out as it comes, spread by the sender's own pacer, and the
/// bandwidth plan keeps it below the estimate. Retransmissions come on top of that, as many as a
/// client asks for, just when packets are lost. So they have a budget of their own, which grows at
/// the estimate, or at half of it while there is congestion, and is at most [#BURST_NANOS] deep.
/// What does not fit is not sent; who still misses it asks again a round trip later.
public final class Pacer {
  /// How much of the time before may be made up for at once.
  public static final long BURST_NANOS = 100_000_000;

  /// The least depth of the budget, so that the first losses are made good whatever the estimate.
  public static final int BURST_BYTES_MIN = 10 * 1_200;

  private static final double NANOS = 1e9;

  private double budget = BURST_BYTES_MIN;
  private long refilledNanos = Long.MIN_VALUE;

  /// Whether a retransmission may go now.
  public boolean maySend(long nowNanos, long estimateBps, boolean isCongested) {
    var bytesPerNano = (isCongested ? 0.5 : 1) * estimateBps / 8 / NANOS;
    var depth = Math.max(bytesPerNano * BURST_NANOS, BURST_BYTES_MIN);
    if (refilledNanos != Long.MIN_VALUE) {
      budget += (nowNanos - refilledNanos) * bytesPerNano;
    }
    budget = Math.min(budget, depth);
    refilledNanos = nowNanos;
    return budget > 0;
  }

  /// Counts one that went.
  public void onSent(long bytes) {
    budget -= bytes;
  }
}
