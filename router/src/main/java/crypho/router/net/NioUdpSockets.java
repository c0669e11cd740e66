package crypho.router.net;

import crypho.rtc.turn.IpKey;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoOps;
import io.netty.channel.nio.NioSelectableChannelIoHandle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;

/// Sockets of the JDK on Netty's NIO loop, where there is no epoll. What is given leaves at once.
public final class NioUdpSockets extends UdpSockets {
  private final IoEventLoop loop;
  private final Receiver receiver;

  /// One longer than is taken, so that longer datagrams show.
  private final ByteBuffer in = ByteBuffer.allocate(DATAGRAM_BYTES_MAX + 1);

  public NioUdpSockets(IoEventLoop loop, Receiver receiver) {
    this.loop = loop;
    this.receiver = receiver;
  }

  @Override
  public UdpSocket open(InetSocketAddress address, Object owner) throws IOException {
    var isV4 = address.getAddress() instanceof Inet4Address;
    var family = isV4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
    var channel = DatagramChannel.open(family);
    try {
      channel.configureBlocking(false);
      channel.bind(address);
      var socket = new Socket(channel, owner);
      loop.register(new Handle(channel, socket))
          .addListener((io.netty.util.concurrent.Future<IoRegistration> done) -> {
            if (done.isSuccess()) {
              socket.start(done.getNow());
            }
          });
      return socket;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private final class Handle extends NioSelectableChannelIoHandle<DatagramChannel> {
    private final Socket socket;

    Handle(DatagramChannel channel, Socket socket) {
      super(channel);
      this.socket = socket;
    }

    @Override
    public void close() {
      socket.close();
    }

    @Override
    protected void handle(DatagramChannel channel, SelectionKey key) {
      try {
        read(channel);
      } catch (IOException e) {
        // A socket of which the kernel says so has nothing to read now.
        sendFailures++;
      }
    }

    private void read(DatagramChannel channel) throws IOException {
      for (var i = 0; i < READ_MAX && channel.isOpen(); i++) {
        in.clear();
        if (!(channel.receive(in) instanceof InetSocketAddress from)) {
          return;
        }
        if (in.position() > DATAGRAM_BYTES_MAX) {
          oversized++;
          continue;
        }
        sourceHigh = IpKey.high(from.getAddress());
        sourceLow = IpKey.low(from.getAddress());
        sourcePort = from.getPort();
        receiver.onDatagram(socket, in.array(), 0, in.position());
      }
    }
  }

  private final class Socket extends UdpSocket {
    private final DatagramChannel channel;
    private final InetSocketAddress local;
    private @Nullable IoRegistration registration;

    Socket(DatagramChannel channel, Object owner) throws IOException {
      super(owner);
      this.channel = channel;
      this.local = (InetSocketAddress) channel.getLocalAddress();
    }

    private void start(IoRegistration registered) {
      registration = registered;
      registered.submit(NioIoOps.READ);
    }

    @Override
    public InetSocketAddress local() {
      return local;
    }

    @Override
    public void send(Remote to, byte[] data, int offset, int length) {
      try {
        if (channel.send(ByteBuffer.wrap(data, offset, length), to.address) == 0 && length > 0) {
          sendFailures++;
        }
      } catch (IOException e) {
        sendFailures++;
      }
    }

    @Override
    public void close() {
      var registered = registration;
      if (registered != null) {
        registered.cancel();
      }
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void flush() {
    // Nothing waits.
  }

  @Override
  public void close() {
    // Nothing is shared that needs it.
  }
}
