package crypho.router;

import crypho.router.BandwidthPlan.Demand;
import crypho.rtc.bwe.BandwidthEstimator;

/// Keeps what one transport's consumers get within what its path carries. One owner thread.
///
/// | the estimate | what the plan may spend |
/// | --- | --- |
/// | cannot be made: the client gives no feedback of any kind | anything |
/// | not known yet, or for less than [#GRACE_NANOS] | at least the lowest step of every stream |
/// | known | itself |
final class TransportPlan {
  /// Probes find within this what a path carries.
  static final long GRACE_NANOS = 2_000_000_000L;

  private static final long PLAN_NANOS = 100_000_000L;

  private final Transport transport;
  private final BandwidthPlan plan = new BandwidthPlan();
  private Demand[] demands = {};
  private long dueNanos = Long.MIN_VALUE;
  private long knownNanos = Long.MAX_VALUE;

  TransportPlan(Transport transport) {
    this.transport = transport;
  }

  /// Something changed that is not a rate.
  void replan(long nowNanos) {
    run(nowNanos, true);
  }

  void onTick(long nowNanos) {
    if (nowNanos >= dueNanos && !transport.consumers.isEmpty()) {
      run(nowNanos, false);
    }
  }

  private void run(long nowNanos, boolean isNew) {
    dueNanos = nowNanos + PLAN_NANOS;
    var consumers = transport.consumers;
    var count = consumers.size();
    if (demands.length != count) {
      demands = new Demand[count];
    }
    var lowest = 0L;
    for (var i = 0; i < count; i++) {
      var consumer = consumers.get(i);
      var wish = consumer.wish;
      if (consumer.isWantedAtAll()) {
        wish.wantWhatIsSent(nowNanos);
        lowest += wish.demand.bps[0];
      } else {
        wish.wantNothing();
      }
      demands[i] = wish.demand;
    }
    var isChanged = plan.plan(nowNanos, budget(nowNanos, lowest), demands, count, isNew);
    for (var i = 0; i < count; i++) {
      isChanged |= consumers.get(i).wish.settle();
    }
    if (isChanged || isNew) {
      for (var i = 0; i < count; i++) {
        consumers.get(i).retarget();
      }
    }
    var bandwidth = transport.bandwidth;
    if (bandwidth != null) {
      bandwidth.wanted(plan.wantedBps());
    }
  }

  private long budget(long nowNanos, long lowest) {
    var bandwidth = transport.bandwidth;
    if (bandwidth == null) {
      return transport.usesTransportFeedback
          ? Math.max(BandwidthEstimator.START_BPS, lowest)
          : Long.MAX_VALUE;
    }
    if (bandwidth.isKnown() && knownNanos == Long.MAX_VALUE) {
      knownNanos = nowNanos;
    }
    var isInGrace = knownNanos == Long.MAX_VALUE || nowNanos - knownNanos < GRACE_NANOS;
    return isInGrace ? Math.max(bandwidth.estimateBps(), lowest) : bandwidth.estimateBps();
  }

  long plannedBps() {
    return plan.plannedBps();
  }

  long wantedBps() {
    return plan.wantedBps();
  }
}
