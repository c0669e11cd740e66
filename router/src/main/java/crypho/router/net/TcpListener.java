package crypho.router.net;

import crypho.rtc.ice.SourceLimit;
import crypho.rtc.stun.StreamDecoder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Takes connections that carry packets, on one event loop. Everybody can open one, so each counts
/// against its source ([SourceLimit]), must prove itself in time, and has bounded buffers.
public final class TcpListener implements AutoCloseable {
  /// What waits for one connection; at 1 Mbit/s half a second.
  static final int QUEUE_BYTES_MAX = 64 * 1024;

  /// A connection whose queue was full, and hardly moved for so long, is closed.
  public static final long SLOW_NANOS_MAX = 10_000_000_000L;

  private static final long CHECK_SECONDS = 1;

  /// A connection counts against its source for so long at least, so that it bounds connections a
  /// second too.
  private static final int PLACE_SECONDS_MIN = 1;

  private static final int SCRATCH_BYTES = 16 * 1024;
  private static final int BACKLOG = 128;

  /// How packets lie in the stream.
  public interface Framing {
    /// One for a connection.
    StreamDecoder decoder();

    /// What [#putHeader] writes.
    int headerBytes();

    void putHeader(ByteBuf out, int length);
  }

  /// Gets what arrives.
  public interface Receiver {
    /// One packet, valid during the call.
    void onPacket(TcpConnection connection, byte[] data, int offset, int length);

    /// Nothing more is to be read now.
    void onBatchEnd(TcpConnection connection);

    /// It has ended, by whatever side.
    void onClosed(TcpConnection connection);
  }

  /// Puts TLS before a connection's bytes, so that each write becomes a record.
  @FunctionalInterface
  public interface Tls {
    void addTo(Channel channel);
  }

  final Framing framing;
  final Receiver receiver;
  final byte[] scratch = new byte[SCRATCH_BYTES];
  final long unprovedNanosMax;
  final List<TcpConnection> toFlush = new ArrayList<>();
  long dropped;
  long broken;

  private final IoEventLoop loop;
  private final SourceLimit limit;
  private final @Nullable Tls tls;
  private final Set<TcpConnection> connections = new HashSet<>();
  private final Channel channel;
  private boolean isChecking;
  private long refused;

  private TcpListener(Setup setup, IoEventLoop loop, Framing framing, Receiver receiver)
      throws IOException {
    this.loop = loop;
    this.framing = framing;
    this.receiver = receiver;
    this.limit = setup.limit();
    this.tls = setup.tls();
    this.unprovedNanosMax = setup.unprovedNanosMax();
    var bootstrap =
        new ServerBootstrap()
            .group(loop)
            .channel(
                setup.isEpoll() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(QUEUE_BYTES_MAX / 2, QUEUE_BYTES_MAX))
            .childHandler(new Acceptor());
    if (setup.isEpoll()) {
      bootstrap
          .option(EpollChannelOption.SO_REUSEPORT, setup.isShared())
          // What waits in the kernel is late as well.
          .childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) QUEUE_BYTES_MAX);
    }
    var bound = bootstrap.bind(setup.address()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("no TCP port " + setup.address().getPort(), bound.cause());
    }
    channel = bound.channel();
  }

  /// Where and how is listened.
  ///
  /// @param isEpoll whether the loop is one of epoll
  /// @param isShared whether other loops listen on the same port; with epoll only
  /// @param unprovedNanosMax a connection on which nobody has proved anything for so long is closed
  /// @param tls null for plain TCP
  public record Setup(
      InetSocketAddress address,
      boolean isEpoll,
      boolean isShared,
      SourceLimit limit,
      long unprovedNanosMax,
      @Nullable Tls tls) {}

  /// Begins to listen; not on the loop's thread, as it waits for the loop.
  public static TcpListener open(Setup setup, IoEventLoop loop, Framing framing, Receiver receiver)
      throws IOException {
    return new TcpListener(setup, loop, framing, receiver);
  }

  public InetSocketAddress local() {
    return (InetSocketAddress) channel.localAddress();
  }

  private final class Acceptor extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel child) {
      if (!(child.remoteAddress() instanceof InetSocketAddress from)
          || !limit.acquire(from.getAddress())) {
        refused++;
        var _ = child.close();
        return;
      }
      var secure = tls;
      if (secure != null) {
        secure.addTo(child);
      }
      var connection = new TcpConnection(TcpListener.this, child, System.nanoTime());
      connections.add(connection);
      child.pipeline().addLast(connection.handler());
      startChecking();
    }
  }

  void closed(TcpConnection connection) {
    connections.remove(connection);
    var ip = connection.path().remote().getAddress();
    // Not at once, so that who opens one after the other gets no more than who holds them.
    var _ = loop.schedule(() -> limit.release(ip), PLACE_SECONDS_MIN, TimeUnit.SECONDS);
    receiver.onClosed(connection);
  }

  private void startChecking() {
    if (!isChecking) {
      isChecking = true;
      var _ = loop.schedule(this::check, CHECK_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void check() {
    var now = System.nanoTime();
    List<TcpConnection> overdue = new ArrayList<>();
    for (var connection : connections) {
      if (connection.isOverdue(now)) {
        overdue.add(connection);
      }
    }
    overdue.forEach(TcpConnection::refuse);
    isChecking = false;
    if (!connections.isEmpty()) {
      startChecking();
    }
  }

  boolean isSecure() {
    return tls != null;
  }

  /// Sends what was written to any of its connections.
  public void flush() {
    for (var i = 0; i < toFlush.size(); i++) {
      var connection = toFlush.get(i);
      connection.isToFlush = false;
      connection.flush();
    }
    toFlush.clear();
  }

  /// Connections now.
  public int size() {
    return connections.size();
  }

  /// Packets for which their readers were too slow.
  public long dropped() {
    return dropped;
  }

  /// Connections that were ended for what came on them, or for its lack.
  public long broken() {
    return broken;
  }

  /// Connections that were not taken, as there were enough.
  public long refused() {
    return refused;
  }

  /// Ends listening and every connection; on the loop's thread.
  @Override
  public void close() {
    var _ = channel.close();
    List.copyOf(connections).forEach(TcpConnection::close);
  }
}
