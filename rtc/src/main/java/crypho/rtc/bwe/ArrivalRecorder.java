package crypho.rtc.bwe;

import crypho.rtc.rtcp.TransportFeedback;
import java.util.Arrays;

/// Remembers when the packets of one sender arrived, by their transport-wide sequence numbers,
/// until they are reported (draft-holmer-rmcat-transport-wide-cc-extensions-01). One owner thread;
/// one a transport; nothing is allocated after construction.
///
/// | state | packet | deadline |
/// |---|---|---|
/// | nothing to report | recorded, report due in [#INTERVAL_NANOS] | none |
/// | report due | recorded; a late one of before the last report is reported again | the due time |
///
/// A report starts at the packet after the last one reported, so that holes are reported as lost,
/// once; where a hole is filled later, the next report goes back to it.
public final class ArrivalRecorder {
  /// How often a sender hears from us: often enough for its estimator, seldom enough for 1 % of a
  /// small stream.
  public static final long INTERVAL_NANOS = 75_000_000;

  /// How many sequence numbers back an arrival may lie, and how many one report spans.
  public static final int SPAN_MAX = 2_048;

  private static final int RING = 4_096;
  private static final int MASK = RING - 1;
  private static final long NONE = TransportFeedback.NOT_RECEIVED;

  private final long[] arrivals = new long[RING];
  private long epochNanos;
  private boolean isStarted;
  private long nextUnreported;
  private long highest;
  private long dueNanos = Long.MAX_VALUE;
  private int feedbackCount;

  public ArrivalRecorder() {
    Arrays.fill(arrivals, NONE);
  }

  /// Records an authentic packet.
  ///
  /// @param sequenceNumber the transport-wide sequence number, from 0 to 65,535
  public void onPacket(long nowNanos, int sequenceNumber) {
    if (!isStarted) {
      isStarted = true;
      epochNanos = nowNanos;
      highest = 0x10000L + sequenceNumber;
      nextUnreported = highest;
    } else {
      var extended = highest + (short) (sequenceNumber - (int) highest);
      if (extended <= highest - SPAN_MAX) {
        return;
      }
      moveTo(extended);
    }
    var extended = highest + (short) (sequenceNumber - (int) highest);
    var at = (int) extended & MASK;
    if (arrivals[at] != NONE) {
      return;
    }
    arrivals[at] = nowNanos;
    nextUnreported = Math.min(nextUnreported, extended);
    if (dueNanos == Long.MAX_VALUE) {
      dueNanos = nowNanos + INTERVAL_NANOS;
    }
  }

  private void moveTo(long extended) {
    if (extended - highest >= RING) {
      Arrays.fill(arrivals, NONE);
    } else {
      for (var i = highest + 1; i <= extended; i++) {
        arrivals[(int) i & MASK] = NONE;
      }
    }
    highest = Math.max(highest, extended);
    nextUnreported = Math.max(nextUnreported, highest - SPAN_MAX + 1);
  }

  /// When [#report] should be asked next; `Long.MAX_VALUE` while nothing has arrived.
  public long deadlineNanos() {
    return dueNanos;
  }

  /// Fills `out` with what arrived since the last report, where one is due.
  ///
  /// @return whether `out` was filled
  public boolean report(long nowNanos, TransportFeedback out) {
    if (nowNanos < dueNanos) {
      return false;
    }
    out.reset((int) nextUnreported & 0xffff, feedbackCount++);
    for (var i = nextUnreported; i <= highest; i++) {
      var arrival = arrivals[(int) i & MASK];
      out.add(
          arrival == NONE
              ? TransportFeedback.NOT_RECEIVED
              : (arrival - epochNanos) / TransportFeedback.TICK_NANOS);
    }
    nextUnreported = highest + 1;
    dueNanos = Long.MAX_VALUE;
    return out.count() > 0;
  }
}
