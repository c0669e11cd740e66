package crypho.rtc.codec;

import java.util.Arrays;

/// Maps the numbers of one incoming stream (packets or frames, extended) to those of an outgoing
/// one from which some are left out, also when they arrive out of order. Each number in a window
/// has a state, the offset that held when it was passed, and a tag of the caller's.
///
/// | state | on | becomes |
/// | --- | --- | --- |
/// | ahead | [#pass] | passed; numbers jumped over become missing |
/// | ahead | [#drop] | dropped; likewise; with `closes`, all later ones move up by one |
/// | missing | [#settle] | passed or dropped, at the place that was left for it |
/// | any | the window moves on, or [#begin] | outside |
final class Renumbering {
  /// Before the beginning, or too far back.
  static final int OUTSIDE = 0;

  static final int MISSING = 1;
  static final int PASSED = 2;
  static final int DROPPED = 3;

  /// After all numbers so far.
  static final int AHEAD = 4;

  private static final int STATE_BITS = 2;
  private static final int STATE_MASK = 3;

  private final int mask;
  private final long[] entries;
  private final byte[] tags;
  private long floor;
  private long highest = Long.MIN_VALUE;
  private long offset;

  /// @param window numbers remembered, a power of two
  Renumbering(int window) {
    mask = window - 1;
    entries = new long[window];
    tags = new byte[window];
  }

  /// From now on `in` is written as `out`; what was before is outside.
  void begin(long in, long out) {
    offset = in - out;
    floor = in;
    highest = in - 1;
    Arrays.fill(entries, 0);
  }

  /// The highest number passed or dropped, `Long.MIN_VALUE` before [#begin].
  long highest() {
    return highest;
  }

  int state(long in) {
    if (highest == Long.MIN_VALUE || in > highest) {
      return AHEAD;
    }
    return in < floor || highest - in > mask
        ? OUTSIDE
        : (int) entries[(int) in & mask] & STATE_MASK;
  }

  /// Passes a number that is ahead and returns what to write.
  long pass(long in, int tag) {
    advance(in, tag, PASSED);
    return in - offset;
  }

  /// Leaves out a number that is ahead.
  void drop(long in, int tag, boolean closes) {
    advance(in, tag, DROPPED);
    if (closes) {
      offset++;
    }
  }

  private void advance(long in, int tag, int state) {
    for (var gap = Math.max(highest + 1, in - mask); gap < in; gap++) {
      put(gap, tag, MISSING);
    }
    put(in, tag, state);
    highest = in;
  }

  private void put(long in, int tag, int state) {
    var slot = (int) in & mask;
    entries[slot] = offset << STATE_BITS | state;
    tags[slot] = (byte) tag;
  }

  /// Decides about a missing number.
  void settle(long in, boolean isPassed) {
    var slot = (int) in & mask;
    entries[slot] = (entries[slot] & ~STATE_MASK) | (isPassed ? PASSED : DROPPED);
  }

  /// What to write for a number in the window.
  long out(long in) {
    return in - (entries[(int) in & mask] >> STATE_BITS);
  }

  /// The tag of a number in the window: that of the number with which it became known.
  int tag(long in) {
    return tags[(int) in & mask];
  }

  /// Gives a number in the window another tag.
  void retag(long in, int tag) {
    tags[(int) in & mask] = (byte) tag;
  }

  /// What would be written for a number outside the window.
  long outNow(long in) {
    return in - offset;
  }
}
