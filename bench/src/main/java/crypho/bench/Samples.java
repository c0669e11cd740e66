package crypho.bench;

import java.util.Arrays;

/// Times in nanoseconds, kept whole, so that a percentile is a measured value. One owner thread.
final class Samples {
  private long[] values = new long[1024];
  private int size;

  void add(long nanos) {
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = nanos;
  }

  int size() {
    return size;
  }

  /// Milliseconds; NaN where there is no sample.
  double percentileMs(double percent) {
    if (size == 0) {
      return Double.NaN;
    }
    var sorted = Arrays.copyOf(values, size);
    Arrays.sort(sorted);
    var rank = (int) Math.ceil(percent / 100 * size) - 1;
    return sorted[Math.clamp(rank, 0, size - 1)] / 1e6;
  }

  double maxMs() {
    return percentileMs(100);
  }
}
