package crypho.rtc.bwe;

/// One transport-wide feedback message (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1) in
/// the form in which parser, recorder and estimator share it: for each sequence number reported, in
/// ascending order without gaps, its arrival or that there was none. Reused; one owner thread.
public final class TransportWideFeedback {
  /// The most a message reports here; a longer one (the format allows 65,535) is malformed.
  public static final int PACKETS_MAX = 4_096;

  /// A packet that did not arrive.
  public static final long LOST = Long.MIN_VALUE;

  /// The unit of arrival times.
  public static final long TICK_NANOS = 250_000;

  private final long[] arrivals = new long[PACKETS_MAX];
  private int baseSequenceNumber;
  private int count;
  private int feedbackCount;

  /// Starts a message. The packet at position `i` has the sequence number `baseSequenceNumber + i`
  /// modulo 2^16.
  ///
  /// @param baseSequenceNumber from 0 to 65,535
  /// @param feedbackCount the message's own counter, from 0 to 255
  public void reset(int baseSequenceNumber, int feedbackCount) {
    this.baseSequenceNumber = baseSequenceNumber & 0xffff;
    this.feedbackCount = feedbackCount & 0xff;
    count = 0;
  }

  /// Adds the next packet.
  ///
  /// @param ticks its arrival by the receiver's clock in ticks of 250 µs: the reference time (of
  ///   256 ticks) plus all deltas up to this packet, so a number below 2^32 and a little, which
  ///   wraps with the 24 bits of reference time; or [#LOST]
  /// @return whether there was room
  public boolean add(long ticks) {
    if (count == PACKETS_MAX) {
      return false;
    }
    arrivals[count++] = ticks;
    return true;
  }

  public int baseSequenceNumber() {
    return baseSequenceNumber;
  }

  public int feedbackCount() {
    return feedbackCount;
  }

  /// How many packets are reported, lost ones included.
  public int count() {
    return count;
  }

  /// The sequence number at a position, from 0 to 65,535.
  public int sequenceNumber(int position) {
    return (baseSequenceNumber + position) & 0xffff;
  }

  /// The arrival at a position, or [#LOST].
  public long arrivalTicks(int position) {
    return arrivals[position];
  }
}
