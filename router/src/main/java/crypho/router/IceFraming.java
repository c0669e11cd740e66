package crypho.router;

import crypho.router.net.TcpListener;
import crypho.rtc.ice.FrameDecoder;
import crypho.rtc.stun.StreamDecoder;
import io.netty.buffer.ByteBuf;

/// Two octets of length before each packet (RFC 4571 §2, RFC 6544 §3).
final class IceFraming implements TcpListener.Framing {
  @Override
  public StreamDecoder decoder() {
    return new FrameDecoder();
  }

  @Override
  public int headerBytes() {
    return FrameDecoder.HEADER_BYTES;
  }

  @Override
  public void putHeader(ByteBuf out, int length) {
    out.writeShort(length);
  }
}
