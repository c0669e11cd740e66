package crypho.rtc.srtp;

/// The little of RTP and RTCP that protection reads (RFC 3550 §5.1, §5.3.1, §6.4).
final class RtpHeader {
  static final int FIXED_BYTES = 12;
  static final int RTCP_BYTES = 8;
  private static final int EXTENSION_BYTES = 4;

  private RtpHeader() {}

  static boolean isVersion2(byte[] data, int offset) {
    return (data[offset] & 0xc0) == 0x80;
  }

  /// The length of the header with its CSRCs and extensions, or [SrtpVerdict#MALFORMED] where it
  /// does not fit into `length`.
  static int length(byte[] data, int offset, int length) {
    if (length < FIXED_BYTES || !isVersion2(data, offset)) {
      return SrtpVerdict.MALFORMED;
    }
    var first = data[offset];
    var header = FIXED_BYTES + 4 * (first & 0x0f);
    if ((first & 0x10) != 0) {
      header += EXTENSION_BYTES;
      if (header > length) {
        return SrtpVerdict.MALFORMED;
      }
      header += 4 * BigEndian.getShort(data, offset + header - 2);
    }
    return header <= length ? header : SrtpVerdict.MALFORMED;
  }

  static int sequenceNumber(byte[] data, int offset) {
    return BigEndian.getShort(data, offset + 2);
  }

  static int ssrc(byte[] data, int offset) {
    return BigEndian.getInt(data, offset + 8);
  }

  static int rtcpSsrc(byte[] data, int offset) {
    return BigEndian.getInt(data, offset + 4);
  }
}
