package crypho.rtc.bwe;

import crypho.rtc.rtcp.TransportFeedback;

/// One sender with an estimator, one receiver with recorder, joined by a [Network].
final class Flow {
  static final int PACKET_BYTES = 1_200;

  final BandwidthEstimator estimator = new BandwidthEstimator();
  private final ArrivalRecorder recorder = new ArrivalRecorder();
  private final Network network;
  private final int frameMillis;
  private double owedBytes;
  private int next;
  private long wantedBps;
  private long sumBps;
  private long samples;

  /// Cuts the way back.
  boolean isMute;

  Flow(Network network, long wantedBps, int frameMillis) {
    this.network = network;
    this.wantedBps = wantedBps;
    this.frameMillis = frameMillis;
  }

  void wanted(long bps) {
    wantedBps = bps;
  }

  void tick(long now) {
    estimator.onTimeout(now);
    sumBps += estimator.estimateBps();
    samples++;
    owedBytes += Math.min(wantedBps, estimator.estimateBps()) / 8.0 / 1_000;
    if (now / Network.MILLI % frameMillis == 0) {
      for (; owedBytes >= PACKET_BYTES; owedBytes -= PACKET_BYTES) {
        send(now, PACKET_BYTES);
      }
    }
    for (var due = estimator.probeBytesDue(now); due > 0; due -= PACKET_BYTES) {
      send(now, Math.min(due, PACKET_BYTES));
    }
    var report = new TransportFeedback();
    if (recorder.deadlineNanos() <= now && recorder.report(now, report) && !isMute) {
      network.at(now + network.delayNanos, () -> estimator.onFeedback(network.now(), report));
    }
  }

  private void send(long now, int bytes) {
    var number = next++ & 0xffff;
    estimator.onSent(now, number, bytes);
    network.send(bytes, arrival -> recorder.onPacket(arrival, number));
  }

  /// The mean estimate since the last call.
  double meanBps() {
    var mean = (double) sumBps / samples;
    sumBps = 0;
    samples = 0;
    return mean;
  }
}
