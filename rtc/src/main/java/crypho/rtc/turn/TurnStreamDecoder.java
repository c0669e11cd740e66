package crypho.rtc.turn;

import crypho.rtc.stun.StreamDecoder;
import crypho.rtc.stun.Stun;

/// STUN messages and ChannelData on a TCP or TLS connection, told apart by their first two bits;
/// ChannelData is padded to four bytes there, which its frames still have (RFC 8656 §12.5).
public final class TurnStreamDecoder extends StreamDecoder {
  /// Larger than any packet that a relay sends on in one datagram of Ethernet.
  public static final int FRAME_BYTES_MAX = 2_048;

  public TurnStreamDecoder() {
    super(FRAME_BYTES_MAX);
  }

  @Override
  protected int frameBytes(byte[] data, int offset, int length) {
    if (length < ChannelData.HEADER_BYTES) {
      return 0;
    }
    int body = (data[offset + 2] & 0xff) << 8 | (data[offset + 3] & 0xff);
    int first = data[offset] & 0xff;
    if (first >= 0x40) {
      return first < 0x80 ? ChannelData.HEADER_BYTES + Stun.padded(body) : BROKEN;
    }
    return (body & 3) == 0 ? Stun.HEADER_BYTES + body : BROKEN;
  }

  @Override
  protected int framingBytes() {
    return 0;
  }
}
