package crypho.rtc.codec;

import java.util.Arrays;

/// How much each layer of one producer takes, over the last two seconds, or since its first packet
/// where that is less: what a bandwidth plan reckons with. In one second a single key frame, as
/// each change of layers brings, would make a layer look twice as dear. One owner thread.
public final class LayerRates {
  /// What [#best] answers where not even the lowest layer fits.
  public static final int NONE = -1;

  private static final int BUCKETS = 16;
  private static final long BUCKET_NANOS = 125_000_000L;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final int SPATIAL = LayerSwitcher.SOURCES_MAX;
  private static final int TEMPORAL = DependencyStructure.TEMPORAL_LAYERS_MAX;

  private final boolean isCumulative;
  private final int[] octets = new int[BUCKETS * SPATIAL * TEMPORAL];
  private final int[] sums = new int[SPATIAL * TEMPORAL];

  /// By spatial layer: when the first packet came after a second without, and the last one.
  private final long[] sinceNanos = new long[SPATIAL];

  private final long[] lastNanos = new long[SPATIAL];

  private long bucket = Long.MIN_VALUE;

  /// @param isCumulative whether a spatial layer needs those below it (SVC, not simulcast)
  public LayerRates(boolean isCumulative) {
    this.isCumulative = isCumulative;
  }

  /// A packet of a layer came.
  ///
  /// @param spatial 0 to 3: the stream in simulcast, else the frame's spatial layer
  /// @param length octets on the wire
  public void onPacket(int spatial, int temporal, int length, long nowNanos) {
    advance(nowNanos);
    if (!isActive(spatial, nowNanos)) {
      sinceNanos[spatial] = nowNanos;
      forget(spatial);
    }
    lastNanos[spatial] = nowNanos;
    var layer = spatial * TEMPORAL + temporal;
    octets[(int) (bucket & (BUCKETS - 1)) * SPATIAL * TEMPORAL + layer] += length;
    sums[layer] += length;
  }

  private void forget(int spatial) {
    for (var row = 0; row < BUCKETS; row++) {
      var from = row * SPATIAL * TEMPORAL + spatial * TEMPORAL;
      Arrays.fill(octets, from, from + TEMPORAL, 0);
    }
    Arrays.fill(sums, spatial * TEMPORAL, (spatial + 1) * TEMPORAL, 0);
  }

  private void advance(long nowNanos) {
    var now = Math.floorDiv(nowNanos, BUCKET_NANOS);
    if (bucket == Long.MIN_VALUE || now - bucket >= BUCKETS) {
      Arrays.fill(octets, 0);
      Arrays.fill(sums, 0);
      bucket = now;
    }
    while (bucket < now) {
      bucket++;
      var row = (int) (bucket & (BUCKETS - 1)) * SPATIAL * TEMPORAL;
      for (var layer = 0; layer < SPATIAL * TEMPORAL; layer++) {
        sums[layer] -= octets[row + layer];
        octets[row + layer] = 0;
      }
    }
  }

  /// Bits a second that a consumer of these layers gets, 0 where the layer is not sent.
  public long bitrateBps(int spatial, int temporal, long nowNanos) {
    advance(nowNanos);
    if (!isActive(spatial, nowNanos)) {
      return 0;
    }
    var total = 0L;
    for (var s = isCumulative ? 0 : spatial; s <= spatial; s++) {
      var octetsOfLayer = 0L;
      for (var t = 0; t <= temporal; t++) {
        octetsOfLayer += sums[s * TEMPORAL + t];
      }
      var buckets = Math.ceilDiv(nowNanos - sinceNanos[s], BUCKET_NANOS);
      var nanos = Math.clamp(buckets, 2, BUCKETS) * BUCKET_NANOS;
      total += octetsOfLayer * 8 * SECOND_NANOS / nanos;
    }
    return total;
  }

  /// Whether anything of a spatial layer came in the last second.
  public boolean isActive(int spatial, long nowNanos) {
    if (nowNanos - lastNanos[spatial] >= SECOND_NANOS) {
      return false;
    }
    for (var t = 0; t < TEMPORAL; t++) {
      if (sums[spatial * TEMPORAL + t] > 0) {
        return true;
      }
    }
    return false;
  }

  /// The best layers within a budget and the given limits, as `spatial << 3 | temporal`, or
  /// [#NONE]: first the highest spatial layer that is sent and fits with any temporal layer, then
  /// the highest temporal layer.
  public int best(long budgetBps, int spatialMax, int temporalMax, long nowNanos) {
    for (var spatial = Math.min(spatialMax, SPATIAL - 1); spatial >= 0; spatial--) {
      if (!isActive(spatial, nowNanos)) {
        continue;
      }
      for (var temporal = Math.min(temporalMax, TEMPORAL - 1); temporal >= 0; temporal--) {
        if (bitrateBps(spatial, temporal, nowNanos) <= budgetBps) {
          return spatial << 3 | temporal;
        }
      }
    }
    return NONE;
  }
}
