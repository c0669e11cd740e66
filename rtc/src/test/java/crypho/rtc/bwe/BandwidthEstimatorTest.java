package crypho.rtc.bwe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtcp.TransportFeedback;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/// The estimator against paths in virtual time: what docs/protocol/congestion-control.md promises.
final class BandwidthEstimatorTest {
  private static final int FRAME_MILLIS = 33;
  private static final long GREEDY = Long.MAX_VALUE;

  private static Network network(Gen gen) {
    var network = new Network(gen);
    network.delayNanos = gen.intBetween(50, 201) * Network.MILLI;
    network.jitterNanos = gen.intBetween(0, 11) * Network.MILLI;
    network.queueNanosMax = gen.intBetween(200, 500) * Network.MILLI;
    return network;
  }

  private static void isWithin(double share, double from, double to, String when) {
    assertTrue(
        share >= from && share <= to,
        () -> String.format(Locale.ROOT, "%.0f %% of the capacity %s", 100 * share, when));
  }

  /// Capacity steps: 5 s after a drop and 15 s after a rise, the estimate of the following five
  /// seconds lies between 70 and 105 % of the capacity in the mean, and each second's between 60
  /// and 115 %.
  @Seeded(tries = 30)
  void theEstimateFollowsTheCapacity(Gen gen) {
    var network = network(gen);
    network.capacityBps = gen.intBetween(500, 5_000) * 1e3;
    var flow = network.flow(GREEDY, gen.chance(0.5) ? FRAME_MILLIS : 5);
    network.run(20);
    for (var step = 0; step < 6; step++) {
      var before = network.capacityBps;
      var factor = 0.3 + 2.7 * gen.below(1_000) / 1_000;
      network.capacityBps = Math.min(Math.max(before * factor, 300e3), 8e6);
      network.run(network.capacityBps < before ? 5 : 15);
      var when = "after a step from " + before + " to " + network.capacityBps;
      var sum = 0.0;
      for (var second = 0; second < 5; second++) {
        var share = share(network, flow, 1);
        isWithin(share, 0.60, 1.15, when + ", second " + second);
        sum += share;
      }
      isWithin(sum / 5, 0.70, 1.05, when);
    }
  }

  private static double share(Network network, Flow flow, double seconds) {
    flow.meanBps();
    network.run(seconds);
    return flow.meanBps() / network.capacityBps;
  }

  /// What one flow does to others on its path: its queue is short in the mean, seldom long, and
  /// gone soon after the capacity fell to a third.
  @Seeded(tries = 10)
  void theQueueStaysShort(Gen gen) {
    var network = network(gen);
    network.capacityBps = gen.intBetween(1_000, 5_000) * 1e3;
    var _ = network.flow(GREEDY, FRAME_MILLIS);
    network.run(20);
    var steady = queueMillis(network, 30);
    assertTrue(mean(steady) <= 40, () -> "mean " + mean(steady));
    assertTrue(part(steady, 0.95) <= 120, () -> "95 of 100: " + part(steady, 0.95));
    network.capacityBps *= 0.33;
    network.run(4);
    var after = queueMillis(network, 10);
    assertTrue(mean(after) <= 60, () -> "mean after a drop " + mean(after));
  }

  private static double[] queueMillis(Network network, int seconds) {
    var out = new double[seconds * 100];
    for (var i = 0; i < out.length; i++) {
      network.run(0.01);
      out[i] = network.queueNanos() / 1e6;
    }
    Arrays.sort(out);
    return out;
  }

  private static double mean(double[] of) {
    return Arrays.stream(of).average().orElse(0);
  }

  private static double part(double[] sorted, double share) {
    return sorted[(int) (sorted.length * share)];
  }

  @Seeded(tries = 10)
  void lossOfTheLinkItselfDoesNotCollapseIt(Gen gen) {
    var network = network(gen);
    network.capacityBps = gen.intBetween(1_000, 5_000) * 1e3;
    network.loss = 0.05;
    var flow = network.flow(GREEDY, FRAME_MILLIS);
    network.run(30);
    isWithin(share(network, flow, 30), 0.70, 1.05, "with 5 % loss");
    network.loss = 0.3;
    network.run(20);
    isWithin(share(network, flow, 5), 0, 0.5, "with 30 % loss");
  }

  /// The second comes late, and both have about the same at the end.
  @Seeded(tries = 10)
  void twoFlowsShare(Gen gen) {
    var network = network(gen);
    network.capacityBps = gen.intBetween(1_000, 5_000) * 1e3;
    var first = network.flow(GREEDY, FRAME_MILLIS);
    network.run(gen.intBetween(1, 30));
    var second = network.flow(GREEDY, FRAME_MILLIS);
    network.run(90);
    second.meanBps();
    var one = share(network, first, 60);
    var other = second.meanBps() / network.capacityBps;
    isWithin(one + other, 0.80, 1.05, "is used by both");
    var fairness = (one + other) * (one + other) / 2 / (one * one + other * other);
    assertTrue(fairness > 0.85, () -> "Jain's index is " + fairness);
  }

