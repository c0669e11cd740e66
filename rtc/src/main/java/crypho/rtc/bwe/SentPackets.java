package crypho.rtc.bwe;

/// What was sent, by transport-wide sequence number, until it is reported: a ring, so that the
/// oldest give way. Nothing is allocated after construction.
final class SentPackets {
  /// At 5,000 packets a second towards one receiver, 0.8 s.
  static final int PACKETS_MAX = 4_096;

  private static final int MASK = PACKETS_MAX - 1;

  private final long[] numbers = new long[PACKETS_MAX];
  private final long[] sentNanos = new long[PACKETS_MAX];
  private final int[] bytes = new int[PACKETS_MAX];
  private final int[] clusters = new int[PACKETS_MAX];
  private final byte[] states = new byte[PACKETS_MAX];
  private long highest = 0xffff;

  static final byte NONE = 0;
  static final byte FLYING = 1;
  static final byte REPORTED_LOST = 2;
  static final byte ARRIVED = 3;

  void add(long nowNanos, int sequenceNumber, int size, int cluster) {
    var number = extend(sequenceNumber);
    highest = Math.max(highest, number);
    var at = (int) number & MASK;
    numbers[at] = number;
    sentNanos[at] = nowNanos;
    bytes[at] = size;
    clusters[at] = cluster;
    states[at] = FLYING;
  }

  /// The place of a packet that was sent not long ago, or -1.
  int find(int sequenceNumber) {
    var number = extend(sequenceNumber);
    var at = (int) number & MASK;
    return states[at] != NONE && numbers[at] == number ? at : -1;
  }

  private long extend(int sequenceNumber) {
    return highest + (short) (sequenceNumber - (int) highest);
  }

  long sentNanos(int at) {
    return sentNanos[at];
  }

  int bytes(int at) {
    return bytes[at];
  }

  int cluster(int at) {
    return clusters[at];
  }

  byte state(int at) {
    return states[at];
  }

  void state(int at, byte state) {
    states[at] = state;
  }
}
