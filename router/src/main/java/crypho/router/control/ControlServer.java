package crypho.router.control;

import crypho.base.Rng;
import crypho.base.Secret;
import crypho.router.RouterControl;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Listens for who controls the router: on a Unix socket or a TCP port, over TLS where that is not
/// on loopback. A connection that ends takes nothing with it: rooms go on until they are orphans.
public final class ControlServer implements AutoCloseable {
  /// Larger than the parameters of any client.
  private static final int FRAME_BYTES_MAX = 256 * 1024;

  private static final int LENGTH_BYTES = 4;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("router-control"), NioIoHandler.newFactory());
  private final Channel channel;

  private ControlServer(
      RouterControl control, SocketAddress address, Secret secret, @Nullable SslContext tls)
      throws IOException {
    var key = new ChannelKey(secret);
    var rng = Rng.secure();
    var isUnix = address instanceof UnixDomainSocketAddress;
    var bound =
        new ServerBootstrap()
            .group(group)
            .channel(isUnix ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel child) {
                    if (tls != null) {
                      child.pipeline().addLast(tls.newHandler(child.alloc()));
                    }
                    child
                        .pipeline()
                        .addLast(
                            new LengthFieldBasedFrameDecoder(
                                FRAME_BYTES_MAX, 0, LENGTH_BYTES, 0, LENGTH_BYTES),
                            new LengthFieldPrepender(LENGTH_BYTES),
                            new ControlConnection(control, key, rng));
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw new IOException("no control socket", bound.cause());
    }
    channel = bound.channel();
  }

  /// @throws IllegalArgumentException for an address beyond this machine without TLS
  public static ControlServer open(
      RouterControl control, SocketAddress address, Secret secret, @Nullable SslContext tls)
      throws IOException {
    check(address, secret, tls);
    return new ControlServer(control, address, secret, tls);
  }

  /// @throws IllegalArgumentException as [#open] does, or for a secret that is too short
  static void check(SocketAddress address, Secret secret, @Nullable SslContext tls) {
    var _ = new ChannelKey(secret);
    var isHere =
        switch (address) {
          case UnixDomainSocketAddress _ -> true;
          case InetSocketAddress tcp -> tcp.getAddress().isLoopbackAddress();
          default -> false;
        };
    if (!isHere && tls == null) {
      throw new IllegalArgumentException("a control channel beyond loopback needs TLS");
    }
  }

  public SocketAddress address() {
    return channel.localAddress();
  }

  @Override
  public void close() {
    var _ = channel.close();
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
