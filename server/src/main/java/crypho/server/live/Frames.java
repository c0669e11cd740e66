package crypho.server.live;

import com.google.protobuf.CodedOutputStream;
import crypho.wire.v1.ErrorInfo;
import crypho.wire.v1.FrameError;
import crypho.wire.v1.Goodbye;
import crypho.wire.v1.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;

/// Encodes frames as whole WebSocket messages (RFC 6455 §5.2): final, binary, unmasked.
final class Frames {
  private static final int FIN_BINARY = 0x82;
  private static final int LENGTH_16_BIT = 126;
  private static final int LENGTH_64_BIT = 127;
  private static final int HEADER_BYTES_MAX = 10;

  private Frames() {}

  /// A buffer with one reference, which the caller hands on or releases.
  static ByteBuf encode(ServerFrame frame) {
    int size = frame.getSerializedSize();
    var buffer = PooledByteBufAllocator.DEFAULT.directBuffer(size + HEADER_BYTES_MAX);
    buffer.writeByte(FIN_BINARY);
    if (size < LENGTH_16_BIT) {
      buffer.writeByte(size);
    } else if (size <= 0xffff) {
      buffer.writeByte(LENGTH_16_BIT).writeShort(size);
    } else {
      buffer.writeByte(LENGTH_64_BIT).writeLong(size);
    }
    int at = buffer.writerIndex();
    try {
      var out = CodedOutputStream.newInstance(buffer.nioBuffer(at, size));
      frame.writeTo(out);
      out.flush();
    } catch (IOException e) {
      buffer.release();
      throw new IllegalStateException("a frame fits the size that it says", e);
    }
    buffer.writerIndex(at + size);
    return buffer;
  }

  static ServerFrame goodbye(Goodbye.Reason reason, long retryAfterMs) {
    return ServerFrame.newBuilder()
        .setGoodbye(Goodbye.newBuilder().setReason(reason).setRetryAfterMs(retryAfterMs))
        .build();
  }

  static ServerFrame error(int replyTo, ErrorInfo info) {
    return ServerFrame.newBuilder()
        .setReplyTo(replyTo)
        .setError(
            FrameError.newBuilder()
                .setReason(info.getReasonValue())
                .setRetryAfterMs(info.getRetryAfterMs()))
        .build();
  }
}
