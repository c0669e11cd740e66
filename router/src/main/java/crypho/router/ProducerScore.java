package crypho.router;

/// How well a producer's packets arrive, from 0 (not at all) to 10, over the time since the last
/// question. One owner thread.
final class ProducerScore {
  static final int MAX = 10;
  private static final double STEEPNESS = 4;

  private long received;
  private long lost;
  private int last = MAX;

  /// 10 at no loss, 8 at 5 %, 7 at 10 %, 2 at 30 %.
  static int of(double fractionLost) {
    return (int) Math.round(MAX * Math.pow(1 - Math.clamp(fractionLost, 0, 1), STEEPNESS));
  }

  /// Silence is no loss: the score stays.
  int next(Producer producer) {
    var receivedNow = 0L;
    var lostNow = 0L;
    for (var stream : producer.streams) {
      if (stream.stats.isActive()) {
        receivedNow += stream.stats.received();
        lostNow += Math.max(0, stream.stats.lost());
      }
    }
    var arrived = receivedNow - received;
    var missed = Math.max(0, lostNow - lost);
    if (arrived + missed > 0) {
      last = of((double) missed / (arrived + missed));
    }
    received = receivedNow;
    lost = lostNow;
    return last;
  }

  int last() {
    return last;
  }
}
