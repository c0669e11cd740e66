package crypho.rtc.bwe;

import com.code_intelligence.jazzer.junit.FuzzTest;
import crypho.base.Invariant;
import crypho.rtc.rtcp.TransportFeedback;
import crypho.rtc.rtcp.TransportFeedbackWriter;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Searches for feedback that throws, that drives the estimate out of its bounds, or that stops it
/// from working. Saved inputs run in every build; `JAZZER_FUZZ=1` with one test selected searches.
final class FeedbackFuzzTest {
  private static final long MILLI = 1_000_000;
  private static final int PACKETS = 200;

  static Stream<byte[]> feedback() {
    var arrivals = new long[40];
    Arrays.setAll(arrivals, i -> i % 7 == 3 ? TransportFeedback.NOT_RECEIVED : 100 + i * 20L);
    var out = new byte[400];
    return Stream.of(0, 65_500)
        .map(base -> {
          var writer = new TransportFeedbackWriter();
          var length = writer.write(out, 0, out.length, 1, 2, 3, base, arrivals, 0, 40);
          return Arrays.copyOf(out, length);
        });
  }

  /// Feedback of a hostile peer, again and again: time goes on between.
  @MethodSource("feedback")
  @FuzzTest(maxDuration = "5m")
  void anyFeedbackLeavesASaneEstimate(byte[] data) {
    var estimator = new BandwidthEstimator();
    var feedback = new TransportFeedback();
    var now = 0L;
    for (var round = 0; round < 3; round++) {
      for (var i = 0; i < PACKETS; i++) {
        now += MILLI;
        estimator.onSent(now, (65_500 + round * PACKETS + i) & 0xffff, 1_200);
      }
      now += 50 * MILLI;
      if (feedback.read(data, 0, data.length)) {
        estimator.onFeedback(now, feedback);
      }
      estimator.onTimeout(now);
      var estimate = estimator.estimateBps();
      Invariant.check(
          estimate >= BandwidthEstimator.MIN_BPS && estimate <= BandwidthEstimator.MAX_BPS,
          "the estimate stays within its bounds");
      Invariant.check(estimator.loss() >= 0 && estimator.loss() <= 1, "loss is a share");
      Invariant.check(estimator.deadlineNanos() > now - 10_000 * MILLI, "deadlines move on");
    }
  }
}
