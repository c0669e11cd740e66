package crypho.router.turn;

import crypho.router.net.TcpListener;
import crypho.rtc.stun.StreamDecoder;
import crypho.rtc.turn.TurnStreamDecoder;
import io.netty.buffer.ByteBuf;

/// Packets of TURN on a stream say themselves how long they are.
final class TurnFraming implements TcpListener.Framing {
  @Override
  public StreamDecoder decoder() {
    return new TurnStreamDecoder();
  }

  @Override
  public int headerBytes() {
    return 0;
  }

  @Override
  public void putHeader(ByteBuf out, int length) {
    // None.
  }
}
