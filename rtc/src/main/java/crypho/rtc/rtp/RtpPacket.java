package crypho.rtc.rtp;

import static crypho.rtc.rtp.Octets.u16;

/// The fixed part of an RTP header (RFC 3550 §5.1) by offset, for code that needs a field before or
/// without the whole header being read: sorting of datagrams, SRTP. Callers have checked [#isRtp],
/// save where a method says otherwise.
public final class RtpPacket {
  /// Octets before CSRC identifiers and extensions.
  public static final int FIXED_HEADER_LENGTH = 12;

  /// Octets of a packet with which nothing but version and payload type can be told.
  private static final int RTCP_HEADER_LENGTH = 4;

  private RtpPacket() {}

  /// Whether a datagram is RTP by RFC 7983 §7 and RFC 5761 §4: first octet 128 to 191, second not a
  /// type of RTCP. Says nothing about the rest.
  public static boolean isRtp(byte[] data, int offset, int length) {
    return length >= FIXED_HEADER_LENGTH
        && (data[offset] & 0xc0) == 0x80
        && !isRtcpType(data[offset + 1]);
  }

  /// Whether a datagram is RTCP by the same rules.
  public static boolean isRtcp(byte[] data, int offset, int length) {
    return length >= RTCP_HEADER_LENGTH
        && (data[offset] & 0xc0) == 0x80
        && isRtcpType(data[offset + 1]);
  }

  /// 192 to 223, which with a marker bit are the payload types 64 to 95 that RTP must not use.
  private static boolean isRtcpType(byte second) {
    return (second & 0x60) == 0x40;
  }

  public static boolean marker(byte[] data, int offset) {
    return data[offset + 1] < 0;
  }

  /// 0 to 127.
  public static int payloadType(byte[] data, int offset) {
    return data[offset + 1] & 0x7f;
  }

  /// 0 to 65,535.
  public static int sequenceNumber(byte[] data, int offset) {
    return u16(data, offset + 2);
  }

  public static int timestamp(byte[] data, int offset) {
    return Octets.i32(data, offset + 4);
  }

  public static int ssrc(byte[] data, int offset) {
    return Octets.i32(data, offset + 8);
  }

  /// Octets up to the payload or [RtpHeader#TOO_SHORT], without a look at the extensions in it.
  /// Checks the bounds itself.
  public static int headerLength(byte[] data, int offset, int length) {
    if (length < FIXED_HEADER_LENGTH) {
      return RtpHeader.TOO_SHORT;
    }
    var header = FIXED_HEADER_LENGTH + (data[offset] & 0x0f) * 4;
    if ((data[offset] & 0x10) != 0) {
      if (length < header + 4) {
        return RtpHeader.TOO_SHORT;
      }
      header += 4 + u16(data, offset + header + 2) * 4;
    }
    return header <= length ? header : RtpHeader.TOO_SHORT;
  }
}
