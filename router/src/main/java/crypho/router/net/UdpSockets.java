package crypho.router.net;

import java.io.IOException;
import java.net.InetSocketAddress;

/// Many UDP sockets on one event loop, each with little traffic, which share their buffers: the
/// relays of TURN. One [PacketPort] for each would hold hundreds of kilobytes.
///
/// All methods on the event loop's thread.
public abstract class UdpSockets implements AutoCloseable {
  /// Gets what arrives.
  @FunctionalInterface
  public interface Receiver {
    /// One datagram, valid during the call, from [UdpSockets#sourceHigh] and so on.
    void onDatagram(UdpSocket socket, byte[] data, int offset, int length);
  }

  /// The longest datagram sent or read; longer ones are dropped and counted. What frames it on its
  /// way to a client still fits a [PacketPort].
  public static final int DATAGRAM_BYTES_MAX = PacketPort.PACKET_BYTES_MAX - 64;

  /// Datagrams read from one socket before others get a turn.
  static final int READ_MAX = 128;

  protected long sourceHigh;
  protected long sourceLow;
  protected int sourcePort;
  protected long oversized;
  protected long sendFailures;

  UdpSockets() {}

  /// The IP address of the datagram's source in the form of [crypho.rtc.turn.IpKey].
  public final long sourceHigh() {
    return sourceHigh;
  }

  public final long sourceLow() {
    return sourceLow;
  }

  public final int sourcePort() {
    return sourcePort;
  }

  /// Opens a socket and begins to read.
  ///
  /// @param owner of the socket, for the receiver
  /// @throws IOException where the port is taken, or there are no more sockets
  public abstract UdpSocket open(InetSocketAddress address, Object owner) throws IOException;

  /// Sends what the sockets were given.
  public abstract void flush();

  /// Datagrams longer than [#DATAGRAM_BYTES_MAX].
  public final long oversized() {
    return oversized;
  }

  /// Datagrams that the kernel did not take.
  public final long sendFailures() {
    return sendFailures;
  }

  /// Ends sending; the sockets are closed one by one.
  @Override
  public abstract void close();
}
