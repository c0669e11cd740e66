package crypho.rtc.bwe;

import crypho.rtc.rtcp.TransportFeedback;

/// Estimates what the path to one receiver carries (docs/protocol/congestion-control.md). One owner
/// thread; one a transport; nothing is allocated after construction.
///
/// | what the receiver gives | estimate |
/// |---|---|
/// | nothing yet | the start rate |
/// | transport-wide feedback | delay trend, loss and probes; REMB only as a ceiling |
/// | REMB and receiver reports alone | REMB, cut by loss |
/// | nothing for 1.5 s though we send | times 0.8 each second |
public final class BandwidthEstimator {
  public static final long START_BPS = 300_000;
  public static final long MIN_BPS = 30_000;
  public static final long MAX_BPS = 50_000_000;

  private static final double MILLIS = 1e6;
  private static final int LOSS_PACKETS_MIN = 20;
  private static final int LOSS_PACKETS = 100;
  private static final long LOSS_WINDOW_NANOS = 2_000_000_000L;
  private static final long SILENCE_NANOS = 1_500_000_000L;
  private static final long SILENCE_STEP_NANOS = 1_000_000_000L;
  private static final double SILENCE_FACTOR = 0.8;
  private static final long PROBE_INTERVAL_NANOS = 5_000_000_000L;

  /// Where it is known that more is wanted: what is sent has steps, and may not reach the next
  /// one's bits without.
  private static final long PROBE_INTERVAL_WANTING_NANOS = 2_000_000_000L;

  /// What is wanted is reached only with some more: a plan keeps a margin.
  private static final double WANTING = 0.8;

  private static final double PROBE_FIRST = 3;
  private static final double PROBE_NEXT = 2;
  private static final double PROBE_SUCCESS = 0.7;
  private static final double PROBE_WANTED = 1.5;
  private static final double LIMITED_BELOW = 0.7;

  private final SentPackets sent = new SentPackets();
  private final DelayTrend trend = new DelayTrend();
  private final RateControl control;
  private final Prober prober = new Prober();
  private final ByteWindow sentBytes = new ByteWindow();
  private final ByteWindow arrivedBytes = new ByteWindow();

  private long wantedBps = MAX_BPS;
  private long rembBps = MAX_BPS;
  private boolean hasFeedback;
  private boolean hasRemb;
  private boolean hasSent;
  private long arrivalTicks;
  private long lastSentNanos;
  private long lastFeedbackNanos;
  private long silenceDueNanos = Long.MAX_VALUE;
  private long probeDueNanos = Long.MAX_VALUE;
  private int reported;
  private int lost;
  private long lossSinceNanos;
  private double lastLoss;

  public BandwidthEstimator() {
    this(MIN_BPS, START_BPS, MAX_BPS);
  }

  /// @param minBps below which the estimate does not fall, in bits a second
  /// @param startBps before anything is known
  /// @param maxBps above which it does not rise
  public BandwidthEstimator(long minBps, long startBps, long maxBps) {
    if (minBps <= 0 || startBps < minBps || maxBps < startBps) {
      throw new IllegalArgumentException("0 < min ≤ start ≤ max");
    }
    control = new RateControl(minBps, startBps, maxBps);
  }

  /// What may be sent, in bits a second, all packets of the transport together.
  public long estimateBps() {
    return Math.min(control.bps(), rembBps);
  }

  /// The part of the packets that was lost of late, from 0 to 1.
  public double loss() {
    return lastLoss;
  }

  /// Whether the receiver has given anything to estimate from.
  public boolean isKnown() {
    return hasFeedback || hasRemb;
  }

  /// Whether a probe is going out: then [#probeBytesDue] is to be asked at [#deadlineNanos].
  public boolean isProbing() {
    return prober.isSending();
  }

  /// Something will have to be sent: the first probe is due, though nothing has gone out yet.
  public void begin(long nowNanos) {
    if (!hasSent) {
      hasSent = true;
      probeDueNanos = nowNanos;
      lossSinceNanos = nowNanos;
    }
  }

  /// Whether the path showed a growing queue or high loss within the last second: time to pace.
  public boolean isCongested(long nowNanos) {
    return control.isCongested(nowNanos);
  }

  /// Says how much there would be to send if the path bore it; above that there is no probing.
  public void wanted(long bps) {
    wantedBps = bps;
  }

  /// Takes note of a packet as it goes out: media, retransmission, padding; not one without the
  /// extension.
  ///
  /// @param sequenceNumber the transport-wide one, from 0 to 65,535
  /// @param bytes of the UDP payload
  public void onSent(long nowNanos, int sequenceNumber, int bytes) {
    begin(nowNanos);
    if (silenceDueNanos == Long.MAX_VALUE && hasFeedback) {
      silenceDueNanos = nowNanos + SILENCE_NANOS;
    }
    lastSentNanos = nowNanos;
    sentBytes.add(nowNanos, bytes);
    sent.add(nowNanos, sequenceNumber, bytes, prober.onSent(nowNanos, bytes));
  }

