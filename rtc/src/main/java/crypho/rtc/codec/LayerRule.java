package crypho.rtc.codec;

import org.jspecify.annotations.Nullable;

/// Which frames of one stream belong to the layers that a consumer gets now, and when that may
/// change. The rule in force is one number, the *limit*, that is kept with each frame so that late
/// packets are judged by the rule of their frame.
///
/// | stream has | limit | goes down | goes up |
/// | --- | --- | --- | --- |
/// | dependency descriptor | decode target | at a switch indication whose frame refers only to frames that were forwarded | likewise |
/// | VP8 temporal layers | highest layer | at any frame | one layer, at its layer sync; all at a key frame |
/// | VP9 layers | highest spatial and temporal | at any picture | temporal at a switching up point or key frame; spatial one layer, where it is not predicted from earlier pictures |
/// | nothing | – | – | – |
final class LayerRule {
  private static final int SPATIAL_SHIFT = 3;
  private static final int TEMPORAL_MASK = 7;

  private final boolean isSpatial;
  private int targetSpatial;
  private int targetTemporal;
  private int spatial;
  private int temporal;

  /// The highest spatial layer that the stream has had.
  private int spatialSeen;

  private int decodeTarget = -1;
  private @Nullable DependencyStructure structure;

  // What `desired` was computed from:
  private @Nullable DependencyStructure desiredStructure;
  private int desiredMask;
  private int desired = -1;

  /// @param isSpatial whether the stream has spatial layers to choose from
  LayerRule(boolean isSpatial) {
    this.isSpatial = isSpatial;
  }

  void target(int spatialMax, int temporalMax) {
    targetSpatial = isSpatial ? spatialMax : DependencyStructure.SPATIAL_LAYERS_MAX - 1;
    targetTemporal = temporalMax;
    desiredStructure = null;
  }

  /// The stream begins anew with a key frame.
  void restart() {
    spatial = isSpatial ? 0 : targetSpatial;
    temporal = targetTemporal;
    structure = null;
    decodeTarget = -1;
  }

  /// A frame that is newer than all others begins to arrive; the limit may change with it.
  ///
  /// @param isNewPicture whether nothing of the frame's picture has been forwarded: a layer that is
  ///   added later would come after the marker
  void onNewFrame(FrameInfo frame, Renumbering frames, long frameId, boolean isNewPicture) {
    if (frame.structure != null) {
      if (frame.isStartOfFrame && isNewPicture) {
        onDecodeTargets(frame, frame.structure, frames, frameId);
      }
      return;
    }
    if (frame.isKeyFrame) {
      temporal = targetTemporal;
    }
    temporal = Math.min(temporal, targetTemporal);
    spatial = Math.min(spatial, targetSpatial);
    if (!frame.isTemporalSwitchPoint || temporal == targetTemporal) {
      return;
    }
    if (frame.isFrameIdGapless) {
      temporal = frame.temporalLayer == temporal + 1 ? temporal + 1 : temporal;
    } else if (frame.temporalLayer <= temporal) {
      temporal = targetTemporal;
    }
  }

  private void onDecodeTargets(
      FrameInfo frame, DependencyStructure now, Renumbering frames, long frameId) {
    if (now != desiredStructure || frame.activeTargets != desiredMask) {
      desired = now.bestTarget(targetSpatial, targetTemporal, frame.activeTargets);
      desiredStructure = now;
      desiredMask = frame.activeTargets;
    }
    if (now != structure) {
      structure = now;
      decodeTarget = desired;
      return;
    }
    if (desired != decodeTarget
        && desired >= 0
        && (frame.decodeTargetsSwitch >> desired & 1) != 0
        && isDecodable(frame, frames, frameId)) {
      decodeTarget = desired;
    }
  }

  private static boolean isDecodable(FrameInfo frame, Renumbering frames, long frameId) {
    for (var i = 0; i < frame.dependencyCount; i++) {
      if (frames.state(frameId - frame.dependencies[i]) != Renumbering.PASSED) {
        return false;
      }
    }
    return true;
  }

  /// A packet of the newest picture: a further spatial layer of VP9 may begin with it.
  void onLayerFrame(FrameInfo frame) {
    spatialSeen = Math.max(spatialSeen, frame.spatialLayer);
    if (frame.structure == null
        && frame.isSpatialSwitchPoint
        && frame.isStartOfFrame
        && frame.spatialLayer == spatial + 1
        && frame.spatialLayer <= targetSpatial) {
      spatial++;
    }
  }

  /// The limit now, at most 127.
  int limit(FrameInfo frame) {
    return frame.structure == null ? spatial << SPATIAL_SHIFT | temporal : decodeTarget;
  }

  /// Whether a frame is within a limit.
  static boolean admits(int limit, FrameInfo frame) {
    if (frame.structure != null) {
      return limit >= 0 && (frame.decodeTargetsPresent >> limit & 1) != 0;
    }
    return frame.spatialLayer <= limit >> SPATIAL_SHIFT
        && frame.temporalLayer <= (limit & TEMPORAL_MASK);
  }

  /// Whether the frame is the last of its picture that the limit admits, so that its end is the
  /// picture's. Not while a further layer of VP9 may still begin in this picture.
  boolean isTop(int limit, FrameInfo frame) {
    var now = frame.structure;
    if (now != null) {
      return limit >= 0 && frame.spatialLayer == now.targetSpatial[limit];
    }
    var mayRise = frame.isSpatialSwitchPoint && frame.spatialLayer < targetSpatial;
    return frame.spatialLayer == limit >> SPATIAL_SHIFT && !mayRise;
  }

  /// The spatial layer that is forwarded now.
  int spatial() {
    var now = structure;
    return now == null || decodeTarget < 0 ? spatial : now.targetSpatial[decodeTarget];
  }

  /// The temporal layer that is forwarded now.
  int temporal() {
    var now = structure;
    return now == null || decodeTarget < 0 ? temporal : now.targetTemporal[decodeTarget];
  }

  /// Whether the spatial layer wanted may be reached only by a key frame.
  boolean wantsKeyFrame() {
    if (!isSpatial) {
      return false;
    }
    var now = structure;
    if (now != null) {
      return desired >= 0
          && decodeTarget >= 0
          && now.targetSpatial[desired] != now.targetSpatial[decodeTarget];
    }
    return spatial < Math.min(targetSpatial, spatialSeen);
  }
}