  /// A flow that has little to send finds out by probes what it could.
  @Seeded(tries = 10)
  void probesFindWhatTheApplicationDoesNotUse(Gen gen) {
    var network = network(gen);
    network.capacityBps = gen.intBetween(1_000, 5_000) * 1e3;
    var flow = network.flow((long) (0.3 * network.capacityBps), FRAME_MILLIS);
    network.run(30);
    isWithin(share(network, flow, 20), 0.70, 1.20, "found by probes");
  }

  /// A link was throttled and is not any more, while only a part of the estimate is sent, as layers
  /// have steps: more than the throttled link bore within 4.5 s, and soon what the picture needs.
  @Seeded(tries = 15)
  void aThrottleThatIsLiftedIsFoundWithinFiveSeconds(Gen gen) {
    var network = network(gen);
    network.delayNanos = gen.intBetween(10, 101) * Network.MILLI;
    network.capacityBps = gen.intBetween(300, 600) * 1e3;
    var flow = network.flow((long) (0.6 * network.capacityBps), FRAME_MILLIS);
    flow.estimator.wanted(2_000_000);
    network.run(30 + gen.intBetween(0, 5_000) / 1e3);
    network.capacityBps = 5e6;
    network.run(4.5);
    var soon = flow.estimator.estimateBps();
    assertTrue(soon >= 600_000, () -> "estimate " + soon);
    network.run(2);
    var estimate = flow.estimator.estimateBps();
    assertTrue(estimate >= 1_200_000, () -> "estimate " + estimate);
  }

  @Test
  void noProbeGoesAboveWhatIsWanted() {
    var network = network(new Gen(3, 1));
    network.capacityBps = 50e6;
    var flow = network.flow(200_000, FRAME_MILLIS);
    flow.estimator.wanted(1_000_000);
    network.run(60);
    var estimate = flow.estimator.estimateBps();
    assertTrue(estimate >= 1_250_000 && estimate <= 1_600_000, () -> "estimate " + estimate);
  }

  @Test
  void silenceOfTheReceiverLowersTheRate() {
    var network = network(new Gen(5, 1));
    network.capacityBps = 3e6;
    var flow = network.flow(GREEDY, FRAME_MILLIS);
    network.run(20);
    var before = flow.estimator.estimateBps();
    flow.isMute = true;
    network.run(8);
    assertTrue(flow.estimator.estimateBps() < 0.5 * before);
    network.run(60);
    assertEquals(BandwidthEstimator.MIN_BPS, flow.estimator.estimateBps());
    flow.isMute = false;
    network.run(20);
    isWithin(share(network, flow, 10), 0.5, 1.05, "after silence");
  }

  @Test
  void withoutFeedbackTheReceiversOwnEstimateCounts() {
    var estimator = new BandwidthEstimator();
    assertEquals(BandwidthEstimator.START_BPS, estimator.estimateBps());
    estimator.onRemb(2_000_000);
    assertEquals(2_000_000, estimator.estimateBps());
    estimator.onReceiverReport(5_000_000_000L, 128, 100_000_000);
    assertEquals(1_500_000, estimator.estimateBps());
    estimator.onRemb(500_000);
    assertEquals(500_000, estimator.estimateBps());
  }

  /// Chromium sent one of next to nothing when a stream ended: the others starved for good.
  @Test
  void withFeedbackTheReceiversOwnEstimateDoesNotCount() {
    var estimator = new BandwidthEstimator();
    var feedback = new TransportFeedback();
    estimator.onRemb(50_000);
    assertEquals(50_000, estimator.estimateBps());
    estimator.onSent(0, 1, 1_200);
    feedback.reset(1, 0);
    feedback.add(0);
    estimator.onFeedback(10_000_000, feedback);
    assertTrue(estimator.estimateBps() > 50_000);
    var before = estimator.estimateBps();
    estimator.onRemb(0);
    assertEquals(before, estimator.estimateBps());
    estimator.onTimeout(estimator.deadlineNanos());
    assertTrue(estimator.isProbing());
  }

  /// Feedback for packets never sent, twice, out of order, with wild times: no exception, and the
  /// estimate stays within its bounds.
  @Seeded(tries = 200)
  void contradictoryFeedbackHarmsNothing(Gen gen) {
    var estimator = new BandwidthEstimator();
    var feedback = new TransportFeedback();
    var now = 0L;
    for (var i = 0; i < 200; i++) {
      now += gen.below(100) * Network.MILLI;
      for (var n = gen.below(20); n > 0; n--) {
        estimator.onSent(now, gen.below(0x10000), gen.below(1_500));
      }
      feedback.reset(gen.below(0x10000), i);
      for (var n = gen.below(100); n > 0; n--) {
        feedback.add(gen.chance(0.3) ? TransportFeedback.NOT_RECEIVED : gen.anyLong() >>> 31);
      }
      estimator.onFeedback(now, feedback);
      estimator.onTimeout(now);
      var estimate = estimator.estimateBps();
      assertTrue(estimate >= BandwidthEstimator.MIN_BPS && estimate <= BandwidthEstimator.MAX_BPS);
    }
  }
}
