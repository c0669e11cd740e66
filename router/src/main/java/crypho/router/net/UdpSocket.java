package crypho.router.net;

import java.net.InetSocketAddress;

/// One of [UdpSockets].
public abstract class UdpSocket implements AutoCloseable {
  private final Object owner;

  UdpSocket(Object owner) {
    this.owner = owner;
  }

  public final Object owner() {
    return owner;
  }

  /// Where it is bound.
  public abstract InetSocketAddress local();

  /// Takes a datagram, to be sent at the next flush.
  public abstract void send(Remote to, byte[] data, int offset, int length);

  @Override
  public abstract void close();
}
