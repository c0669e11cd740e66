package crypho.rtc.codec;

import static crypho.rtc.rtp.Octets.u16;

import org.jspecify.annotations.Nullable;

/// Reads the dependency descriptor of each packet of one stream (AV1 RTP specification, appendix A)
/// and keeps the structure that came with the last key frame, and the one before for packets that
/// arrive late. A structure that is repeated unchanged keeps its object. One owner thread.
public final class DependencyDescriptor {
  /// The descriptor was read.
  public static final int OK = 0;

  /// It refers to a structure that we have not seen; a key frame is needed.
  public static final int NO_STRUCTURE = -1;

  /// It is too short or exceeds a bound.
  public static final int MALFORMED = -2;

  private static final int MANDATORY_LENGTH = 3;
  private static final int TEMPLATE_ID_MASK = 0x3f;

  private final BitReader in = new BitReader();
  private DependencyStructure scratch = new DependencyStructure();
  private @Nullable DependencyStructure current;
  private @Nullable DependencyStructure previous;
  private int activeMask;
  private int structureFrameNumber = FrameInfo.ABSENT;
  private boolean hasStructure;
  private boolean hasCustomIndications;
  private boolean hasCustomDependencies;
  private boolean hasCustomChains;

  // The mask of active targets that the descriptor sets, if the rest of it is sound.
  private boolean hasPendingActive;
  private int pendingActive;

  // Distances to the previous frame of each chain, of the descriptor read last.
  private final int[] chains = new int[DependencyStructure.TARGETS_MAX];

  /// Reads one descriptor into `out`, which is cleared first.
  public int read(byte[] data, int offset, int length, FrameInfo out) {
    out.clear();
    if (length < MANDATORY_LENGTH) {
      return MALFORMED;
    }
    var templateId = data[offset] & TEMPLATE_ID_MASK;
    out.isStartOfFrame = (data[offset] & 0x80) != 0;
    out.isEndOfFrame = (data[offset] & 0x40) != 0;
    out.frameId = u16(data, offset + 1);
    out.frameIdBits = 16;
    in.reset(data, offset + MANDATORY_LENGTH, length - MANDATORY_LENGTH);
    var structure = length > MANDATORY_LENGTH ? readExtended(templateId) : readShort(templateId);
    if (structure == null) {
      return hasStructure || in.isOverrun() ? MALFORMED : NO_STRUCTURE;
    }
    var template = index(structure, templateId);
    if (!readFrame(structure, template, out)) {
      return MALFORMED;
    }
    if (hasStructure) {
      publish(structure, out.frameId);
    }
    out.isReadable = true;
    out.structure = structure == scratch ? current : structure;
    out.activeTargets = activeMask;
    out.spatialLayer = structure.spatial[template];
    out.temporalLayer = structure.temporal[template];
    out.isKeyFrame =
        out.dependencyCount == 0 && (hasStructure || out.frameId == structureFrameNumber);
    return OK;
  }

  private @Nullable DependencyStructure readShort(int templateId) {
    hasStructure = false;
    hasCustomIndications = false;
    hasCustomDependencies = false;
    hasCustomChains = false;
    return known(templateId);
  }

  private @Nullable DependencyStructure readExtended(int templateId) {
    hasStructure = in.flag();
    var hasActiveTargets = in.flag();
    hasCustomIndications = in.flag();
    hasCustomDependencies = in.flag();
    hasCustomChains = in.flag();
    DependencyStructure structure;
    if (hasStructure) {
      if (!scratch.read(in)) {
        return null;
      }
      structure = scratch;
      if (index(structure, templateId) >= structure.templateCount) {
        return null;
      }
    } else {
      structure = known(templateId);
      if (structure == null) {
        return null;
      }
    }
    var all = (int) ((1L << structure.targetCount) - 1);
    pendingActive = hasActiveTargets ? in.bits(structure.targetCount) : all;
    hasPendingActive = hasActiveTargets || hasStructure;
    return structure;
  }

  private @Nullable DependencyStructure known(int templateId) {
    hasPendingActive = false;
    if (current != null && index(current, templateId) < current.templateCount) {
      return current;
    }
    return previous != null && index(previous, templateId) < previous.templateCount
        ? previous
        : null;
  }

  private static int index(DependencyStructure structure, int templateId) {
    return (templateId - structure.idOffset) & TEMPLATE_ID_MASK;
  }

  /// `frame_dependency_definition()`.
  private boolean readFrame(DependencyStructure structure, int template, FrameInfo out) {
    out.decodeTargetsPresent = structure.presentMask[template];
    out.decodeTargetsSwitch = structure.switchMask[template];
    if (hasCustomIndications) {
      out.decodeTargetsPresent = 0;
      out.decodeTargetsSwitch = 0;
      for (var target = 0; target < structure.targetCount; target++) {
        var indication = in.bits(2);
        out.decodeTargetsPresent |= indication == DependencyStructure.NOT_PRESENT ? 0 : 1 << target;
        out.decodeTargetsSwitch |= indication == DependencyStructure.SWITCH ? 1 << target : 0;
      }
    }
    if (hasCustomDependencies) {
      if (!readDependencies(out)) {
        return false;
      }
    } else {
      out.dependencyCount = structure.dependencyCount[template];
      for (var i = 0; i < out.dependencyCount; i++) {
        out.dependencies[i] =
            structure.dependencies[template * DependencyStructure.DEPENDENCIES_MAX + i];
      }
    }
    for (var chain = 0; chain < structure.chainCount; chain++) {
      chains[chain] =
          hasCustomChains
              ? in.bits(8)
              : structure.chainDistance[template * DependencyStructure.TARGETS_MAX + chain];
    }
    if (in.isOverrun()) {
      return false;
    }
    if (hasPendingActive) {
      activeMask = pendingActive;
    }
    return true;
  }

  private boolean readDependencies(FrameInfo out) {
    var count = 0;
    for (var size = in.bits(2); size != 0; size = in.bits(2)) {
      if (count == DependencyStructure.DEPENDENCIES_MAX) {
        return false;
      }
      out.dependencies[count++] = in.bits(4 * size) + 1;
    }
    out.dependencyCount = count;
    return true;
  }

  /// A structure came with this frame: from now on it is the current one.
  private void publish(DependencyStructure structure, int frameNumber) {
    structureFrameNumber = frameNumber;
    if (current != null && structure.isSame(current)) {
      return;
    }
    previous = current;
    current = structure;
    scratch = new DependencyStructure();
  }

  /// The structure of the stream now.
  public @Nullable DependencyStructure structure() {
    return current;
  }

  /// Which decode targets the sender produces now: bit i for target i.
  public int activeTargets() {
    return activeMask;
  }

  /// The distance from the frame read last to its predecessor in a chain; 0 begins the chain anew.
  int chainDistance(int chain) {
    return chains[chain];
  }
}
