package crypho.client.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Opens sockets to one server and runs them on a few threads. Listeners are called on those
/// threads and must not block.
public final class LoadLoop implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MS = 30_000;
  private static final int SOURCES = 200;
  private static final int FIRST_SOURCE = 2;

  private final InetSocketAddress server;
  private final MultiThreadIoEventLoopGroup group;
  private final Bootstrap bootstrap;

  public LoadLoop(InetSocketAddress server, int threads) {
    this.server = server;
    var epoll = Epoll.isAvailable();
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    this.group = new MultiThreadIoEventLoopGroup(threads, io);
    this.bootstrap =
        new Bootstrap()
            .group(group)
            .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS);
  }

  /// Opens a connection with `handler` at its end. Connections come from many loopback addresses,
  /// as people's do, so that limits per address mean what they mean outside.
  ///
  /// @param number which client this is; chooses its source address
  public ChannelFuture open(int number, ChannelHandler handler) {
    return bootstrap
        .clone()
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(handler);
              }
            })
        .connect(server, source(number));
  }

  /// Whether no connection may be opened any more.
  public boolean isClosing() {
    return group.isShuttingDown();
  }

  /// Connects and upgrades; complete once the server has switched protocols.
  ///
  /// @param number which client this is
  public CompletableFuture<LoadSocket> connect(int number, byte[] token, LoadListener listener) {
    if (isClosing()) {
      return new CompletableFuture<>(); // never completes, so that those who try again fall silent
    }
    var socket = new LoadSocket(upgrade(token), listener);
    var starting = open(number, socket);
    starting.addListener(done -> {
      if (!done.isSuccess()) {
        socket.opened().completeExceptionally(done.cause());
      }
    });
    return socket.opened();
  }

  /// Calls a method (`crypho.v1.Service/Method`) and gives the body of the answer.
  public CompletableFuture<byte[]> call(int number, byte[] token, String method, byte[] body) {
    if (isClosing()) {
      return new CompletableFuture<>();
    }
    var head =
        "POST /api/"
            + method
            + " HTTP/1.1\r\nHost: localhost:"
            + server.getPort()
            + "\r\nConnection: close\r\nContent-Type: application/proto\r\nContent-Length: "
            + body.length
            + "\r\nAuthorization: Bearer "
            + bearer(token)
            + "\r\n\r\n";
    var call = new LoadCall(head.getBytes(StandardCharsets.US_ASCII), body);
    var starting = open(number, call);
    starting.addListener(done -> {
      if (!done.isSuccess()) {
        call.result().completeExceptionally(done.cause());
      }
    });
    return call.result();
  }

  private static String bearer(byte[] token) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  private static InetSocketAddress source(int number) {
    var host =
        "127.0." + (1 + number / SOURCES % SOURCES) + "." + (FIRST_SOURCE + number % SOURCES);
    return new InetSocketAddress(host, 0);
  }

  private byte[] upgrade(byte[] token) {
    return ("GET /api/socket HTTP/1.1\r\nHost: localhost:"
            + server.getPort()
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: Y3J5cGhvIGxvYWQgZ2VuIQ==\r\nAuthorization: Bearer "
            + bearer(token)
            + "\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
