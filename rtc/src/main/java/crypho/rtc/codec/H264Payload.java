package crypho.rtc.codec;

import static crypho.rtc.rtp.Octets.u16;

/// H.264 NAL unit types in RTP payloads (RFC 6184 §5.2 to §5.8): decoding can begin where the
/// sequence parameter set is, or at an IDR picture of a sender that has never sent parameter sets
/// in band. Simulcast only, no temporal layers.
final class H264Payload {
  private static final int IDR = 5;
  private static final int PARAMETER_SET = 7;
  private static final int SINGLE_MAX = 23;
  private static final int STAP_A = 24;
  private static final int FU_A = 28;

  private boolean isParameterSetInBand;

  boolean read(byte[] data, int offset, int length, FrameInfo out) {
    var type = data[offset] & 0x1f;
    if (type == 0 || length < 2) {
      return false;
    }
    if (type == STAP_A) {
      return aggregated(data, offset + 1, offset + length, out);
    }
    if (type == FU_A) {
      var isStart = (data[offset + 1] & 0x80) != 0;
      note(data[offset + 1] & 0x1f, isStart, out);
      out.isStartOfFrame &= isStart;
    } else if (type <= SINGLE_MAX) {
      note(type, true, out);
    }
    return true;
  }

  private boolean aggregated(byte[] data, int start, int end, FrameInfo out) {
    var at = start;
    while (at < end) {
      if (end - at < 3 || u16(data, at) == 0 || end - at - 2 < u16(data, at)) {
        return false;
      }
      note(data[at + 2] & 0x1f, true, out);
      at += 2 + u16(data, at);
    }
    return true;
  }

  private void note(int type, boolean isStart, FrameInfo out) {
    isParameterSetInBand |= type == PARAMETER_SET;
    out.isKeyFrame |= isStart && (type == PARAMETER_SET || (type == IDR && !isParameterSetInBand));
  }
}
