package crypho.router;

import crypho.rtc.rtcp.RtcpReader;
import crypho.rtc.rtcp.RtcpVisitor;
import crypho.rtc.rtcp.RtcpWriter;
import crypho.rtc.rtcp.TransportFeedback;
import crypho.rtc.rtcp.TransportFeedbackWriter;

/// One transport's RTCP: what a client reports about what it gets, and what it is told about what
/// it sends. One owner thread.
///
/// | towards a sender | when |
/// | --- | --- |
/// | NACK | as [crypho.rtc.rtp.NackGenerator] says |
/// | PLI | as [crypho.rtc.rtp.KeyFrameRequester] says |
/// | transport-wide feedback | every 75 ms while packets come |
/// | RR | every second |
///
/// | towards a receiver | when |
/// | --- | --- |
/// | SR and CNAME of each consumer | every second |
/// | RTX | at once, for a NACK, as far as [crypho.rtc.bwe.Pacer] lets it |
final class MediaFeedback implements RtcpVisitor {
  private static final long REPORT_NANOS = 1_000_000_000L;
  private static final int COMPOUND_BYTES_MAX = FeedbackScratch.COMPOUND_BYTES_MAX;

  private final Transport transport;
  private final RtcpReader reader = new RtcpReader();
  private final RtcpWriter writer = new RtcpWriter();
  private final TransportFeedbackWriter arrivalsWriter;
  private final TransportFeedback arrivals;
  private final int[] missing;
  private final byte[] plain;
  private final byte[] out;
  private final int ssrc;
  private long nowNanos;
  private long reportDueNanos = Long.MIN_VALUE;
  private int feedbackCount;

  MediaFeedback(Transport transport) {
    this.transport = transport;
    this.ssrc = transport.router.newSsrc();
    var room = transport.loop.feedbackScratch;
    arrivalsWriter = room.arrivalsWriter;
    arrivals = room.arrivals;
    missing = room.missing;
    plain = room.plain;
    out = room.out;
  }

  // --- in ---

  void onRtcp(byte[] data, int offset, int length, long now) {
    var octets = transport.receiver.unprotectRtcp(data, offset, length, plain);
    if (octets < 0) {
      transport.refused++;
      return;
    }
    nowNanos = now;
    if (reader.read(plain, 0, octets, this) < 0) {
      transport.refused++;
    }
  }

  @Override
  public boolean isSent(int of) {
    return transport.consumer(of) != null;
  }

  @Override
  public void senderReport(int of, long ntp, int rtpTimestamp, int packets, int octets) {
    var stream = transport.receiver.stream(of);
    if (stream != null) {
      var at = nowNanos;
      var index = stream.index;
      stream.stats.onSenderReport(ntp, at);
      stream.producer.onEach(p -> p.streams[index].clock.onSenderReport(ntp, rtpTimestamp, at));
    }
  }

  @Override
  public void reportBlock(
      int of, int fraction, int lost, int highest, int jitter, int lastReport, int delay) {
    var consumer = transport.consumer(of);
    if (consumer != null) {
      consumer.fractionLost = fraction;
      var rtt = consumer.roundTrip.onReportBlock(lastReport, delay, nowNanos);
      if (rtt > 0) {
        var bandwidth = transport.bandwidth;
        if (bandwidth != null) {
          bandwidth.onReceiverReport(nowNanos, fraction, rtt);
        }
      }
    }
  }

  @Override
  public void nack(int of, int sequenceNumber) {
    var consumer = transport.consumer(of);
    if (consumer != null) {
      consumer.nacksReceived++;
      transport.resend(consumer, sequenceNumber, nowNanos);
    }
  }

  @Override
  public void pictureLoss(int of) {
    var consumer = transport.consumer(of);
    if (consumer != null && consumer.switcher.currentSource() >= 0) {
      consumer.keyFramesWanted++;
      consumer.producer.streams[consumer.switcher.currentSource()].keyFrames.request();
    }
  }

  @Override
  public void fullIntraRequest(int of, int commandSequence) {
    pictureLoss(of);
  }

  @Override
  public void receiverEstimatedBitrate(long bitrateBps) {
    transport.bandwidth().onRemb(bitrateBps);
  }

