package crypho.rtc.codec;

import static crypho.rtc.rtp.Octets.put16;
import static crypho.rtc.rtp.Octets.u16;
import static crypho.rtc.rtp.Octets.u8;

/// The VP8 payload descriptor (RFC 7741 §4.2) and the one bit of the payload header that tells key
/// frames (§4.3).
final class Vp8Payload {
  private Vp8Payload() {}

  static boolean read(byte[] data, int offset, int length, FrameInfo out) {
    var end = offset + length;
    var first = data[offset];
    var at = offset + 1;
    out.isStartOfFrame = (first & 0x17) == 0x10;
    if (first < 0) {
      if (at >= end) {
        return false;
      }
      at = readExtended(data, offset, at, end, out);
    }
    if (at < 0 || at >= end) {
      return false;
    }
    out.isKeyFrame = out.isStartOfFrame && (data[at] & 1) == 0;
    out.isFrameIdGapless = true;
    return true;
  }

  /// Returns where the VP8 payload begins, or -1.
  private static int readExtended(byte[] data, int offset, int start, int end, FrameInfo out) {
    var flags = data[start];
    var at = start + 1;
    if ((flags & 0x80) != 0) {
      var bits = at < end && data[at] < 0 ? 15 : 7;
      var size = (bits + 1) / 8;
      if (end - at < size) {
        return -1;
      }
      out.frameId = bits == 15 ? u16(data, at) & 0x7fff : data[at];
      out.frameIdBits = bits;
      out.pictureIdOffset = at - offset;
      at += size;
    }
    if ((flags & 0x40) != 0) {
      if (at >= end) {
        return -1;
      }
      out.tl0PictureIndex = u8(data, at);
      out.tl0PictureIndexOffset = at - offset;
      at++;
    }
    if ((flags & 0x30) != 0) {
      if (at >= end) {
        return -1;
      }
      if ((flags & 0x20) != 0) {
        out.temporalLayer = u8(data, at) >> 6;
        out.isTemporalSwitchPoint = (data[at] & 0x20) != 0;
      }
      at++;
    }
    return at;
  }

  /// Writes a picture id over one of the same width.
  static void putPictureId(byte[] payload, int at, int bits, int pictureId) {
    if (bits == 15) {
      put16(payload, at, 0x8000 | pictureId);
    } else {
      payload[at] = (byte) (pictureId & 0x7f);
    }
  }
}
