package crypho.rtc.codec;

import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.SeqNo;

/// Finds out for each packet of one incoming stream which frame and layer it belongs to.
///
/// | dependency descriptor | payload | what is known |
/// | --- | --- | --- |
/// | in the packet | any | everything, from the descriptor; the payload is not touched |
/// | not in the packet | readable | what the codec's payload descriptor says |
/// | not in the packet | ciphertext from its first octet | frames by timestamp; key frames as announced by the sender's signalling ([#announceKeyFrame]) |
///
/// Picture ids can be kept continuous only where the payload descriptor was read. A stream of VP8
/// or VP9 with consumers who did not negotiate the descriptor should therefore be given a reader
/// without descriptor, if its payload is readable. One owner thread.
public final class FrameReader {
  /// Announced key frames that have not come yet.
  private static final int ANNOUNCED_MAX = 4;

  private final Codec codec;
  private final int descriptorId;
  private final boolean isEncrypted;
  private final DependencyDescriptor descriptor = new DependencyDescriptor();
  private final int[] announced = new int[ANNOUNCED_MAX];
  private final H264Payload h264 = new H264Payload();
  private int announcedCount;
  private int lastTimestamp;
  private boolean hasTimestamp;
  private boolean isFrameAnnounced;
  private long unreadable;

  /// @param descriptorId of the dependency descriptor on the incoming transport, or
  ///   [ExtensionIds#NONE] not to use it
  /// @param isEncrypted whether the payload is ciphertext from its first octet: encoded transforms
  ///   of browsers leave the payload descriptor readable, and are not meant
  public FrameReader(Codec codec, int descriptorId, boolean isEncrypted) {
    this.codec = codec;
    this.descriptorId = descriptorId;
    this.isEncrypted = isEncrypted;
  }

  /// The sender says through signalling that the frame with this RTP timestamp is a key frame.
  public void announceKeyFrame(int rtpTimestamp) {
    announced[announcedCount % ANNOUNCED_MAX] = rtpTimestamp;
    announcedCount = announcedCount + 1 == 2 * ANNOUNCED_MAX ? ANNOUNCED_MAX : announcedCount + 1;
  }

  /// Reads one packet into `out`.
  public void read(RtpHeader header, byte[] data, FrameInfo out) {
    var isNewTimestamp = advance(header.timestamp());
    if (codec == Codec.OPUS) {
      out.clear();
      out.isReadable = true;
      out.isKeyFrame = true;
      out.isStartOfFrame = true;
      out.isEndOfFrame = true;
      return;
    }
    var element = header.find(descriptorId);
    if (element >= 0) {
      var verdict =
          descriptor.read(data, header.elementOffset(element), header.elementLength(element), out);
      unreadable += verdict == DependencyDescriptor.OK ? 0 : 1;
      return;
    }
    out.clear();
    out.isStartOfFrame = isNewTimestamp;
    out.isEndOfFrame = header.marker();
    var at = header.payloadOffset();
    var length = header.payloadLength();
    if (length > 0) {
      var isOpaque = isEncrypted || codec == Codec.OPAQUE_VIDEO;
      out.isReadable =
          isOpaque
              ? announced(header.timestamp(), isNewTimestamp, out)
              : payload(data, at, length, out);
    }
    unreadable += out.isReadable ? 0 : 1;
  }

  private boolean payload(byte[] data, int at, int length, FrameInfo out) {
    return switch (codec) {
      case VP8 -> Vp8Payload.read(data, at, length, out);
      case VP9 -> Vp9Payload.read(data, at, length, out);
      case H264 -> h264.read(data, at, length, out);
      case AV1 -> Av1Payload.read(data, at, length, out);
      case OPUS, OPAQUE_VIDEO -> false;
    };
  }

  /// Whether the timestamp is newer than any before.
  private boolean advance(int timestamp) {
    if (hasTimestamp && !SeqNo.isNewer32(timestamp, lastTimestamp)) {
      return false;
    }
    hasTimestamp = true;
    lastTimestamp = timestamp;
    return true;
  }

  private boolean announced(int timestamp, boolean isNewTimestamp, FrameInfo out) {
    if (isNewTimestamp) {
      isFrameAnnounced = false;
      for (var i = 0; i < Math.min(announcedCount, ANNOUNCED_MAX); i++) {
        isFrameAnnounced |= announced[i] == timestamp;
      }
    }
    out.isKeyFrame = isFrameAnnounced && timestamp == lastTimestamp;
    return true;
  }

  /// What the dependency descriptors have told about the stream.
  public DependencyDescriptor descriptor() {
    return descriptor;
  }

  /// Packets of which nothing could be told.
  public long unreadable() {
    return unreadable;
  }
}
