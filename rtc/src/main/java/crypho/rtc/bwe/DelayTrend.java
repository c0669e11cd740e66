package crypho.rtc.bwe;

/// Whether the queue on the path grows: the slope of the one-way delay of groups of packets,
/// against a threshold that adapts (draft-ietf-rmcat-gcc-02 §5.2–5.4 with the trend line in place
/// of the Kalman filter; Carlucci et al., “Analysis and Design of the Google Congestion Control for
/// Web Real-time Communication”, 2016). Numbers are in milliseconds, as in the draft.
final class DelayTrend {
  /// What the path does.
  enum Usage {
    NORMAL,
    OVERUSE,
    UNDERUSE
  }

  private static final double BURST_MS = 5;
  private static final int WINDOW = 20;
  private static final double SMOOTHING = 0.9;
  private static final double GAIN = 4;
  private static final int DELTAS_MAX = 60;
  private static final double THRESHOLD_START = 12.5;
  private static final double THRESHOLD_MIN = 6;
  private static final double THRESHOLD_MAX = 600;
  private static final double THRESHOLD_UP = 0.0087;
  private static final double THRESHOLD_DOWN = 0.039;
  private static final double OUTLIER = 15;
  private static final double STEP_MS_MAX = 100;
  private static final double OVERUSE_MS = 10;
  private static final double SILENCE_MS = 2_000;

  private final double[] times = new double[WINDOW];
  private final double[] delays = new double[WINDOW];
  private int deltas;
  private double accumulated;
  private double smoothed;

  private boolean hasGroup;
  private double groupFirstSent;
  private double groupLastSent;
  private double groupLastArrival;
  private boolean hasPrevious;
  private double previousSent;
  private double previousArrival;
  private double firstArrival;

  private double threshold = THRESHOLD_START;
  private double lastTrend;
  private double overuseMs;
  private int overuseCount;
  private Usage usage = Usage.NORMAL;

  Usage usage() {
    return usage;
  }

  /// The current trend, for statistics.
  double trend() {
    return lastTrend;
  }

  /// Takes one packet that arrived, in the order of sending.
  void onPacket(double sentMs, double arrivalMs) {
    if (hasGroup && arrivalMs - groupLastArrival > SILENCE_MS) {
      restart();
    }
    if (!hasGroup) {
      begin(sentMs, arrivalMs);
    } else if (sentMs < groupFirstSent) {
      return;
    } else if (belongs(sentMs, arrivalMs)) {
      groupLastSent = Math.max(groupLastSent, sentMs);
      groupLastArrival = Math.max(groupLastArrival, arrivalMs);
    } else {
      endGroup();
      begin(sentMs, arrivalMs);
    }
  }

  private void restart() {
    hasGroup = false;
    hasPrevious = false;
    deltas = 0;
    accumulated = 0;
    smoothed = 0;
    usage = Usage.NORMAL;
  }

  private void begin(double sentMs, double arrivalMs) {
    hasGroup = true;
    groupFirstSent = sentMs;
    groupLastSent = sentMs;
    groupLastArrival = arrivalMs;
  }

  /// Sent together, or sent apart and come together, as behind a queue that empties in bursts.
  private boolean belongs(double sentMs, double arrivalMs) {
    if (sentMs - groupFirstSent <= BURST_MS) {
      return true;
    }
    var arrivalDelta = arrivalMs - groupLastArrival;
    return arrivalDelta <= BURST_MS && arrivalDelta - (sentMs - groupLastSent) < 0;
  }

  private void endGroup() {
    if (hasPrevious) {
      var arrivalDelta = groupLastArrival - previousArrival;
      update(arrivalDelta - (groupLastSent - previousSent), arrivalDelta, groupLastArrival);
    } else {
      firstArrival = groupLastArrival;
    }
    hasPrevious = true;
    previousSent = groupLastSent;
    previousArrival = groupLastArrival;
  }

  private void update(double delayDelta, double arrivalDelta, double arrivalMs) {
    accumulated += delayDelta;
    smoothed = SMOOTHING * smoothed + (1 - SMOOTHING) * accumulated;
    var at = deltas % WINDOW;
    times[at] = arrivalMs - firstArrival;
    delays[at] = smoothed;
    deltas++;
    var slope = deltas >= WINDOW ? slope() : 0;
    detect(Math.min(deltas, DELTAS_MAX) * slope * GAIN, arrivalDelta);
  }

  /// Least squares over the window.
  private double slope() {
    var meanTime = 0.0;
    var meanDelay = 0.0;
    for (var i = 0; i < WINDOW; i++) {
      meanTime += times[i];
      meanDelay += delays[i];
    }
    meanTime /= WINDOW;
    meanDelay /= WINDOW;
    var numerator = 0.0;
    var denominator = 0.0;
    for (var i = 0; i < WINDOW; i++) {
      var time = times[i] - meanTime;
      numerator += time * (delays[i] - meanDelay);
      denominator += time * time;
    }
    return denominator == 0 ? 0 : numerator / denominator;
  }

  private void detect(double trend, double stepMs) {
    if (trend > threshold) {
      overuseMs += overuseCount == 0 ? stepMs / 2 : stepMs;
      overuseCount++;
      if (overuseMs > OVERUSE_MS && overuseCount > 1 && trend >= lastTrend) {
        overuseMs = 0;
        overuseCount = 0;
        usage = Usage.OVERUSE;
      }
    } else {
      overuseMs = 0;
      overuseCount = 0;
      usage = trend < -threshold ? Usage.UNDERUSE : Usage.NORMAL;
    }
    lastTrend = trend;
    adapt(Math.abs(trend), Math.min(Math.max(stepMs, 0), STEP_MS_MAX));
  }

  /// Follows the trend slowly, so that a flow that fills queues does not starve this one.
  private void adapt(double size, double stepMs) {
    if (size > threshold + OUTLIER) {
      return;
    }
    var k = size < threshold ? THRESHOLD_DOWN : THRESHOLD_UP;
    threshold += k * (size - threshold) * stepMs;
    threshold = Math.min(Math.max(threshold, THRESHOLD_MIN), THRESHOLD_MAX);
  }
}
