package crypho.router;

import crypho.rtc.codec.LayerSwitcher;
import crypho.wire.router.v1.Layers;
import crypho.wire.router.v1.View;

/// What one consumer's client wants to see, and what the bandwidth plan lets it have. One owner
/// thread.
final class Wish {
  private static final int TEMPORAL_MAX = 7;
  private static final int TEMPORAL_SHIFT = 3;
  private static final int PRIORITY_USUAL = 100;
  private static final int PRIORITY_MAX = 255;

  /// Longer sides than any screen's.
  private static final int SIDE_MAX = 16_384;

  /// A layer is large enough for a tile of a few more pixels.
  private static final double ENOUGH = 0.7;

  final BandwidthPlan.Demand demand = new BandwidthPlan.Demand();
  private final int[] layers = new int[BandwidthPlan.STEPS_MAX];
  private final Producer producer;
  private int preferredSpatial = LayerSwitcher.SOURCES_MAX - 1;
  private int preferredTemporal = TEMPORAL_MAX;
  private long area;
  boolean isHidden;
  boolean isPinned;

  /// The layer chosen last, as in `layers`: steps come and go with what is sent.
  private int chosen;

  Wish(Producer producer) {
    this.producer = producer;
    demand.isAudio = !producer.isVideo;
    demand.priority = PRIORITY_USUAL;
  }

  void prefer(Layers wanted) {
    preferredSpatial = Math.clamp(wanted.getSpatialLayer(), 0, LayerSwitcher.SOURCES_MAX - 1);
    preferredTemporal =
        wanted.hasTemporalLayer()
            ? Math.clamp(wanted.getTemporalLayer(), 0, TEMPORAL_MAX)
            : TEMPORAL_MAX;
  }

  void show(View view) {
    var width = Math.clamp(view.getWidth(), 0, SIDE_MAX);
    var height = Math.clamp(view.getHeight(), 0, SIDE_MAX);
    area = (long) width * height;
    demand.area = area == 0 ? BandwidthPlan.AREA_UNKNOWN : area;
    demand.priority =
        view.getPriority() == 0 ? PRIORITY_USUAL : Math.clamp(view.getPriority(), 1, PRIORITY_MAX);
    isHidden = view.getHidden();
    isPinned = view.getPinned();
  }

  /// Nothing is to be sent, whatever the path bears.
  void wantNothing() {
    demand.steps = 0;
  }

  /// Sets the steps from what the producer sends now.
  void wantWhatIsSent(long nowNanos) {
    demand.isSpeaker = producer.isSpeaker && producer.isVideo;
    demand.steps = 0;
    if (!producer.isVideo) {
      add(producer.rates.bitrateBps(0, 0, nowNanos), 0);
      return;
    }
    var highest = Math.min(preferredSpatial, layerFor(area));
    for (var spatial = 0; spatial <= highest; spatial++) {
      if (producer.rates.isActive(spatial, nowNanos)) {
        addLayer(spatial, nowNanos);
      }
    }
    if (demand.steps == 0) {
      addWhatIsNotSent(highest, nowNanos);
    }
    if (demand.step != BandwidthPlan.NONE) {
      demand.step = stepOf(chosen);
    }
  }

  /// The highest step that is not above a layer.
  private int stepOf(int layer) {
    var step = 0;
    while (step + 1 < demand.steps && layers[step + 1] <= layer) {
      step++;
    }
    return step;
  }

  /// The plan has chosen. Returns whether other layers than before are to be forwarded.
  boolean settle() {
    if (demand.step == BandwidthPlan.NONE || demand.step >= demand.steps) {
      return false;
    }
    var before = chosen;
    chosen = layers[demand.step];
    return chosen != before;
  }

  /// In the lowest layer all frame rates are of use; above it, the two highest.
  private void addLayer(int spatial, long nowNanos) {
    var rates = producer.rates;
    var all = rates.bitrateBps(spatial, preferredTemporal, nowNanos);
    var top = preferredTemporal;
    while (top > 0 && rates.bitrateBps(spatial, top - 1, nowNanos) == all) {
      top--;
    }
    for (var temporal = demand.steps == 0 ? 0 : Math.max(0, top - 1); temporal <= top; temporal++) {
      add(
          rates.bitrateBps(spatial, temporal, nowNanos),
          spatial << TEMPORAL_SHIFT | (temporal == top ? preferredTemporal : temporal));
    }
  }

  /// Nothing comes, or only layers above those that are wanted: the lowest of them is better than
  /// none.
  private void addWhatIsNotSent(int highest, long nowNanos) {
    for (var spatial = highest + 1; spatial < LayerSwitcher.SOURCES_MAX; spatial++) {
      if (producer.rates.isActive(spatial, nowNanos)) {
        addLayer(spatial, nowNanos);
        return;
      }
    }
    add(0, preferredTemporal);
  }

  /// A step that costs no more than the one before takes its place.
  private void add(long bps, int layer) {
    var at = demand.steps;
    while (at > 0 && demand.bps[at - 1] >= bps) {
      at--;
    }
    demand.bps[at] = bps;
    layers[at] = layer;
    demand.steps = at + 1;
  }

  /// The lowest spatial layer that fills a tile.
  private int layerFor(long tile) {
    if (tile == 0) {
      return LayerSwitcher.SOURCES_MAX - 1;
    }
    for (var spatial = 0; spatial < LayerSwitcher.SOURCES_MAX; spatial++) {
      if (producer.pixels(spatial) >= ENOUGH * tile) {
        return spatial;
      }
    }
    return LayerSwitcher.SOURCES_MAX - 1;
  }

  /// Whether the plan gives nothing though something is there.
  boolean isStarved() {
    return producer.isVideo && demand.steps > 0 && demand.step == BandwidthPlan.NONE;
  }

  /// The layers to forward, where it is not starved.
  int spatial() {
    return chosen >> TEMPORAL_SHIFT;
  }

  int temporal() {
    return producer.isVideo ? chosen & TEMPORAL_MAX : TEMPORAL_MAX;
  }
}
