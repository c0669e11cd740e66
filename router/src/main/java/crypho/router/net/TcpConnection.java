package crypho.router.net;

import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.StreamDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// A TCP or TLS connection that carries packets. Media on it is as good as lost when it is late:
/// what the other side is too slow to take is dropped by whole packets, and who takes nothing for
/// [TcpListener#SLOW_NANOS_MAX] is cut off.
///
/// All methods on the event loop's thread.
public final class TcpConnection extends PacketPort {
  private final TcpListener listener;
  private final Channel channel;
  private final StreamDecoder decoder;
  private final TcpListener.Framing framing;
  private final FiveTuple path;
  private final Remote remote;
  private final long openedNanos;
  private final StreamDecoder.FrameSink frames = this::frame;
  private @Nullable Object attachment;
  private boolean isProved;
  private final boolean isSecure;
  private @Nullable ByteBuf pending;

  /// Whether [TcpListener#flush] will flush it.
  boolean isToFlush;

  /// Octets given since the last flush.
  private int waiting;

  /// When a packet was dropped, or 0, and the octets that found room since: see [#isTooSlow].
  private long slowSinceNanos;

  private long takenWhileSlow;
  private long dropped;
  private boolean isClosed;

  TcpConnection(TcpListener listener, Channel channel, long nowNanos) {
    super(STAGE_BYTES_MIN);
    this.listener = listener;
    this.channel = channel;
    this.isSecure = listener.isSecure();
    this.framing = listener.framing;
    this.decoder = framing.decoder();
    var from = (InetSocketAddress) channel.remoteAddress();
    this.path = new FiveTuple(Protocol.TCP, (InetSocketAddress) channel.localAddress(), from);
    this.remote = new Remote(from);
    this.openedNanos = nowNanos;
  }

  public FiveTuple path() {
    return path;
  }

  public Remote remote() {
    return remote;
  }

  /// Keeps the driver's own object.
  public void attach(@Nullable Object driver) {
    attachment = driver;
  }

  public @Nullable Object attachment() {
    return attachment;
  }

  /// Says whether who opened it has shown to be let in. Without that it is closed
  /// [TcpListener.Setup#unprovedNanosMax] after it was opened, or when that ends.
  public void prove(boolean isIndeed) {
    isProved = isIndeed;
  }

  /// Packets that the other side was too slow for.
  public long dropped() {
    return dropped;
  }

  // --- out ---

  @Override
  protected void begun() {
    if (!isToFlush && !isClosed) {
      isToFlush = true;
      listener.toFlush.add(this);
    }
  }

  @Override
  protected boolean isSegmenting() {
    return false;
  }

  @Override
  protected void enqueue(Remote to, byte[] data, int length, int segment) {
    if (isClosed || !channel.isActive()) {
      return;
    }
    var whole = framing.headerBytes() + length;
    if (waiting + whole > channel.bytesBeforeUnwritable()) {
      dropped++;
      listener.dropped++;
      if (slowSinceNanos == 0) {
        slowSinceNanos = System.nanoTime() | 1;
        takenWhileSlow = 0;
      }
      return;
    }
    takenWhileSlow += whole;
    var out = pending;
    if (out == null) {
      out = channel.alloc().directBuffer(Math.max(whole, PACKET_BYTES_MAX));
    }
    framing.putHeader(out, length);
    out.writeBytes(data, 0, length);
    waiting += whole;
    if (isSecure) {
      // A record each: there are clients that take a record for a packet.
      var _ = channel.write(out, channel.voidPromise());
    } else {
      pending = out;
    }
  }

  @Override
  protected void send() {
    var out = pending;
    pending = null;
    if (out != null) {
      var _ = channel.write(out, channel.voidPromise());
    }
    if (waiting > 0) {
      waiting = 0;
      channel.flush();
    }
  }

  /// Ends it for what came on it.
  public void refuse() {
    if (!isClosed) {
      listener.broken++;
      close();
    }
  }

  @Override
  public void close() {
    isClosed = true;
    var _ = channel.close();
  }

  // --- in ---

  /// Whether it should end: see [#prove] and [TcpListener#SLOW_NANOS_MAX].
  boolean isOverdue(long nowNanos) {
    var isUnproved = !isProved && nowNanos - openedNanos > listener.unprovedNanosMax;
    return isUnproved || isTooSlow(nowNanos);
  }

  /// Whether its queue was full, and has moved by less than half of itself for
  /// [TcpListener#SLOW_NANOS_MAX] since. Some octets always move: the other side's kernel makes
  /// room for them though nobody reads.
  private boolean isTooSlow(long nowNanos) {
    if (slowSinceNanos == 0 || nowNanos - slowSinceNanos <= TcpListener.SLOW_NANOS_MAX) {
      return false;
    }
    slowSinceNanos = 0;
    var half = TcpListener.QUEUE_BYTES_MAX / 2;
    return takenWhileSlow < half && channel.bytesBeforeUnwritable() < half;
  }

  ChannelInboundHandlerAdapter handler() {
    return new Reader();
  }

  private final class Reader extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof ByteBuf bytes) {
        try {
          read(bytes);
        } finally {
          bytes.release();
        }
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      listener.receiver.onBatchEnd(TcpConnection.this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      isClosed = true;
      var out = pending;
      pending = null;
      if (out != null) {
        out.release();
      }
      listener.closed(TcpConnection.this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // Reset by the other side, or no TLS: either way it is over.
      TcpConnection.this.close();
    }
  }

  private void read(ByteBuf bytes) {
    var scratch = listener.scratch;
    while (bytes.isReadable() && !isClosed) {
      var length = Math.min(bytes.readableBytes(), scratch.length);
      bytes.readBytes(scratch, 0, length);
      if (decoder.feed(scratch, 0, length, frames) != StreamDecoder.OK) {
        refuse();
      }
    }
  }

  private void frame(byte[] data, int offset, int length) {
    if (!isClosed) {
      listener.receiver.onPacket(this, data, offset, length);
    }
  }
}
