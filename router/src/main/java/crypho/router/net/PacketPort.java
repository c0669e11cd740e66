package crypho.router.net;

import org.jspecify.annotations.Nullable;

/// Where packets leave: a UDP socket, or a connection that carries packets. What is written is
/// gathered into batches of segments for one destination each, and leaves at [#flush].
///
/// Writing: [#begin] names the destination, then for each packet room is in [#stage] at [#at], and
/// [#add] says how long it became. Segments of one batch have one length, save a shorter last.
///
/// All methods on the event loop's thread.
public abstract class PacketPort implements AutoCloseable {
  /// The longest packet; longer ones are dropped and counted.
  public static final int PACKET_BYTES_MAX = 2_048;

  /// Segments in one batch: what every kernel with GSO takes.
  static final int SEGMENTS_MAX = 64;

  /// Octets in one batch: an IP packet with its headers.
  static final int BATCH_BYTES_MAX = 65_000;

  /// What [#PacketPort(int)] needs of a port that gathers whole batches.
  static final int STAGE_BYTES = BATCH_BYTES_MAX + PACKET_BYTES_MAX;

  /// And of one that takes packets one by one: one is held while the next is written.
  static final int STAGE_BYTES_MIN = 2 * PACKET_BYTES_MAX;

  private final byte[] stage;
  private @Nullable Remote remote;
  private int staged;
  private int segment;
  private int segments;
  private boolean isSealed;

  PacketPort(int stageBytes) {
    stage = new byte[stageBytes];
  }

  /// Whether the port can send several segments with one call.
  protected abstract boolean isSegmenting();

  /// Takes `length` octets of the stage, in segments of `segment`, to be sent at the next flush.
  protected abstract void enqueue(Remote to, byte[] data, int length, int segment);

  /// Sends what was enqueued.
  protected abstract void send();

  /// Something is about to be written to another destination than before, or for the first time
  /// since the flush.
  protected void begun() {
    // Ports that are flushed after every batch need not know.
  }

  public final void begin(Remote to) {
    if (to != remote) {
      close(0);
      remote = to;
      begun();
    }
  }

  public final byte[] stage() {
    return stage;
  }

  /// Where the next packet goes; up to [#PACKET_BYTES_MAX] octets.
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

  @Override
  public abstract void close();
}
