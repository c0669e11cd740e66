package crypho.rtc.rtcp;

import static crypho.rtc.rtp.Octets.put16;
import static crypho.rtc.rtp.Octets.put24;
import static crypho.rtc.rtp.Octets.put32;

/// Writes transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1) from
/// recorded arrivals: long runs as run length chunks, else vectors of 14 or 7. One owner thread.
public final class TransportFeedbackWriter {
  /// Nothing was written: no packet had arrived, or there is no room.
  public static final int NOTHING = -1;

  /// Statuses in one packet at most.
  private static final int STATUS_MAX = 1_024;

  private final byte[] symbols = new byte[STATUS_MAX];
  private int consumed;

  /// Writes one packet and returns its length, or [#NOTHING]. It speaks of as many packets as fit
  /// and as have neighbouring times (a step of more than 8 s needs a packet of its own);
  /// [#consumed] says how many, and the caller goes on from there.
  ///
  /// @param feedbackCount low 8 bits count feedback packets
  /// @param baseSequence transport-wide number of `arrivals[from]`
  /// @param arrivals ticks of 250 µs or [TransportFeedback#NOT_RECEIVED]
  /// @param count arrivals to speak of, from `from` on
  public int write(
      byte[] out,
      int offset,
      int limit,
      int senderSsrc,
      int mediaSsrc,
      int feedbackCount,
      long baseSequence,
      long[] arrivals,
      int from,
      int count) {
    consumed = 0;
    var first = firstReceived(arrivals, from, count);
    // The worst case: each with a delta of two octets and two bits of status.
    var room = (limit - offset - TransportFeedback.HEADER_LENGTH - 8) * 7 / 16;
    var wanted = Math.min(Math.min(count, room), STATUS_MAX);
    if (first < 0 || first - from >= wanted) {
      return NOTHING;
    }
    var reference = Math.floorDiv(arrivals[first], TransportFeedback.TICKS_PER_REFERENCE);
    var start = reference * TransportFeedback.TICKS_PER_REFERENCE;
    consumed = classify(arrivals, from, wanted, start);
    out[offset] = (byte) (0x80 | RtcpType.FORMAT_TRANSPORT_WIDE);
    out[offset + 1] = (byte) RtcpType.TRANSPORT_FEEDBACK;
    put32(out, offset + 4, senderSsrc);
    put32(out, offset + 8, mediaSsrc);
    put16(out, offset + 12, (int) baseSequence);
    put16(out, offset + 14, consumed);
    put24(out, offset + 16, (int) reference);
    out[offset + 19] = (byte) feedbackCount;
    var at = writeChunks(out, offset + TransportFeedback.HEADER_LENGTH);
    at = writeDeltas(out, at, arrivals, from, start);
    return close(out, offset, at);
  }

  private static int firstReceived(long[] arrivals, int from, int count) {
    for (var i = from; i < from + count; i++) {
      if (arrivals[i] != TransportFeedback.NOT_RECEIVED) {
        return i;
      }
    }
    return -1;
  }

  /// Fills `symbols` and returns how many packets can be spoken of.
  private int classify(long[] arrivals, int from, int wanted, long start) {
    var time = start;
    for (var i = 0; i < wanted; i++) {
      var arrival = arrivals[from + i];
      if (arrival == TransportFeedback.NOT_RECEIVED) {
        symbols[i] = TransportFeedback.SYMBOL_MISSING;
        continue;
      }
      var delta = arrival - time;
      if (delta != (short) delta) {
        return i;
      }
      symbols[i] =
          delta >= 0 && delta <= 0xff
              ? (byte) TransportFeedback.SYMBOL_SMALL
              : (byte) TransportFeedback.SYMBOL_LARGE;
      time = arrival;
    }
    return wanted;
  }

  private int writeChunks(byte[] out, int start) {
    var at = start;
    var i = 0;
    while (i < consumed) {
      var run = runFrom(i);
      if (run >= 14 || run == consumed - i) {
        put16(out, at, symbols[i] << 13 | run);
        i += run;
      } else {
        var bits = hasLarge(i) ? 2 : 1;
        put16(out, at, vector(i, bits));
        i += 14 / bits;
      }
      at += 2;
    }
    return at;
  }

  private int runFrom(int start) {
    var i = start + 1;
    while (i < consumed && symbols[i] == symbols[start] && i - start < TransportFeedback.RUN_MAX) {
      i++;
    }
    return i - start;
  }

  private boolean hasLarge(int start) {
    for (var i = start; i < Math.min(start + 14, consumed); i++) {
      if (symbols[i] == TransportFeedback.SYMBOL_LARGE) {
        return true;
      }
    }
    return false;
  }

  private int vector(int start, int bits) {
    var chunk = bits == 1 ? 0x8000 : 0xc000;
    for (var i = 0; i < 14 / bits && start + i < consumed; i++) {
      chunk |= symbols[start + i] << (14 - bits - i * bits);
    }
    return chunk;
  }

  private int writeDeltas(byte[] out, int start, long[] arrivals, int from, long startTicks) {
    var at = start;
    var time = startTicks;
    for (var i = 0; i < consumed; i++) {
      if (symbols[i] == TransportFeedback.SYMBOL_MISSING) {
        continue;
      }
      var delta = (int) (arrivals[from + i] - time);
      if (symbols[i] == TransportFeedback.SYMBOL_SMALL) {
        out[at++] = (byte) delta;
      } else {
        put16(out, at, delta);
        at += 2;
      }
      time = arrivals[from + i];
    }
    return at;
  }

  private static int close(byte[] out, int offset, int end) {
    var padding = -(end - offset) & 3;
    var at = end;
    if (padding > 0) {
      for (var i = 1; i < padding; i++) {
        out[at++] = 0;
      }
      out[at++] = (byte) padding;
      out[offset] |= 0x20;
    }
    put16(out, offset + 2, (at - offset) / 4 - 1);
    return at - offset;
  }

  /// How many arrivals the last packet spoke of.
  public int consumed() {
    return consumed;
  }
}