  /// Takes the receiver's feedback, once it is authentic.
  public void onFeedback(long nowNanos, TransportFeedback feedback) {
    var isFirst = !hasFeedback;
    hasFeedback = true;
    hasRemb = false;
    rembBps = MAX_BPS;
    lastFeedbackNanos = nowNanos;
    silenceDueNanos = Long.MAX_VALUE;
    var isOverused = false;
    var newest = Long.MIN_VALUE;
    var newestArrival = 0L;
    for (var i = 0; i < feedback.count(); i++) {
      var ticks = feedback.arrivalTicks(i);
      var at = sent.find(feedback.sequenceNumber(i));
      if (at < 0) {
        continue;
      }
      if (ticks == TransportFeedback.NOT_RECEIVED) {
        onLost(at);
      } else if (sent.state(at) != SentPackets.ARRIVED) {
        if (isFirst) {
          arrivalTicks = ticks;
          isFirst = false;
        }
        newestArrival = onArrived(nowNanos, at, ticks);
        newest = Math.max(newest, sent.sentNanos(at));
        isOverused |= trend.usage() == DelayTrend.Usage.OVERUSE;
      }
    }
    if (newest == Long.MIN_VALUE) {
      return;
    }
    control.onRtt(nowNanos - newest);
    judgeLoss(nowNanos);
    var rate = control.bps();
    var sentBps = sentBytes.bps(nowNanos);
    control.onUsage(
        nowNanos,
        isOverused ? DelayTrend.Usage.OVERUSE : trend.usage(),
        (double) arrivedBytes.bps(newestArrival),
        sentBps > 0 && sentBps < LIMITED_BELOW * rate);
    if (isOverused) {
      prober.stop();
    }
  }

  private void onLost(int at) {
    if (sent.state(at) == SentPackets.FLYING) {
      sent.state(at, SentPackets.REPORTED_LOST);
      reported++;
      lost++;
    }
  }

  /// Answers the arrival in nanoseconds by the receiver's clock.
  private long onArrived(long nowNanos, int at, long ticks) {
    if (sent.state(at) == SentPackets.REPORTED_LOST) {
      lost = Math.max(0, lost - 1);
    } else {
      reported++;
    }
    sent.state(at, SentPackets.ARRIVED);
    arrivalTicks += (int) (ticks - arrivalTicks);
    var arrivalNanos = arrivalTicks * TransportFeedback.TICK_NANOS;
    var bytes = sent.bytes(at);
    arrivedBytes.add(arrivalNanos, bytes);
    trend.onPacket(sent.sentNanos(at) / MILLIS, arrivalNanos / MILLIS);
    var cluster = sent.cluster(at);
    if (cluster != 0) {
      proved(nowNanos, prober.onArrival(cluster, arrivalNanos, bytes));
    }
    return arrivalNanos;
  }

  private void proved(long nowNanos, double bps) {
    if (bps == 0) {
      return;
    }
    control.onProbe(nowNanos, Math.min(bps, prober.rateBps()));
    if (bps > PROBE_SUCCESS * prober.rateBps()) {
      probe(nowNanos, PROBE_NEXT * bps);
    }
  }

  private void judgeLoss(long nowNanos) {
    if (reported < LOSS_PACKETS
        && (nowNanos - lossSinceNanos < LOSS_WINDOW_NANOS || reported < LOSS_PACKETS_MIN)) {
      return;
    }
    lastLoss = (double) lost / reported;
    control.onLoss(nowNanos, lastLoss);
    reported = 0;
    lost = 0;
    lossSinceNanos = nowNanos;
  }

  /// Takes a receiver's estimate of its own (draft-alvestrand-rmcat-remb): the estimate where there
  /// is no feedback, and nothing where there is: a browser that gives feedback makes none of its
  /// own, and may report a rest of one, of a stream that has just ended.
  public void onRemb(long bps) {
    if (hasFeedback) {
      return;
    }
    hasRemb = true;
    rembBps = Math.max(bps, MIN_BPS);
    control.onProbe(lastSentNanos, (double) rembBps);
  }

  /// Takes the loss of a receiver report (RFC 3550 §6.4.1): of use where there is no transport-wide
  /// feedback.
  ///
  /// @param fractionLost in 256ths
  public void onReceiverReport(long nowNanos, int fractionLost, long rttNanos) {
    if (!hasFeedback) {
      control.onRtt(rttNanos);
      lastLoss = fractionLost / 256.0;
      control.onLoss(nowNanos, lastLoss);
    }
  }

  /// How many bytes of padding or retransmission should go out now as part of a probe: in packets
  /// of up to 1,200 bytes, each told to [#onSent]. 0 where nothing is due.
  public int probeBytesDue(long nowNanos) {
    return prober.bytesDue(nowNanos);
  }

  /// When [#onTimeout] and [#probeBytesDue] should be asked next.
  public long deadlineNanos() {
    return Math.min(prober.deadlineNanos(), Math.min(silenceDueNanos, probeDueNanos));
  }

  /// Does what time asks for.
  public void onTimeout(long nowNanos) {
    prober.onTimeout(nowNanos);
    if (nowNanos >= silenceDueNanos) {
      control.onSilence(SILENCE_FACTOR);
      silenceDueNanos =
          lastSentNanos > lastFeedbackNanos ? nowNanos + SILENCE_STEP_NANOS : Long.MAX_VALUE;
    }
    if (nowNanos >= probeDueNanos) {
      var interval = probeInterval();
      var calmNanos = control.lastDecreaseNanos() + interval;
      if (nowNanos < calmNanos) {
        probeDueNanos = calmNanos;
        return;
      }
      if (!hasRemb) {
        var isBold = !hasFeedback || isWanting();
        probe(nowNanos, (isBold ? PROBE_FIRST : PROBE_NEXT) * control.bps());
      }
      probeDueNanos = nowNanos + interval;
    }
  }

  private boolean isWanting() {
    return wantedBps < MAX_BPS && wantedBps > WANTING * control.bps();
  }

  private long probeInterval() {
    return isWanting() ? PROBE_INTERVAL_WANTING_NANOS : PROBE_INTERVAL_NANOS;
  }

  private void probe(long nowNanos, double bps) {
    var ceiling = Math.min(PROBE_WANTED * wantedBps, MAX_BPS);
    if (prober.isIdle() && ceiling > control.bps()) {
      prober.begin(nowNanos, Math.min(bps, ceiling));
    }
  }
}
