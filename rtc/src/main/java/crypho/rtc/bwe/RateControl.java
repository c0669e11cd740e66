package crypho.rtc.bwe;

/// The rate that is increased while the path bears it and cut when it does not
/// (draft-ietf-rmcat-gcc-02 §5.5 and §6), with one rate for both brakes, delay and loss.
///
/// | signal | what happens |
/// |---|---|
/// | overuse | 0.85 of what arrives; not again within a round trip |
/// | underuse | hold, until the queue has emptied |
/// | normal, far from the last known capacity | 8 % a second |
/// | normal, near it | two packets a response time |
/// | loss above 10 % | times `1 - loss / 2`; not again within a round trip and 300 ms |
/// | loss from 2 to 10 %, the queue growing | hold |
///
/// Loss from 2 to 10 % without a growing queue is taken as the path's own and does not hold: the
/// draft would, and stay for ever where a radio link left it.
final class RateControl {
  private static final double BETA = 0.85;
  private static final double MULTIPLY_PER_SECOND = 1.08;
  private static final double LOSS_HIGH = 0.10;
  private static final double LOSS_LOW = 0.02;
  private static final long LOSS_PAUSE_NANOS = 300_000_000;
  private static final long RTT_START_NANOS = 200_000_000;
  private static final long RTT_MIN_NANOS = 10_000_000;
  private static final long RTT_MAX_NANOS = 1_000_000_000;
  private static final long QUEUE_MEMORY_NANOS = 1_000_000_000;
  private static final long RESPONSE_EXTRA_NANOS = 100_000_000;
  private static final double PACKET_BITS = 1_200 * 8;
  private static final double ADDITIVE_PACKETS = 2;
  private static final double ADDITIVE_BPS_MIN = 4_000;
  private static final double ACKED_FACTOR = 1.5;
  private static final double ACKED_EXTRA_BPS = 10_000;
  private static final double CAPACITY_SMOOTHING = 0.05;
  private static final double STEP_SECONDS_MAX = 1;

  private final double minBps;
  private final double maxBps;
  private double rate;
  private double rttNanos = RTT_START_NANOS;
  private boolean hasRtt;

  private double capacityBps;
  private double capacityVariance = 0.4;

  private long lastChangeNanos = Long.MIN_VALUE;
  private long lastDecreaseNanos = Long.MIN_VALUE / 2;
  private long lastLossCutNanos = Long.MIN_VALUE / 2;
  private long lastOveruseNanos = Long.MIN_VALUE / 2;
  private double loss;

  RateControl(long minBps, long startBps, long maxBps) {
    this.minBps = minBps;
    this.maxBps = maxBps;
    rate = startBps;
  }

  long bps() {
    return (long) rate;
  }

  void onRtt(long nanos) {
    var sample = Math.min(Math.max(nanos, RTT_MIN_NANOS), RTT_MAX_NANOS);
    rttNanos = hasRtt ? 0.9 * rttNanos + 0.1 * sample : sample;
    hasRtt = true;
  }

  /// Whether a brake was pulled within the last second or so.
  boolean isCongested(long nowNanos) {
    return nowNanos - lastOveruseNanos < QUEUE_MEMORY_NANOS
        || nowNanos - lastLossCutNanos < QUEUE_MEMORY_NANOS;
  }

  /// When a brake was last pulled.
  long lastDecreaseNanos() {
    return Math.max(lastDecreaseNanos, lastLossCutNanos);
  }

  /// Sets the rate that a probe has proved.
  void onProbe(long nowNanos, double provedBps) {
    if (provedBps > rate) {
      set(provedBps);
      lastChangeNanos = nowNanos;
    }
  }

  /// Cuts the rate after silence.
  void onSilence(double factor) {
    set(rate * factor);
  }

  void onLoss(long nowNanos, double fraction) {
    loss = fraction;
    if (fraction > LOSS_HIGH && nowNanos - lastLossCutNanos > rttNanos + LOSS_PAUSE_NANOS) {
      set(rate * (1 - 0.5 * fraction));
      lastLossCutNanos = nowNanos;
    }
  }

  /// One step, at each feedback.
  ///
  /// @param ackedBps what arrives, or 0 where it is not known yet
  /// @param isApplicationLimited whether less is sent than the rate allows, so that what arrives
  ///   says little about the path
  void onUsage(
      long nowNanos, DelayTrend.Usage usage, double ackedBps, boolean isApplicationLimited) {
    var seconds =
        lastChangeNanos == Long.MIN_VALUE
            ? 0
            : Math.min((nowNanos - lastChangeNanos) / 1e9, STEP_SECONDS_MAX);
    lastChangeNanos = nowNanos;
    switch (usage) {
      case OVERUSE -> decrease(nowNanos, ackedBps);
      case UNDERUSE -> {}
      case NORMAL -> increase(nowNanos, seconds, ackedBps, isApplicationLimited);
    }
  }

  private void decrease(long nowNanos, double ackedBps) {
    lastOveruseNanos = nowNanos;
    if (nowNanos - lastDecreaseNanos < Math.min(rttNanos, 200_000_000)) {
      return;
    }
    lastDecreaseNanos = nowNanos;
    var base = ackedBps == 0 ? rate : ackedBps;
    if (ackedBps > 0) {
      if (capacityBps > 0 && Math.abs(ackedBps - capacityBps) > 3 * deviation()) {
        capacityBps = 0;
      }
      observe(ackedBps);
    }
    set(Math.min(rate, BETA * base));
  }

  private void increase(
      long nowNanos, double seconds, double ackedBps, boolean isApplicationLimited) {
    if (loss > LOSS_HIGH || (loss > LOSS_LOW && nowNanos - lastOveruseNanos < QUEUE_MEMORY_NANOS)) {
      return;
    }
    if (isApplicationLimited && ackedBps > 0) {
      return;
    }
    if (capacityBps > 0 && ackedBps > capacityBps + 3 * deviation()) {
      capacityBps = 0;
    }
    var next =
        capacityBps > 0 && rate > capacityBps - 3 * deviation()
            ? rate + additive() * seconds
            : rate * Math.pow(MULTIPLY_PER_SECOND, seconds);
    if (ackedBps > 0) {
      next = Math.min(next, Math.max(rate, ACKED_FACTOR * ackedBps + ACKED_EXTRA_BPS));
    }
    set(next);
  }

  /// Bits a second more in each second: two packets in each response time.
  private double additive() {
    var responseSeconds = (rttNanos + RESPONSE_EXTRA_NANOS) / 1e9;
    return Math.max(ADDITIVE_BPS_MIN, ADDITIVE_PACKETS * PACKET_BITS / responseSeconds);
  }

  private void observe(double bps) {
    if (capacityBps == 0) {
      capacityBps = bps;
      return;
    }
    var error = bps - capacityBps;
    capacityBps += CAPACITY_SMOOTHING * error;
    var normal = error * error / 1_000 / Math.max(capacityBps / 1_000, 1) / 1_000;
    capacityVariance =
        Math.min(
            Math.max(
                (1 - CAPACITY_SMOOTHING) * capacityVariance + CAPACITY_SMOOTHING * normal, 0.4),
            2.5);
  }

  /// In bits a second; the variance is kept in kbit/s by the capacity in kbit/s.
  private double deviation() {
    return 1_000 * Math.sqrt(capacityVariance * capacityBps / 1_000);
  }

  private void set(double bps) {
    rate = Math.min(Math.max(bps, minBps), maxBps);
  }
}
