package crypho.rtc.rtp;

/// Finds gaps in one incoming stream and says when to ask for which packets (RFC 4585 §6.2.1). Sans
/// I/O: the caller turns the numbers of [#poll] into NACK packets.
///
/// | state of a number | on | becomes |
/// | --- | --- | --- |
/// | unseen | a newer packet arrives | missing, asked for after [#REORDER_NANOS] |
/// | missing | it arrives | gone |
/// | missing | its time has come | asked for, and due again after a round trip, twice that from every second try |
/// | missing | [#TRIES_MAX] requests, or older than [#AGE_MAX] numbers | given up |
///
/// More than [#MISSING_MAX] at once, or a jump over [#AGE_MAX] numbers, is beyond repair: all are
/// given up and [#takeKeyFrameWish] says so once. One owner thread.
public final class NackGenerator {
  /// Numbers waited for at once.
  public static final int MISSING_MAX = 512;

  /// Requests for one packet.
  public static final int TRIES_MAX = 10;

  /// A packet this far behind the newest is of no use any more.
  public static final int AGE_MAX = 1_024;

  /// Reordering in the network is given this much time.
  public static final long REORDER_NANOS = 5_000_000L;

  /// Between two requests for one packet at least, and before a round trip was measured.
  public static final long RETRY_NANOS_MIN = 20_000_000L;

  private static final long RETRY_NANOS_MAX = 500_000_000L;

  private final long[] missing = new long[MISSING_MAX];
  private final long[] due = new long[MISSING_MAX];
  private final byte[] tries = new byte[MISSING_MAX];
  private int count;
  private long newest = Long.MIN_VALUE;
  private long deadline = Long.MAX_VALUE;
  private boolean isKeyFrameWished;
  private long given;

  /// A packet has arrived, original or by retransmission. Returns whether it was a missing one.
  public boolean onPacket(long extendedSequence, long nowNanos) {
    if (newest == Long.MIN_VALUE) {
      newest = extendedSequence;
      return false;
    }
    if (extendedSequence <= newest) {
      return remove(extendedSequence);
    }
    var gap = extendedSequence - newest - 1;
    if (gap > AGE_MAX || count + gap > MISSING_MAX) {
      giveUpAll(gap);
    } else {
      for (var lost = newest + 1; lost < extendedSequence; lost++) {
        add(lost, nowNanos + REORDER_NANOS);
      }
    }
    newest = extendedSequence;
    return false;
  }

  private void add(long lost, long at) {
    missing[count] = lost;
    due[count] = at;
    tries[count] = 0;
    count++;
    deadline = Math.min(deadline, at);
  }

  private void giveUpAll(long gap) {
    given += count + gap;
    count = 0;
    deadline = Long.MAX_VALUE;
    isKeyFrameWished = true;
  }

  private boolean remove(long found) {
    for (var i = 0; i < count; i++) {
      if (missing[i] == found) {
        removeAt(i);
        return true;
      }
    }
    return false;
  }

  private void removeAt(int index) {
    var after = count - index - 1;
    System.arraycopy(missing, index + 1, missing, index, after);
    System.arraycopy(due, index + 1, due, index, after);
    System.arraycopy(tries, index + 1, tries, index, after);
    count--;
    if (count == 0) {
      deadline = Long.MAX_VALUE;
    }
  }

  /// A key frame made everything before it dispensable.
  public void onKeyFrame(long extendedSequence) {
    while (count > 0 && missing[0] < extendedSequence) {
      removeAt(0);
    }
  }

  /// Writes the numbers (16 bits, ascending) to ask for now and returns how many. Those that do not
  /// fit wait for the next call.
  ///
  /// @param rttNanos round trip to the sender, 0 when unknown
  public int poll(long nowNanos, long rttNanos, int[] out) {
    if (nowNanos < deadline) {
      return 0;
    }
    var wait = Math.clamp(rttNanos, RETRY_NANOS_MIN, RETRY_NANOS_MAX);
    var asked = 0;
    deadline = Long.MAX_VALUE;
    for (var i = 0; i < count; i++) {
      if (newest - missing[i] > AGE_MAX || (due[i] <= nowNanos && tries[i] >= TRIES_MAX)) {
        removeAt(i--);
        given++;
        isKeyFrameWished = true;
        continue;
      }
      if (due[i] <= nowNanos && asked < out.length) {
        out[asked++] = SeqNo.wire16(missing[i]);
        due[i] = nowNanos + Math.min(wait << Math.min(tries[i] / 2, 4), RETRY_NANOS_MAX);
        tries[i]++;
      }
      deadline = Math.min(deadline, due[i]);
    }
    return asked;
  }

  /// When to call [#poll], or `Long.MAX_VALUE`.
  public long deadlineNanos() {
    return deadline;
  }

  /// Whether packets were given up since the last call, so that only a key frame repairs.
  public boolean takeKeyFrameWish() {
    var wished = isKeyFrameWished;
    isKeyFrameWished = false;
    return wished;
  }

  /// Packets that were given up.
  public long givenUp() {
    return given;
  }

  /// Packets waited for now.
  public int missingCount() {
    return count;
  }
}
