package crypho.rtc.codec;

import static crypho.rtc.rtp.Octets.u16;
import static crypho.rtc.rtp.Octets.u8;

/// The VP9 payload descriptor (RFC 9628 §4.2), flexible and non-flexible mode. The scalability
/// structure is not read: what a picture is to others shows in the P, U and D bits.
final class Vp9Payload {
  private static final int REFERENCES_MAX = 3;

  private Vp9Payload() {}

  static boolean read(byte[] data, int offset, int length, FrameInfo out) {
    var end = offset + length;
    var flags = data[offset];
    var at = offset + 1;
    var isPredicted = (flags & 0x40) != 0;
    var isFlexible = (flags & 0x10) != 0;
    if ((flags & 0x80) != 0) {
      var bits = at < end && data[at] < 0 ? 15 : 7;
      if (end - at < (bits + 1) / 8) {
        return false;
      }
      out.frameId = bits == 15 ? u16(data, at) & 0x7fff : data[at];
      out.frameIdBits = bits;
      out.pictureIdOffset = at - offset;
      at += (bits + 1) / 8;
    }
    if ((flags & 0x20) != 0) {
      if (end - at < (isFlexible ? 1 : 2)) {
        return false;
      }
      out.temporalLayer = u8(data, at) >> 5;
      out.isTemporalSwitchPoint = (data[at] & 0x10) != 0;
      out.spatialLayer = u8(data, at) >> 1 & 7;
      at++;
      if (!isFlexible) {
        out.tl0PictureIndex = u8(data, at);
        out.tl0PictureIndexOffset = at - offset;
        at++;
      }
    }
    if (isFlexible && isPredicted) {
      at = skipReferences(data, at, end);
    }
    if (at < 0 || at >= end || out.spatialLayer >= DependencyStructure.SPATIAL_LAYERS_MAX) {
      return false;
    }
    out.isStartOfFrame = (flags & 0x08) != 0;
    out.isEndOfFrame = (flags & 0x04) != 0;
    out.isSpatialSwitchPoint = !isPredicted;
    out.isKeyFrame = !isPredicted && out.isStartOfFrame && out.spatialLayer == 0;
    return true;
  }

  private static int skipReferences(byte[] data, int start, int end) {
    var at = start;
    for (var i = 0; i < REFERENCES_MAX; i++) {
      if (at >= end) {
        return -1;
      }
      if ((data[at++] & 1) == 0) {
        return at;
      }
    }
    return -1;
  }
}
