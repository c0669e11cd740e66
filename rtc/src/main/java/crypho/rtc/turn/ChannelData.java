package crypho.rtc.turn;

import crypho.rtc.stun.Stun;

/// The four-byte frame of a bound channel (RFC 8656 §12.4): number, length, payload.
public final class ChannelData {
  public static final int HEADER_BYTES = 4;

  /// Numbers that may be bound: those of RFC 5766 §11, which clients still use. RFC 8656 §12 ends
  /// at 0x4FFF, so that a client can tell ChannelData from DTLS and RTP on one socket; on a port of
  /// TURN nothing else begins with these bits.
  public static final int NUMBER_MIN = 0x4000;

  public static final int NUMBER_MAX = 0x7fff;

  private ChannelData() {}

  public static int number(byte[] data, int offset) {
    return (data[offset] & 0xff) << 8 | (data[offset + 1] & 0xff);
  }

  /// The payload's bytes as the header says.
  public static int length(byte[] data, int offset) {
    return (data[offset + 2] & 0xff) << 8 | (data[offset + 3] & 0xff);
  }

  /// Whether the packet holds what its header says, and at most padding after it.
  static boolean isWhole(byte[] data, int offset, int length) {
    return length >= HEADER_BYTES
        && length - HEADER_BYTES >= length(data, offset)
        && length - HEADER_BYTES <= Stun.padded(length(data, offset));
  }

  static void putHeader(byte[] out, int outOffset, int number, int length) {
    out[outOffset] = (byte) (number >> 8);
    out[outOffset + 1] = (byte) number;
    out[outOffset + 2] = (byte) (length >> 8);
    out[outOffset + 3] = (byte) length;
  }
}
