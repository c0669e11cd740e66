package crypho.rtc.codec;

/// The AV1 aggregation header (AV1 RTP specification §4.4). Layers are told by the dependency
/// descriptor alone.
final class Av1Payload {
  private Av1Payload() {}

  static boolean read(byte[] data, int offset, int length, FrameInfo out) {
    var first = data[offset];
    var isContinued = (first & 0x80) != 0;
    var isNewSequence = (first & 0x08) != 0;
    if (length < 2 || (isContinued && isNewSequence)) {
      return false;
    }
    out.isStartOfFrame = (out.isStartOfFrame || isNewSequence) && !isContinued;
    out.isKeyFrame = isNewSequence;
    return true;
  }
}
