package crypho.router.net;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// One UDP socket on one event loop. Reads until nothing is left, then says so once; what is
/// written is gathered into batches of segments (UDP GSO) for one destination each, and leaves at
/// [#flush].
///
/// Writing: [#begin] names the destination, then for each packet room is in [#stage] at [#at], and
/// [#add] says how long it became. Segments of one batch have one length, save a shorter last.
///
/// All methods on the event loop's thread.
public abstract class UdpPort implements AutoCloseable {
  /// Gets what arrives.
  public interface Receiver {
    /// One datagram, valid during the call, from [UdpPort#sourceHigh] and so on.
    void onDatagram(UdpPort port, byte[] data, int offset, int length);

    /// Nothing more is to be read now.
    void onBatchEnd(UdpPort port);
  }

  /// The longest datagram read; longer ones are dropped and counted.
  public static final int DATAGRAM_BYTES_MAX = 2_048;

  /// Datagrams read before others get a turn.
  public static final int READ_MAX = 512;

  /// Segments in one batch: what every kernel with GSO takes.
  static final int SEGMENTS_MAX = 64;

  /// Octets in one batch: an IP packet with its headers.
  static final int BATCH_BYTES_MAX = 65_000;

  private static final int STAGE_BYTES = BATCH_BYTES_MAX + DATAGRAM_BYTES_MAX;

  protected long sourceHigh;
  protected long sourceLow;
  protected int sourcePort;

  protected long oversized;
  protected long sendFailures;

  private final byte[] stage = new byte[STAGE_BYTES];
  private @Nullable Remote remote;
  private int staged;
  private int segment;
  private int segments;
  private boolean isSealed;

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

  /// Whether the port can send several segments with one call.
  protected abstract boolean isSegmenting();

  /// Takes `length` octets of the stage, in segments of `segment`, to be sent at the next flush.
  protected abstract void enqueue(Remote to, byte[] data, int length, int segment);

  /// Sends what was enqueued.
  protected abstract void send();

  public final void begin(Remote to) {
    if (to != remote) {
      close(0);
      remote = to;
    }
  }

  public final byte[] stage() {
    return stage;
  }

  /// Where the next packet goes; up to [#DATAGRAM_BYTES_MAX] octets.
  public final int at() {
    return staged;
  }

  /// A packet of this length, above 0, was written at [#at].
  public final void add(int length) {
    if (segments == 0) {
      segment = length;
    } else if (isSealed
        || length > segment
        || segments == SEGMENTS_MAX
        || staged + length > BATCH_BYTES_MAX
        || !isSegmenting()) {
      close(length);
      segment = length;
    }
    isSealed = length < segment;
    segments++;
    staged += length;
  }

  /// Ends the batch; what follows in the stage, `kept` octets, becomes the next one's beginning.
  private void close(int kept) {
    var to = remote;
    if (segments > 0 && to != null) {
      enqueue(to, stage, staged, segment);
      System.arraycopy(stage, staged, stage, 0, kept);
    }
    staged = 0;
    segments = 0;
    isSealed = false;
  }

  public final void flush() {
    close(0);
    remote = null;
    send();
  }

  /// One packet outside batches.
  public final void transmit(Remote to, byte[] data, int offset, int length) {
    begin(to);
    System.arraycopy(data, offset, stage, staged, length);
    add(length);
  }

  /// Datagrams longer than [#DATAGRAM_BYTES_MAX].
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
