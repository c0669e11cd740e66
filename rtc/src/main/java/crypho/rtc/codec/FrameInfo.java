package crypho.rtc.codec;

import org.jspecify.annotations.Nullable;

/// What one packet says about the frame that it belongs to, as [FrameReader] finds it: the only
/// thing that layer selection looks at. Filled anew for each received packet, then read by all
/// consumers. One owner thread.
public final class FrameInfo {
  /// In place of a number that the packet does not have.
  public static final int ABSENT = -1;

  /// Whether anything is known; without it the packet can only follow its predecessors.
  boolean isReadable;

  boolean isKeyFrame;
  boolean isStartOfFrame;
  boolean isEndOfFrame;

  /// Higher temporal layers may be taken up from here (VP8: Y, VP9: U).
  boolean isTemporalSwitchPoint;

  /// The layer frame refers to no earlier picture (VP9: not P).
  boolean isSpatialSwitchPoint;

  int spatialLayer;
  int temporalLayer;
  int frameId;
  int frameIdBits;

  /// Whether frame ids count frames without gaps, so that dropped ones must not leave one (VP8).
  boolean isFrameIdGapless;

  // Where a VP8 or VP9 payload descriptor has them, from the payload's beginning:
  int pictureIdOffset;
  int tl0PictureIndexOffset;
  int tl0PictureIndex;

  // From a dependency descriptor:
  @Nullable DependencyStructure structure;
  int activeTargets;
  int decodeTargetsPresent;
  int decodeTargetsSwitch;
  int dependencyCount;
  final int[] dependencies = new int[DependencyStructure.DEPENDENCIES_MAX];

  /// Back to knowing nothing.
  void clear() {
    isReadable = false;
    isKeyFrame = false;
    isStartOfFrame = false;
    isEndOfFrame = false;
    isTemporalSwitchPoint = false;
    isSpatialSwitchPoint = false;
    spatialLayer = 0;
    temporalLayer = 0;
    frameId = ABSENT;
    frameIdBits = 0;
    isFrameIdGapless = false;
    pictureIdOffset = ABSENT;
    tl0PictureIndexOffset = ABSENT;
    tl0PictureIndex = ABSENT;
    structure = null;
    activeTargets = 0;
    decodeTargetsPresent = 0;
    decodeTargetsSwitch = 0;
    dependencyCount = 0;
  }

  /// Whether the frame can be told at all.
  public boolean isReadable() {
    return isReadable;
  }

  /// Whether decoding can begin with this frame.
  public boolean isKeyFrame() {
    return isKeyFrame;
  }

  /// Whether this is the frame's first packet.
  public boolean isStartOfFrame() {
    return isStartOfFrame;
  }

  /// Whether this is the frame's last packet.
  public boolean isEndOfFrame() {
    return isEndOfFrame;
  }

  /// 0 to 3; 0 in a simulcast stream.
  public int spatialLayer() {
    return spatialLayer;
  }

  /// 0 to 7.
  public int temporalLayer() {
    return temporalLayer;
  }

  /// Frame number (16 bits) or picture id (7 or 15), or [#ABSENT].
  public int frameId() {
    return frameId;
  }
}
