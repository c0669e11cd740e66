package crypho.rtc.codec;

import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.rtp.SeqNo;

/// What [LayerSwitcher] has decided about one packet for one consumer: the numbers that its header
/// and payload descriptor get. Valid until the next decision. One owner thread.
public final class Outgoing {
  // How `descriptor` is made up; an offset of 0 says that there is nothing to write.
  private static final int PICTURE_ID_SHIFT = 8;
  private static final int WIDE_FLAG = 1 << 23;
  private static final int PICTURE_ID_AT_SHIFT = 24;
  private static final int TL0_AT_SHIFT = 27;
  private static final int AT_MASK = 7;

  long extendedSequence;
  long sourceSequence;
  int source;
  int timestamp;
  int frameNumberDelta;
  int descriptor;
  boolean marker;
  boolean isEmpty;

  /// Sets the fields of the header that depend on the decision.
  public void applyTo(OutgoingHeader header) {
    header.sequenceNumber = SeqNo.wire16(extendedSequence);
    header.timestamp = timestamp;
    header.marker = marker;
    header.frameNumberDelta = frameNumberDelta;
  }

  /// Writes picture id and TL0PICIDX into a readable payload descriptor, in place: in the ring that
  /// all consumers share, since each writes its own before it encrypts. Does nothing where the
  /// packet has none or the payload is encrypted.
  public void applyTo(byte[] data, int payloadOffset) {
    var pictureIdAt = descriptor >> PICTURE_ID_AT_SHIFT & AT_MASK;
    if (pictureIdAt != 0) {
      var bits = (descriptor & WIDE_FLAG) != 0 ? 15 : 7;
      Vp8Payload.putPictureId(
          data, payloadOffset + pictureIdAt, bits, descriptor >> PICTURE_ID_SHIFT & 0x7fff);
    }
    var tl0At = descriptor >> TL0_AT_SHIFT & AT_MASK;
    if (tl0At != 0) {
      data[payloadOffset + tl0At] = (byte) descriptor;
    }
  }

  void describe(FrameInfo frame, int pictureId, int tl0PictureIndex) {
    descriptor = 0;
    if (frame.pictureIdOffset > 0) {
      descriptor |=
          frame.pictureIdOffset << PICTURE_ID_AT_SHIFT
              | (frame.frameIdBits == 15 ? WIDE_FLAG : 0)
              | (pictureId & 0x7fff) << PICTURE_ID_SHIFT;
    }
    if (frame.tl0PictureIndexOffset > 0) {
      descriptor |= frame.tl0PictureIndexOffset << TL0_AT_SHIFT | (tl0PictureIndex & 0xff);
    }
  }

  /// The sequence number to send, extended.
  public long extendedSequence() {
    return extendedSequence;
  }

  /// 16 bits.
  public int sequenceNumber() {
    return SeqNo.wire16(extendedSequence);
  }

  public int timestamp() {
    return timestamp;
  }

  public boolean marker() {
    return marker;
  }

  /// Whether only padding goes out under this number, see
  /// [crypho.rtc.rtp.HeaderRewriter#writeEmpty].
  public boolean isEmpty() {
    return isEmpty;
  }

  /// From which incoming stream the packet is.
  public int source() {
    return source;
  }

  /// Its extended sequence number there: the key of the ring.
  public long sourceSequence() {
    return sourceSequence;
  }

  /// The picture id written, for a payload descriptor that has one.
  int pictureId() {
    return descriptor >> PICTURE_ID_SHIFT & 0x7fff;
  }

  /// The TL0PICIDX written, for a payload descriptor that has one.
  int tl0PictureIndex() {
    return descriptor & 0xff;
  }
}
