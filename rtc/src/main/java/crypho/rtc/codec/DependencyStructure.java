package crypho.rtc.codec;

import java.util.Arrays;

/// The template dependency structure of a stream (AV1 RTP specification, A.4.1 and A.4.2): which
/// decode targets there are, and for each frame template its layers, what it is to each target, and
/// the frames that it refers to. Not changed after [DependencyDescriptor] has published it.
public final class DependencyStructure {
  /// Template ids are 6 bits.
  static final int TEMPLATES_MAX = 64;

  /// `dtis_cnt_minus_one` is 5 bits.
  static final int TARGETS_MAX = 32;

  /// Frames that one frame may refer to; encoders use up to 8.
  static final int DEPENDENCIES_MAX = 32;

  static final int SPATIAL_LAYERS_MAX = 4;
  static final int TEMPORAL_LAYERS_MAX = 8;

  /// Decode target indications, table A.2.
  static final int NOT_PRESENT = 0;

  static final int DISCARDABLE = 1;
  static final int SWITCH = 2;
  static final int REQUIRED = 3;

  private static final int NEXT_TEMPORAL = 1;
  private static final int NEXT_SPATIAL = 2;
  private static final int NO_MORE = 3;

  int idOffset;
  int targetCount;
  int templateCount;
  int chainCount;
  boolean hasResolutions;
  final byte[] spatial = new byte[TEMPLATES_MAX];
  final byte[] temporal = new byte[TEMPLATES_MAX];
  final byte[] indications = new byte[TEMPLATES_MAX * TARGETS_MAX];
  final int[] presentMask = new int[TEMPLATES_MAX];
  final int[] switchMask = new int[TEMPLATES_MAX];
  final byte[] dependencyCount = new byte[TEMPLATES_MAX];
  final byte[] dependencies = new byte[TEMPLATES_MAX * DEPENDENCIES_MAX];
  final byte[] protectedBy = new byte[TARGETS_MAX];
  final byte[] chainDistance = new byte[TEMPLATES_MAX * TARGETS_MAX];
  final int[] width = new int[SPATIAL_LAYERS_MAX];
  final int[] height = new int[SPATIAL_LAYERS_MAX];
  final byte[] targetSpatial = new byte[TARGETS_MAX];
  final byte[] targetTemporal = new byte[TARGETS_MAX];

  /// Reads `template_dependency_structure()`. False where it exceeds a bound or the data ended.
  boolean read(BitReader in) {
    idOffset = in.bits(6);
    targetCount = in.bits(5) + 1;
    if (!readLayers(in)) {
      return false;
    }
    readIndications(in);
    if (!readDependencies(in)) {
      return false;
    }
    readChains(in);
    readResolutions(in);
    deriveTargets();
    return !in.isOverrun();
  }

  private boolean readLayers(BitReader in) {
    var spatialId = 0;
    var temporalId = 0;
    templateCount = 0;
    while (true) {
      if (templateCount == TEMPLATES_MAX
          || spatialId >= SPATIAL_LAYERS_MAX
          || temporalId >= TEMPORAL_LAYERS_MAX) {
        return false;
      }
      spatial[templateCount] = (byte) spatialId;
      temporal[templateCount] = (byte) temporalId;
      templateCount++;
      var next = in.bits(2);
      if (next == NO_MORE) {
        return !in.isOverrun();
      }
      if (next == NEXT_TEMPORAL) {
        temporalId++;
      } else if (next == NEXT_SPATIAL) {
        temporalId = 0;
        spatialId++;
      }
    }
  }

  private void readIndications(BitReader in) {
    for (var template = 0; template < templateCount; template++) {
      var present = 0;
      var switches = 0;
      for (var target = 0; target < targetCount; target++) {
        var indication = in.bits(2);
        indications[template * TARGETS_MAX + target] = (byte) indication;
        present |= indication == NOT_PRESENT ? 0 : 1 << target;
        switches |= indication == SWITCH ? 1 << target : 0;
      }
      presentMask[template] = present;
      switchMask[template] = switches;
    }
  }

  private boolean readDependencies(BitReader in) {
    for (var template = 0; template < templateCount; template++) {
      var count = 0;
      while (in.flag()) {
        if (count == DEPENDENCIES_MAX) {
          return false;
        }
        dependencies[template * DEPENDENCIES_MAX + count++] = (byte) (in.bits(4) + 1);
      }
      dependencyCount[template] = (byte) count;
    }
    return true;
  }

