package crypho.client.load;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/// One RPC on a connection of its own that the server closes after the answer. As for sockets,
/// futures of writes are left alone: what fails shows as a closed connection.
@SuppressWarnings("FutureReturnValueIgnored")
final class LoadCall extends ChannelInboundHandlerAdapter {
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final byte[] head;
  private final byte[] body;
  private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
  private final CompletableFuture<byte[]> result = new CompletableFuture<>();

  LoadCall(byte[] head, byte[] body) {
    this.head = head;
    this.body = body;
  }

  CompletableFuture<byte[]> result() {
    return result;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    ctx.writeAndFlush(
        ctx.alloc().buffer(head.length + body.length).writeBytes(head).writeBytes(body));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws IOException {
    var in = (ByteBuf) message;
    try {
      in.readBytes(answer, in.readableBytes());
    } finally {
      in.release();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    var bytes = answer.toByteArray();
    var end = headEnd(bytes);
    var line = new String(bytes, 0, Math.min(12, bytes.length), StandardCharsets.US_ASCII);
    if (end >= 0 && line.equals("HTTP/1.1 200")) {
      result.complete(Arrays.copyOfRange(bytes, end + HEAD_END.length, bytes.length));
    } else {
      result.completeExceptionally(new IOException("the call was answered by " + line));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    result.completeExceptionally(cause);
    ctx.close();
  }

  private static int headEnd(byte[] bytes) {
    for (var i = 0; i + HEAD_END.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + HEAD_END.length, HEAD_END, 0, HEAD_END.length)) {
        return i;
      }
    }
    return -1;
  }
}
