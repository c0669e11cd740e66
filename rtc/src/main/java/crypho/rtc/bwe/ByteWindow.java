package crypho.rtc.bwe;

import java.util.Arrays;

/// How many bytes passed in the last [#SPAN_NANOS], in slots of [#SLOT_NANOS]; times may go back a
/// little, by reordering.
final class ByteWindow {
  static final long SLOT_NANOS = 20_000_000;
  static final int SLOTS = 25;
  static final long SPAN_NANOS = SLOTS * SLOT_NANOS;

  private final long[] slots = new long[SLOTS];
  private long newest = Long.MIN_VALUE;
  private long oldest;
  private long sum;

  void add(long nanos, int bytes) {
    var slot = Math.floorDiv(nanos, SLOT_NANOS);
    if (newest == Long.MIN_VALUE || slot - newest >= SLOTS) {
      Arrays.fill(slots, 0);
      sum = 0;
      oldest = slot;
      newest = slot;
    }
    while (newest < slot) {
      newest++;
      var at = Math.floorMod(newest, SLOTS);
      sum -= slots[at];
      slots[at] = 0;
    }
    if (newest - slot < SLOTS) {
      slots[Math.floorMod(slot, SLOTS)] += bytes;
      sum += bytes;
    }
  }

  /// The rate at `nanos`, or 0 where less than half a window is known.
  long bps(long nanos) {
    if (newest == Long.MIN_VALUE) {
      return 0;
    }
    add(nanos, 0);
    var slotsSeen = Math.min(SLOTS, newest - oldest + 1);
    return slotsSeen < SLOTS / 2 ? 0 : sum * 8 * 1_000_000_000L / (slotsSeen * SLOT_NANOS);
  }
}
