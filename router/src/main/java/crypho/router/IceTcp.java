package crypho.router;

import crypho.router.net.TcpConnection;
import crypho.router.net.TcpListener;
import crypho.rtc.ice.SourceLimit;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/// The TCP ports of one loop, for clients on networks without UDP (RFC 6544): passive, so that
/// clients open the connections. What comes on one is sorted as datagrams are.
///
/// | a connection | on | becomes |
/// | --- | --- | --- |
/// | opened | a check with a transport's credentials | a path of that transport, and of no other |
/// | opened | anything that is no check; failures beyond a source's share; [#UNPROVED_NANOS_MAX] | closed |
/// | path | end of the path, or of the connection | closed, and the path is gone |
final class IceTcp implements TcpListener.Receiver {
  /// A connection without a check that is authentic is closed after this.
  static final long UNPROVED_NANOS_MAX = 5_000_000_000L;

  private final RouterLoop loop;

  /// Set once, before there is a transport.
  private volatile List<TcpListener> listeners = List.of();

  IceTcp(RouterLoop loop) {
    this.loop = loop;
  }

  /// Not on the loop's thread.
  void listen(List<InetSocketAddress> addresses, boolean isEpoll, SourceLimit limit)
      throws IOException {
    IoEventLoop on = loop.eventLoop();
    var opened = new ArrayList<TcpListener>();
    for (var address : addresses) {
      var setup = new TcpListener.Setup(address, isEpoll, false, limit, UNPROVED_NANOS_MAX, null);
      opened.add(TcpListener.open(setup, on, new IceFraming(), this));
    }
    listeners = List.copyOf(opened);
  }

  /// Where it listens, in the order of the addresses.
  List<InetSocketAddress> bound() {
    return listeners.stream().map(TcpListener::local).toList();
  }

  @Override
  public void onPacket(TcpConnection connection, byte[] data, int offset, int length) {
    var path = connection.attachment() instanceof Path known ? known : null;
    loop.onFrame(connection, path, data, offset, length);
  }

  @Override
  public void onBatchEnd(TcpConnection connection) {
    loop.onReadEnd();
  }

  @Override
  public void onClosed(TcpConnection connection) {
    if (connection.attachment() instanceof Path path) {
      connection.attach(null);
      path.transport().onPathClosed(path, System.nanoTime());
    }
  }

  void flush() {
    var all = listeners;
    for (var i = 0; i < all.size(); i++) {
      all.get(i).flush();
    }
  }

  /// Connections now.
  int connections() {
    return listeners.stream().mapToInt(TcpListener::size).sum();
  }

  /// Connections that were not taken, as their source or all together had enough.
  long refused() {
    return listeners.stream().mapToLong(TcpListener::refused).sum();
  }

  /// Connections that were closed for what came on them, or did not come.
  long broken() {
    return listeners.stream().mapToLong(TcpListener::broken).sum();
  }

  /// Packets for connections whose readers were too slow.
  long tooSlow() {
    return listeners.stream().mapToLong(TcpListener::dropped).sum();
  }

  void close() {
    listeners.forEach(TcpListener::close);
  }
}
