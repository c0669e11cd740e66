package crypho.router.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// A socket of Netty's: over NIO where there is no epoll, and over epoll to compare with
/// [NativeUdpPort].
public final class NettyUdpPort extends UdpPort {
  private static final int READ_BATCH = 64;
  private static final int SOCKET_BYTES = 4 * 1024 * 1024;

  private final Receiver receiver;
  private final boolean isSegmenting;
  private final Channel channel;
  private final byte[] datagram = new byte[PACKET_BYTES_MAX];
  private @Nullable InetSocketAddress source;

  private NettyUdpPort(
      InetSocketAddress address, IoEventLoop loop, boolean isEpoll, Receiver receiver)
      throws IOException {
    this.receiver = receiver;
    this.isSegmenting = isEpoll && EpollDatagramChannel.isSegmentedDatagramPacketSupported();
    var bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(isEpoll ? EpollDatagramChannel.class : NioDatagramChannel.class)
            .option(ChannelOption.SO_RCVBUF, SOCKET_BYTES)
            .option(ChannelOption.SO_SNDBUF, SOCKET_BYTES)
            .option(
                ChannelOption.RECVBUF_ALLOCATOR,
                new FixedRecvByteBufAllocator(
                    isEpoll ? READ_BATCH * PACKET_BYTES_MAX : PACKET_BYTES_MAX + 1))
            .handler(new Reader());
    if (isEpoll) {
      bootstrap.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, PACKET_BYTES_MAX);
    }
    var bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("no socket on " + address.getPort(), bound.cause());
    }
    channel = bound.channel();
  }

  /// Opens a socket; not on the loop's thread, as it waits for the loop.
  public static NettyUdpPort open(
      InetSocketAddress address, IoEventLoop loop, boolean isEpoll, Receiver receiver)
      throws IOException {
    return new NettyUdpPort(address, loop, isEpoll, receiver);
  }

  private final class Reader extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof DatagramPacket packet) {
        try {
          deliver(packet);
        } finally {
          packet.release();
        }
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      receiver.onBatchEnd(NettyUdpPort.this);
    }
  }

  private void deliver(DatagramPacket packet) {
    var length = packet.content().readableBytes();
    if (length > PACKET_BYTES_MAX) {
      oversized++;
      return;
    }
    var from = packet.sender();
    source = from;
    sourceHigh = AddressTable.high(from.getAddress());
    sourceLow = AddressTable.low(from.getAddress());
    sourcePort = from.getPort();
    packet.content().readBytes(datagram, 0, length);
    receiver.onDatagram(this, datagram, 0, length);
  }

  @Override
  public InetSocketAddress source() {
    var from = source;
    if (from == null) {
      throw new IllegalStateException("nothing has arrived");
    }
    return from;
  }

  @Override
  public InetSocketAddress local() {
    return (InetSocketAddress) channel.localAddress();
  }

  @Override
  protected boolean isSegmenting() {
    return isSegmenting;
  }

  @Override
  protected void enqueue(Remote to, byte[] data, int length, int segment) {
    var content = channel.alloc().directBuffer(length).writeBytes(data, 0, length);
    var packet =
        length > segment
            ? new SegmentedDatagramPacket(content, segment, to.address)
            : new DatagramPacket(content, to.address);
    var _ = channel.write(packet, channel.voidPromise());
  }

  @Override
  protected void send() {
    channel.flush();
  }

  @Override
  public void close() {
    var _ = channel.close();
  }
}
