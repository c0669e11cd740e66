package crypho.rtc.srtp;

/// Which indices of one SSRC were seen (RFC 3711 §3.3.2), as a ring of words in which moving on
/// clears whole words (RFC 6479). Also the rollover counter: the highest index is `rollover << 16 |
/// sequence number`.
final class ReplayWindow {
  private static final int RING_WORDS = 32;
  private static final int WORD_MASK = RING_WORDS - 1;

  /// How far behind the highest index a packet may come.
  static final int WINDOW = (RING_WORDS - 1) * Long.SIZE;

  private final long[] seen = new long[RING_WORDS];
  private long highest;

  ReplayWindow(long first) {
    highest = first;
    seen[word(first)] = bit(first);
  }

  long highest() {
    return highest;
  }

  /// Estimates the index of a packet from its sequence number (RFC 3711 §3.3.1): the one nearest to
  /// the highest, negative where that is before the first rollover.
  long estimate(int sequenceNumber) {
    var rollover = highest >>> 16;
    var last = (int) highest & 0xffff;
    if (last < 0x8000) {
      if (sequenceNumber - last > 0x8000) {
        rollover--;
      }
    } else if (last - 0x8000 > sequenceNumber) {
      rollover++;
    }
    return (rollover << 16) | sequenceNumber;
  }

  /// 0 where `index` may be used, or the verdict against it.
  int check(long index) {
    if (index > highest) {
      return 0;
    }
    if (index < 0 || highest - index >= WINDOW) {
      return SrtpVerdict.TOO_OLD;
    }
    return (seen[word(index)] & bit(index)) == 0 ? 0 : SrtpVerdict.REPLAYED;
  }

  /// Marks an index that [#check] allowed.
  void mark(long index) {
    if (index > highest) {
      var from = highest >>> 6;
      var steps = Math.min((index >>> 6) - from, RING_WORDS);
      for (var i = 1; i <= steps; i++) {
        seen[(int) (from + i) & WORD_MASK] = 0;
      }
      highest = index;
    }
    seen[word(index)] |= bit(index);
  }

  private static int word(long index) {
    return (int) (index >>> 6) & WORD_MASK;
  }

  private static long bit(long index) {
    return 1L << (index & 63);
  }
}
