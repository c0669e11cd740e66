package crypho.rtc.stun;

/// What a datagram is, by its first bytes (RFC 7983 §7, RFC 5761 §4). Says what to try, not that
/// the rest is well formed.
public final class Demux {
  public static final int OTHER = 0;
  public static final int STUN = 1;
  public static final int DTLS = 2;
  public static final int TURN_CHANNEL = 3;
  public static final int RTP = 4;
  public static final int RTCP = 5;

  /// Below this, no packet of any kind that we take exists: an RTCP header and its sender.
  private static final int RTCP_BYTES_MIN = 8;

  private static final int RTP_BYTES_MIN = 12;
  private static final int DTLS_BYTES_MIN = 13;
  private static final int CHANNEL_BYTES_MIN = 4;

  private Demux() {}

  /// One of the constants of this class; [#OTHER] for what is too short or of no known kind.
  public static int kind(byte[] data, int offset, int length) {
    if (length < CHANNEL_BYTES_MIN) {
      return OTHER;
    }
    int first = data[offset] & 0xff;
    if (first >= 128 && first < 192) {
      int second = data[offset + 1] & 0xff;
      if (second >= 192 && second < 224) {
        return length >= RTCP_BYTES_MIN ? RTCP : OTHER;
      }
      return length >= RTP_BYTES_MIN ? RTP : OTHER;
    }
    if (first < 4) {
      return isStun(data, offset, length) ? STUN : OTHER;
    }
    if (first >= 20 && first < 64) {
      return length >= DTLS_BYTES_MIN ? DTLS : OTHER;
    }
    return first >= 64 && first < 80 ? TURN_CHANNEL : OTHER;
  }

  /// A whole STUN header with the magic cookie.
  public static boolean isStun(byte[] data, int offset, int length) {
    return length >= Stun.HEADER_BYTES
        && (data[offset] & 0xc0) == 0
        && Stun.int32(data, offset + 4) == Stun.MAGIC_COOKIE;
  }
}