  private void readChains(BitReader in) {
    chainCount = in.nonSymmetric(targetCount + 1);
    if (chainCount == 0) {
      return;
    }
    for (var target = 0; target < targetCount; target++) {
      protectedBy[target] = (byte) in.nonSymmetric(chainCount + 1);
    }
    for (var template = 0; template < templateCount; template++) {
      for (var chain = 0; chain < chainCount; chain++) {
        chainDistance[template * TARGETS_MAX + chain] = (byte) in.bits(4);
      }
    }
  }

  private void readResolutions(BitReader in) {
    hasResolutions = in.flag();
    Arrays.fill(width, 0);
    Arrays.fill(height, 0);
    if (hasResolutions) {
      for (var layer = 0; layer <= spatial[templateCount - 1]; layer++) {
        width[layer] = in.bits(16) + 1;
        height[layer] = in.bits(16) + 1;
      }
    }
  }

  /// The layers of a decode target are the highest of the frames that belong to it.
  private void deriveTargets() {
    for (var target = 0; target < targetCount; target++) {
      var highestSpatial = 0;
      var highestTemporal = 0;
      for (var template = 0; template < templateCount; template++) {
        if ((presentMask[template] >> target & 1) != 0) {
          highestSpatial = Math.max(highestSpatial, spatial[template]);
          highestTemporal = Math.max(highestTemporal, temporal[template]);
        }
      }
      targetSpatial[target] = (byte) highestSpatial;
      targetTemporal[target] = (byte) highestTemporal;
    }
  }

  /// Whether the other says the same; unused parts of the tables do not count.
  boolean isSame(DependencyStructure other) {
    if (idOffset != other.idOffset
        || targetCount != other.targetCount
        || templateCount != other.templateCount
        || chainCount != other.chainCount
        || hasResolutions != other.hasResolutions
        || !Arrays.equals(width, other.width)
        || !Arrays.equals(height, other.height)
        || (chainCount > 0 && !same(protectedBy, other.protectedBy, 0, targetCount))
        || !same(spatial, other.spatial, 0, templateCount)
        || !same(temporal, other.temporal, 0, templateCount)
        || !same(dependencyCount, other.dependencyCount, 0, templateCount)) {
      return false;
    }
    for (var template = 0; template < templateCount; template++) {
      var row = template * TARGETS_MAX;
      if (!same(indications, other.indications, row, targetCount)
          || !same(chainDistance, other.chainDistance, row, chainCount)
          || !same(
              dependencies,
              other.dependencies,
              template * DEPENDENCIES_MAX,
              dependencyCount[template])) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(byte[] a, byte[] b, int from, int count) {
    return Arrays.equals(a, from, from + count, b, from, from + count);
  }

  /// The index of the decode target that shows most within the given layers, among those whose bit
  /// in `activeMask` is set: first the highest spatial, then the highest temporal layer. Where all
  /// exceed the limits, the smallest. -1 where none is active.
  int bestTarget(int spatialMax, int temporalMax, int activeMask) {
    var best = -1;
    var bestRank = Integer.MIN_VALUE;
    for (var target = 0; target < targetCount; target++) {
      if ((activeMask >> target & 1) == 0) {
        continue;
      }
      var size = targetSpatial[target] * TEMPORAL_LAYERS_MAX + targetTemporal[target];
      var fits = targetSpatial[target] <= spatialMax && targetTemporal[target] <= temporalMax;
      var rank = fits ? size : -1 - size;
      if (rank > bestRank) {
        best = target;
        bestRank = rank;
      }
    }
    return best;
  }

  /// Decode targets, from 1 to 32.
  public int targetCount() {
    return targetCount;
  }

  /// The highest spatial layer of any frame, 0 to 3.
  public int spatialLayerMax() {
    return spatial[templateCount - 1];
  }

  /// Pixels across of a spatial layer, or 0 when not told.
  public int width(int spatialLayer) {
    return width[spatialLayer];
  }

  /// Pixels down of a spatial layer, or 0 when not told.
  public int height(int spatialLayer) {
    return height[spatialLayer];
  }
}
