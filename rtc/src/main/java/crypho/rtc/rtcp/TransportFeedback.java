package crypho.rtc.rtcp;

import static crypho.rtc.rtp.Octets.i32;
import static crypho.rtc.rtp.Octets.u16;
import static crypho.rtc.rtp.Octets.u24;
import static crypho.rtc.rtp.Octets.u8;

import crypho.rtc.rtp.SeqNo;

/// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1), as it was
/// read or as it is to be written: for each packet from [#baseSequenceNumber] on, whether and when
/// its receiver got it, in ticks of the receiver's clock. Reused; one a transport and direction,
/// since the reference time that is read (24 bits of 64 ms) is extended from packet to packet. One
/// owner thread.
public class TransportFeedback {
  /// In place of a time: the packet has not arrived (yet).
  public static final long NOT_RECEIVED = Long.MIN_VALUE;

  /// The unit of arrival times: 250 µs.
  public static final long TICK_NANOS = 250_000;

  /// Packets that one feedback may speak of; browsers send one every 50 to 250 ms. A longer one
  /// (the format allows 65,535) is malformed.
  public static final int PACKETS_MAX = 8_192;

  /// Ticks in one unit of the reference time.
  static final int TICKS_PER_REFERENCE = 256;

  static final int HEADER_LENGTH = 20;
  static final int SYMBOL_MISSING = 0;
  static final int SYMBOL_SMALL = 1;
  static final int SYMBOL_LARGE = 2;
  static final int RUN_MAX = 0x1fff;

  private final long[] arrivals = new long[PACKETS_MAX];
  private final byte[] symbols = new byte[PACKETS_MAX];
  private int ssrc;
  private int base;
  private int count;
  private int feedbackCount;
  private long reference = Long.MIN_VALUE;

  /// Starts a feedback of our own, to be written: the packet at position `i` has the number
  /// `baseSequenceNumber + i` modulo 2^16.
  ///
  /// @param feedbackCount the low 8 bits count feedback packets
  public void reset(int baseSequenceNumber, int feedbackCount) {
    this.base = baseSequenceNumber & 0xffff;
    this.feedbackCount = feedbackCount & 0xff;
    count = 0;
  }

  /// Adds the next packet.
  ///
  /// @param ticks its arrival, or [#NOT_RECEIVED]
  /// @return whether there was room
  public boolean add(long ticks) {
    if (count == PACKETS_MAX) {
      return false;
    }
    arrivals[count++] = ticks;
    return true;
  }

  /// Reads one RTCP packet, header included, padding excluded. False where the counts contradict
  /// the length or a status is reserved; then the object means nothing.
  public boolean read(byte[] data, int offset, int length) {
    if (length < HEADER_LENGTH + 2) {
      return false;
    }
    ssrc = i32(data, offset + 8);
    base = u16(data, offset + 12);
    count = u16(data, offset + 14);
    feedbackCount = u8(data, offset + 19);
    if (count == 0 || count > PACKETS_MAX) {
      return false;
    }
    var end = offset + length;
    var at = readChunks(data, offset + HEADER_LENGTH, end);
    return at >= 0 && readDeltas(data, at, end, u24(data, offset + 16));
  }

  private int readChunks(byte[] data, int start, int end) {
    var at = start;
    var known = 0;
    while (known < count) {
      if (at + 2 > end) {
        return -1;
      }
      var chunk = u16(data, at);
      at += 2;
      var before = known;
      known = (chunk & 0x8000) == 0 ? run(chunk, known) : vector(chunk, known);
      if (known <= before) {
        return -1;
      }
    }
    return at;
  }

  /// Returns how many statuses are known now; not more than before if the chunk is senseless.
  private int run(int chunk, int known) {
    var symbol = chunk >> 13 & 3;
    if (symbol == 3) {
      return known;
    }
    var to = Math.min(count, known + (chunk & RUN_MAX));
    for (var i = known; i < to; i++) {
      symbols[i] = (byte) symbol;
    }
    return to;
  }

  private int vector(int chunk, int known) {
    var bits = (chunk & 0x4000) == 0 ? 1 : 2;
    var i = known;
    for (var shift = 14 - bits; shift >= 0 && i < count; shift -= bits) {
      var symbol = chunk >> shift & (1 << bits) - 1;
      if (symbol == 3) {
        return known;
      }
      symbols[i++] = (byte) symbol;
    }
    return i;
  }

  private boolean readDeltas(byte[] data, int start, int end, int wireReference) {
    var signed = wireReference << 8 >> 8;
    var extended =
        reference == Long.MIN_VALUE ? signed : SeqNo.extend(wireReference, 24, reference);
    var time = extended * TICKS_PER_REFERENCE;
    var at = start;
    for (var i = 0; i < count; i++) {
      var symbol = symbols[i];
      if (symbol == SYMBOL_MISSING) {
        arrivals[i] = NOT_RECEIVED;
        continue;
      }
      if (at + symbol > end) {
        return false;
      }
      time += symbol == SYMBOL_SMALL ? u8(data, at) : (short) u16(data, at);
      at += symbol;
      arrivals[i] = time;
    }
    reference = extended;
    return true;
  }

  /// The stream that the feedback names; it speaks of the whole transport all the same.
  public int ssrc() {
    return ssrc;
  }

  /// The transport-wide number (16 bits) of the first packet.
  public int baseSequenceNumber() {
    return base;
  }

  /// The transport-wide number (16 bits) of the packet at a position.
  public int sequenceNumber(int index) {
    return (base + index) & 0xffff;
  }

  /// How many packets it speaks of, those that did not arrive included.
  public int count() {
    return count;
  }

  /// Counts feedback packets, 0 to 255, so that a lost one is noticed.
  public int feedbackCount() {
    return feedbackCount;
  }

  /// When the packet `baseSequenceNumber + index` arrived, or [#NOT_RECEIVED].
  public long arrivalTicks(int index) {
    return arrivals[index];
  }

  /// All arrivals: [#count] of them are valid until the next [#read] or [#reset]. Not to be written
  /// to.
  public long[] arrivals() {
    return arrivals;
  }
}
