package crypho.rtc.bwe;

/// Probe clusters: for some 30 ms more is sent than the estimate, and how fast it arrives proves
/// how much the path carries. One cluster at a time; packets of media count into it, padding fills
/// it up.
///
/// | state | goes on when |
/// |---|---|
/// | idle | a cluster is begun |
/// | sending | its bytes and packets are out |
/// | waiting | four fifths have arrived: the result; or a second has passed: none |
final class Prober {
  static final int PACKETS_MIN = 5;
  static final int PACKET_BYTES = 1_200;

  private static final long DURATION_NANOS = 30_000_000;

  /// Asked no more often, also where the owner has no padding to send.
  private static final long ASK_NANOS = 1_000_000;

  private static final long WAIT_NANOS = 1_000_000_000;
  private static final double ARRIVED_MIN = 0.8;
  private static final double SAFETY = 0.95;
  private static final double VALID_MAX = 2;

  private enum State {
    IDLE,
    SENDING,
    WAITING
  }

  private State state = State.IDLE;
  private int cluster;
  private double rateBps;
  private long beganNanos;
  private long askedNanos;
  private long bytesTarget;
  private long bytesSent;
  private int packetsSent;
  private int lastSentBytes;
  private long firstSentNanos;
  private long lastSentNanos;
  private long bytesArrived;
  private int packetsArrived;
  private int firstArrivedBytes;
  private long firstArrivalNanos;
  private long lastArrivalNanos;

  boolean isIdle() {
    return state == State.IDLE;
  }

  boolean isSending() {
    return state == State.SENDING;
  }

  double rateBps() {
    return rateBps;
  }

  void begin(long nowNanos, double bps) {
    state = State.SENDING;
    cluster++;
    rateBps = bps;
    beganNanos = nowNanos;
    askedNanos = nowNanos - ASK_NANOS;
    bytesTarget =
        Math.max(PACKETS_MIN * PACKET_BYTES, (long) (bps / 8 * DURATION_NANOS / 1_000_000_000));
    bytesSent = 0;
    packetsSent = 0;
    bytesArrived = 0;
    packetsArrived = 0;
  }

  void stop() {
    state = State.IDLE;
  }

  /// How many bytes of padding the cluster lacks now.
  int bytesDue(long nowNanos) {
    if (state != State.SENDING) {
      return 0;
    }
    askedNanos = nowNanos;
    var planned = PACKET_BYTES + rateBps / 8 * (nowNanos - beganNanos) / 1e9;
    var due = Math.min((long) planned, bytesTarget) - bytesSent;
    return due < PACKET_BYTES / 2 ? 0 : (int) Math.min(due, bytesTarget);
  }

  long deadlineNanos() {
    return switch (state) {
      case IDLE -> Long.MAX_VALUE;
      case SENDING ->
          Math.max(
              beganNanos + (long) (Math.max(0, bytesSent - PACKET_BYTES / 2) * 8 / rateBps * 1e9),
              askedNanos + ASK_NANOS);
      case WAITING -> lastSentNanos + WAIT_NANOS;
    };
  }

  void onTimeout(long nowNanos) {
    var sinceNanos = state == State.WAITING ? lastSentNanos : beganNanos;
    if (state != State.IDLE && nowNanos - sinceNanos >= WAIT_NANOS) {
      state = State.IDLE;
    }
  }

  /// Takes note of a packet sent; the number of the cluster it belongs to, or 0.
  int onSent(long nowNanos, int bytes) {
    if (state != State.SENDING) {
      return 0;
    }
    if (packetsSent == 0) {
      firstSentNanos = nowNanos;
    }
    packetsSent++;
    bytesSent += bytes;
    lastSentBytes = bytes;
    lastSentNanos = nowNanos;
    if (bytesSent >= bytesTarget) {
      state = State.WAITING;
    }
    return cluster;
  }

  /// Takes note of an arrival; the rate proved once enough have come, else 0.
  double onArrival(int ofCluster, long arrivalNanos, int bytes) {
    if (state == State.IDLE || ofCluster != cluster) {
      return 0;
    }
    if (packetsArrived == 0 || arrivalNanos < firstArrivalNanos) {
      firstArrivalNanos = arrivalNanos;
      firstArrivedBytes = bytes;
    }
    lastArrivalNanos =
        packetsArrived == 0 ? arrivalNanos : Math.max(lastArrivalNanos, arrivalNanos);
    packetsArrived++;
    bytesArrived += bytes;
    if (state != State.WAITING || packetsArrived < ARRIVED_MIN * packetsSent) {
      return 0;
    }
    state = State.IDLE;
    return result();
  }

  private double result() {
    var sentSeconds = Math.max(lastSentNanos - firstSentNanos, 1_000_000) / 1e9;
    var arrivedSeconds = Math.max(lastArrivalNanos - firstArrivalNanos, 1_000_000) / 1e9;
    var sentBps = (bytesSent - lastSentBytes) * 8 / sentSeconds;
    var arrivedBps = (bytesArrived - firstArrivedBytes) * 8 / arrivedSeconds;
    if (arrivedBps > VALID_MAX * sentBps) {
      return 0;
    }
    return SAFETY * Math.min(sentBps, arrivedBps);
  }
}
