package crypho.rtc.codec;

import crypho.rtc.rtp.SeqNo;
import java.util.Arrays;

/// What one consumer was sent, by outgoing sequence number, so that a NACK can be answered from the
/// ring of the incoming stream with the same header and payload descriptor. One owner thread.
final class SentHistory {
  private static final int SOURCE_SHIFT = 2;
  private static final int EMPTY_FLAG = 2;
  private static final int MARKER_FLAG = 1;

  private final int mask;
  private final long[] out;
  private final long[] in;
  private final int[] timestamp;
  private final int[] descriptor;
  private final short[] frameNumberDelta;
  private final byte[] flags;
  private final long[] resentNanos;
  private long highest = Long.MIN_VALUE;

  /// @param packets remembered, a power of two
  SentHistory(int packets) {
    mask = packets - 1;
    out = new long[packets];
    in = new long[packets];
    timestamp = new int[packets];
    descriptor = new int[packets];
    frameNumberDelta = new short[packets];
    flags = new byte[packets];
    resentNanos = new long[packets];
    Arrays.fill(out, Long.MIN_VALUE);
  }

  void record(Outgoing packet) {
    var slot = (int) packet.extendedSequence & mask;
    out[slot] = packet.extendedSequence;
    in[slot] = packet.sourceSequence;
    timestamp[slot] = packet.timestamp;
    descriptor[slot] = packet.descriptor;
    frameNumberDelta[slot] = (short) packet.frameNumberDelta;
    flags[slot] =
        (byte)
            (packet.source << SOURCE_SHIFT
                | (packet.isEmpty ? EMPTY_FLAG : 0)
                | (packet.marker ? MARKER_FLAG : 0));
    resentNanos[slot] = Long.MIN_VALUE;
    highest = Math.max(highest, packet.extendedSequence);
  }

  /// Sets `packet` to what was sent under a number; false where it is not known any more, or was
  /// sent again less than `intervalNanos` ago.
  boolean recall(int sequenceNumber, long nowNanos, long intervalNanos, Outgoing packet) {
    if (highest == Long.MIN_VALUE) {
      return false;
    }
    var extended = SeqNo.extend16(sequenceNumber, highest);
    var slot = (int) extended & mask;
    if (out[slot] != extended
        || (resentNanos[slot] != Long.MIN_VALUE && nowNanos - resentNanos[slot] < intervalNanos)) {
      return false;
    }
    resentNanos[slot] = nowNanos;
    packet.extendedSequence = extended;
    packet.sourceSequence = in[slot];
    packet.timestamp = timestamp[slot];
    packet.descriptor = descriptor[slot];
    packet.frameNumberDelta = frameNumberDelta[slot];
    packet.source = flags[slot] >> SOURCE_SHIFT;
    packet.isEmpty = (flags[slot] & EMPTY_FLAG) != 0;
    packet.marker = (flags[slot] & MARKER_FLAG) != 0;
    return true;
  }
}
