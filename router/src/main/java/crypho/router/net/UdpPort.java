package crypho.router.net;

import java.net.InetSocketAddress;

/// One UDP socket on one event loop. Reads until nothing is left, then says so once; writes batches
/// of segments (UDP GSO).
///
/// All methods on the event loop's thread.
public abstract class UdpPort extends PacketPort {
  /// Gets what arrives.
  public interface Receiver {
    /// One datagram, valid during the call, from [UdpPort#sourceHigh] and so on.
    void onDatagram(UdpPort port, byte[] data, int offset, int length);

    /// Nothing more is to be read now.
    void onBatchEnd(UdpPort port);
  }

  /// Datagrams read before others get a turn.
  public static final int READ_MAX = 512;

  protected long sourceHigh;
  protected long sourceLow;
  protected int sourcePort;

  protected long oversized;
  protected long sendFailures;

  UdpPort() {
    super(STAGE_BYTES);
  }

  /// What the kernel named as source of the datagram that is being delivered.
  public final long sourceHigh() {
    return sourceHigh;
  }

  public final long sourceLow() {
    return sourceLow;
  }

  public final int sourcePort() {
    return sourcePort;
  }

  /// The same as an object. Allocates.
  public abstract InetSocketAddress source();

  /// Where the socket is bound.
  public abstract InetSocketAddress local();

  /// Datagrams longer than [#PACKET_BYTES_MAX].
  public final long oversized() {
    return oversized;
  }

  /// Batches that the kernel did not take.
  public final long sendFailures() {
    return sendFailures;
  }

  @Override
  public abstract void close();
}
