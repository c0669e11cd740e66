package crypho.client.load;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One WebSocket (RFC 6455), reduced to what our server sends: whole, unmasked, binary frames,
/// pings and closes. Frames out are masked with the key 0, which costs nothing and is fair between
/// a load generator and its own server.
///
/// Owned by its event loop; [#send] may be called from anywhere. Futures of writes and closes are
/// left alone: what fails shows as a closed socket.
@SuppressWarnings("FutureReturnValueIgnored")
public final class LoadSocket extends ChannelInboundHandlerAdapter {
  private static final int OPCODE_BINARY = 2;
  private static final int OPCODE_CLOSE = 8;
  private static final int OPCODE_PING = 9;
  private static final int FIN = 0x80;
  private static final int MASKED = 0x80;
  private static final int HEAD_BYTES_MAX = 8192;
  private static final int LENGTH_16 = 126;
  private static final int LENGTH_64 = 127;

  private final LoadListener listener;
  private final CompletableFuture<LoadSocket> opened = new CompletableFuture<>();
  private byte @Nullable [] upgrade;
  private @Nullable ByteBuf kept;
  private volatile @Nullable ChannelHandlerContext context;

  /// For the listener's own book-keeping; touched on the event loop only.
  private @Nullable Object attachment;

  LoadSocket(byte[] upgrade, LoadListener listener) {
    this.upgrade = upgrade;
    this.listener = listener;
  }

  CompletableFuture<LoadSocket> opened() {
    return opened;
  }

  public @Nullable Object attachment() {
    return attachment;
  }

  public void attach(Object value) {
    attachment = value;
  }

  /// Sends one ClientFrame.
  public void send(MessageLite frame) {
    var target = context;
    if (target == null) {
      throw new IllegalStateException("the socket is not open");
    }
    target.writeAndFlush(encode(target, frame), target.voidPromise());
  }

  /// Runs on the socket's event loop.
  public void execute(Runnable task) {
    var target = context;
    if (target == null) {
      throw new IllegalStateException("the socket is not open");
    }
    target.executor().execute(task);
  }

  public void close() {
    var target = context;
    if (target != null) {
      target.close();
    }
  }

  private static ByteBuf encode(ChannelHandlerContext target, MessageLite frame) {
    var size = frame.getSerializedSize();
    var out = target.alloc().directBuffer(size + 14);
    out.writeByte(FIN | OPCODE_BINARY);
    if (size < LENGTH_16) {
      out.writeByte(MASKED | size);
    } else if (size <= 0xffff) {
      out.writeByte(MASKED | LENGTH_16).writeShort(size);
    } else {
      out.writeByte(MASKED | LENGTH_64).writeLong(size);
    }
    out.writeInt(0);
    try {
      var coded = CodedOutputStream.newInstance(out.nioBuffer(out.writerIndex(), size));
      frame.writeTo(coded);
      coded.flush();
    } catch (IOException e) {
      throw new IllegalStateException("a buffer of the right size takes the frame", e);
    }
    return out.writerIndex(out.writerIndex() + size);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    var request = upgrade;
    if (request != null) {
      ctx.writeAndFlush(ctx.alloc().directBuffer(request.length).writeBytes(request));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    var in = (ByteBuf) message;
    var before = kept;
    if (before != null) {
      kept = null;
      before.writeBytes(in);
      in.release();
      in = before;
    }
    try {
      if (upgrade == null || readHead(ctx, in)) {
        while (readFrame(ctx, in)) {
          // the next one
        }
      }
      if (in.isReadable()) {
        kept = ctx.alloc().buffer(Math.max(1024, 2 * in.readableBytes())).writeBytes(in);
      }
    } finally {
      in.release();
    }
  }

  /// Reads the answer to the upgrade; false while it is not whole.
  private boolean readHead(ChannelHandlerContext ctx, ByteBuf in) {
    for (var i = in.readerIndex(); i + 3 < in.writerIndex(); i++) {
      if (in.getInt(i) == 0x0d0a0d0a) {
        var head = in.toString(in.readerIndex(), i - in.readerIndex(), StandardCharsets.US_ASCII);
        in.readerIndex(i + 4);
        upgrade = null;
        if (head.startsWith("HTTP/1.1 101")) {
          context = ctx;
          opened.complete(this);
          return true;
        }
        var line = head.substring(0, Math.max(0, head.indexOf('\r')));
        opened.completeExceptionally(new IOException("no socket: " + line));
        ctx.close();
        in.skipBytes(in.readableBytes());
        return false;
      }
    }
    if (in.readableBytes() > HEAD_BYTES_MAX) {
      ctx.close();
    }
    return false;
  }

  private boolean readFrame(ChannelHandlerContext ctx, ByteBuf in) {
    if (in.readableBytes() < 2) {
      return false;
    }
    var start = in.readerIndex();
    var opcode = in.getByte(start) & 0xf;
    long size = in.getByte(start + 1) & 0x7f;
    var head = 2;
    if (size == LENGTH_16) {
      head = 4;
      size = in.readableBytes() < head ? 0 : in.getUnsignedShort(start + 2);
    } else if (size == LENGTH_64) {
      head = 10;
      size = in.readableBytes() < head ? 0 : in.getLong(start + 2);
    }
    if (in.readableBytes() < head + size) {
      return false;
    }
    var end = in.writerIndex();
    var next = (int) (start + head + size);
    in.readerIndex(start + head).writerIndex(next);
    switch (opcode) {
      case OPCODE_BINARY -> listener.onFrame(this, in);
      case OPCODE_PING -> pong(ctx, in);
      case OPCODE_CLOSE -> ctx.close();
      default -> {}
    }
    in.writerIndex(end).readerIndex(next);
    return true;
  }

  private static void pong(ChannelHandlerContext ctx, ByteBuf payload) {
    var size = payload.readableBytes();
    var out = ctx.alloc().directBuffer(size + 6);
    out.writeByte(FIN | 0xa).writeByte(MASKED | size).writeInt(0).writeBytes(payload);
    ctx.writeAndFlush(out, ctx.voidPromise());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    var rest = kept;
    if (rest != null) {
      kept = null;
      rest.release();
    }
    if (!opened.completeExceptionally(new IOException("closed before it opened"))) {
      listener.onClosed(this);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    opened.completeExceptionally(cause);
    ctx.close();
  }
}