  @Override
  public void transportFeedback(TransportFeedback feedback) {
    transport.bandwidth().onFeedback(nowNanos, feedback);
  }

  // --- out ---

  void onTick(long now) {
    var recorder = transport.receiver.arrivals();
    if (recorder != null && now >= recorder.deadlineNanos() && recorder.report(now, arrivals)) {
      tellArrivals();
    }
    writer.begin(out, 0, COMPOUND_BYTES_MAX);
    for (var i = 0; i < transport.producers.size(); i++) {
      for (var stream : transport.producers.get(i).streams) {
        if (stream.hasSsrc) {
          askForPackets(stream, now);
          askForKeyFrame(stream, now);
        }
      }
    }
    send();
    if (now >= reportDueNanos) {
      reportDueNanos = now + REPORT_NANOS;
      reportReception(now);
      reportSending(now);
    }
  }

  private void send() {
    if (writer.length() > 0) {
      transport.sendRtcp(out, writer.length());
    }
    writer.begin(out, 0, COMPOUND_BYTES_MAX);
  }

  private void askForPackets(IncomingStream stream, long now) {
    var nacks = stream.nacks;
    if (nacks == null || now < nacks.deadlineNanos()) {
      return;
    }
    var count = nacks.poll(now, 0, missing);
    var from = 0;
    while (from < count) {
      var written = writer.nack(ssrc, stream.ssrc, missing, from, count - from);
      from += written;
      if (written == 0) {
        send();
      }
    }
    stream.nacksSent += count;
    if (nacks.takeKeyFrameWish()) {
      stream.keyFrames.request();
    }
  }

  private void askForKeyFrame(IncomingStream stream, long now) {
    if (stream.keyFrames.poll(now)) {
      stream.keyFramesAsked++;
      if (!writer.pictureLoss(ssrc, stream.ssrc)) {
        send();
        writer.pictureLoss(ssrc, stream.ssrc);
      }
    }
  }

  private void tellArrivals() {
    var count = arrivals.count();
    var ticks = arrivals.arrivals();
    var base = (long) arrivals.baseSequenceNumber();
    var media = firstSsrc();
    var from = 0;
    while (from < count) {
      var length =
          arrivalsWriter.write(
              out,
              0,
              COMPOUND_BYTES_MAX,
              ssrc,
              media,
              feedbackCount,
              base + from,
              ticks,
              from,
              count - from);
      if (length < 0) {
        return;
      }
      feedbackCount++;
      transport.sendRtcp(out, length);
      from += arrivalsWriter.consumed();
    }
  }

  private int firstSsrc() {
    for (var producer : transport.producers) {
      if (producer.streams[0].hasSsrc) {
        return producer.streams[0].ssrc;
      }
    }
    return 0;
  }

  private void reportReception(long now) {
    if (transport.producers.isEmpty() || !writer.receiverReport(ssrc)) {
      return;
    }
    var blocks = 0;
    for (var producer : transport.producers) {
      for (var stream : producer.streams) {
        if (stream.hasSsrc
            && stream.stats.isActive()
            && stream.stats.report(stream.ssrc, now, writer)) {
          blocks++;
        }
      }
    }
    if (blocks > 0) {
      writer.cname(ssrc, transport.router.cname);
      send();
    }
    writer.begin(out, 0, COMPOUND_BYTES_MAX);
  }

  private void reportSending(long now) {
    for (var consumer : transport.consumers) {
      var source = consumer.switcher.currentSource();
      if (source < 0 || consumer.packetsSent == 0) {
        continue;
      }
      var clock = consumer.producer.streams[source].clock;
      if (!clock.isSynchronized()) {
        continue;
      }
      var ntp = clock.ntpAt(now);
      var timestamp = clock.rtpAt(now) + consumer.switcher.timestampOffset();
      if (!report(consumer, ntp, timestamp)) {
        send();
        report(consumer, ntp, timestamp);
      }
      consumer.roundTrip.onSenderReportSent(ntp, now);
    }
    send();
  }

  private boolean report(Consumer consumer, long ntp, int timestamp) {
    return writer.senderReport(
            consumer.ssrc,
            ntp,
            timestamp,
            (int) consumer.packetsSent,
            (int) consumer.payloadOctetsSent)
        && writer.cname(consumer.ssrc, consumer.producer.cname());
  }
}
