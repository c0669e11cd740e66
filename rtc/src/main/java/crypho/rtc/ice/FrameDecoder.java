package crypho.rtc.ice;

import crypho.rtc.stun.StreamDecoder;

/// Packets on a TCP connection of ICE: two bytes of length before each (RFC 4571 §2, RFC 6544 §3).
/// A length of zero is a frame without bytes, which nobody sends: it breaks the stream.
public final class FrameDecoder extends StreamDecoder {
  public static final int HEADER_BYTES = 2;

  /// Larger than any packet on a path of Ethernet, DTLS fragments included.
  public static final int PACKET_BYTES_MAX = 2_048;

  public FrameDecoder() {
    super(HEADER_BYTES + PACKET_BYTES_MAX);
  }

  @Override
  protected int frameBytes(byte[] data, int offset, int length) {
    if (length < HEADER_BYTES) {
      return 0;
    }
    int packet = (data[offset] & 0xff) << 8 | (data[offset + 1] & 0xff);
    return packet == 0 ? BROKEN : HEADER_BYTES + packet;
  }

  @Override
  protected int framingBytes() {
    return HEADER_BYTES;
  }

  /// Writes the two bytes that go before a packet of `length`, from 1 to 65,535.
  public static void putHeader(byte[] out, int outOffset, int length) {
    out[outOffset] = (byte) (length >> 8);
    out[outOffset + 1] = (byte) length;
  }
}
