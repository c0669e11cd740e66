package crypho.router;

import crypho.rtc.rtcp.RoundTrip;
import crypho.wire.router.v1.ConsumerStats;
import crypho.wire.router.v1.LoopStats;
import crypho.wire.router.v1.ProducerStats;
import crypho.wire.router.v1.Stats;
import crypho.wire.router.v1.StreamStats;
import crypho.wire.router.v1.TransportStats;
import org.jspecify.annotations.Nullable;

/// Reads out counters, on the loop that they belong to.
final class RouterStats {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final int TEMPORAL_ALL = 7;
  private static final int SPATIAL_ALL = 3;

  private RouterStats() {}

  /// What one loop has, of a room if one is given.
  static Stats of(RouterLoop loop, @Nullable Router router) {
    var out = Stats.newBuilder();
    var now = System.nanoTime();
    var branch = router == null ? null : router.knownBranch(loop);
    if (branch != null) {
      for (var transport : branch.transports) {
        out.addTransports(of(transport));
        for (var producer : transport.producers) {
          out.addProducers(of(producer, now));
        }
        for (var consumer : transport.consumers) {
          out.addConsumers(of(consumer, now));
        }
      }
    }
    return out.addLoops(
            LoopStats.newBuilder()
                .setDatagrams((double) loop.datagrams)
                .setPacketsForwarded((double) loop.forwarded)
                .setDropped((double) loop.dropped)
                .setSendFailures((double) loop.sendFailures())
                .setPacketsPerSecond((double) loop.load().packetsPerSecond())
                .setCpuShare(loop.load().cpuShare())
                .setTransports(loop.transports.size())
                .setPacketsLeftBehind((double) loop.leftBehind())
                .setRateLimited((double) loop.rateLimited())
                .setOversized((double) loop.oversized())
                .setFaults((double) loop.faults)
                .setTcpConnections(loop.tcp().connections())
                .setTcpRefused((double) loop.tcp().refused())
                .setTcpBroken((double) loop.tcp().broken())
                .setTcpTooSlow((double) loop.tcp().tooSlow()))
        .build();
  }

  private static TransportStats of(Transport transport) {
    var rtt =
        transport.consumers.stream()
            .mapToLong(c -> c.roundTrip.nanos())
            .filter(n -> n != RoundTrip.UNKNOWN)
            .min()
            .orElse(0);
    var bandwidth = transport.bandwidth;
    var receiver = transport.receiver;
    var probed = transport.consumers.stream().mapToLong(c -> c.probeOctetsSent).sum();
    return TransportStats.newBuilder()
        .setTransportId(transport.id)
        .setIceState(transport.iceState())
        .setDtlsState(transport.dtlsState())
        .setPacketsReceived((double) transport.packetsReceived)
        .setPacketsSent((double) transport.packetsSent)
        .setBytesSent((double) transport.octetsSent)
        .setBytesReceived((double) transport.octetsReceived)
        .setPacketsRefused(
            (double) transport.refused + receiver.unknownStreams + receiver.malformed)
        .setPacketsOfUnknownStreams((double) receiver.unknownStreams)
        .setPacketsMalformed((double) receiver.malformed)
        .setPacketsDuplicate((double) receiver.duplicates)
        .setAvailableOutgoingBitrate(bandwidth == null ? 0 : (double) bandwidth.estimateBps())
        .setFractionLost(bandwidth == null ? 0 : bandwidth.loss())
        .setPlannedOutgoingBitrate((double) transport.plan.plannedBps())
        .setWantedOutgoingBitrate((double) transport.plan.wantedBps())
        .setProbeBytesSent((double) probed)
        .setRoundTripMs(rtt / NANOS_PER_MILLI)
        .setLoop(transport.loop.index)
        .setProtocol(transport.protocol())
        .setResendsWithheld((double) transport.withheld)
        .build();
  }

  private static ProducerStats of(Producer producer, long nowNanos) {
    var out =
        ProducerStats.newBuilder()
            .setProducerId(producer.id)
            .setPaused(producer.isPaused)
            .setScore(producer.score.last())
            .setInLastN(!producer.isOutsideLastN);
    for (var stream : producer.streams) {
      var layer = producer.media.isSvc() ? SPATIAL_ALL : stream.index;
      out.addStreams(
          StreamStats.newBuilder()
              .setSsrc(stream.ssrc)
              .setRid(stream.rid == null ? "" : stream.rid)
              .setPackets((double) stream.stats.received())
              .setBytes((double) stream.octets)
              .setPacketsLost(stream.stats.isActive() ? stream.stats.lost() : 0)
              .setJitter((double) stream.stats.jitter() / producer.media.clockRate())
              .setNacksSent((double) stream.nacksSent)
              .setKeyFrames((double) stream.keyFramesSeen)
              .setKeyFramesAsked((double) stream.keyFramesAsked)
              .setBitrate((double) producer.rates.bitrateBps(layer, TEMPORAL_ALL, nowNanos)));
    }
    return out.build();
  }

  private static ConsumerStats of(Consumer consumer, long nowNanos) {
    var rtt = consumer.roundTrip.nanos();
    return ConsumerStats.newBuilder()
        .setConsumerId(consumer.id)
        .setProducerId(consumer.producer.id)
        .setSsrc(consumer.ssrc)
        .setPacketsSent((double) consumer.packetsSent)
        .setBytesSent((double) consumer.octetsSent)
        .setPacketsResent((double) consumer.packetsResent)
        .setNacksReceived((double) consumer.nacksReceived)
        .setKeyFramesWanted((double) consumer.keyFramesWanted)
        .setLayerSwitches((double) consumer.switcher.switches())
        .setBitrate((double) consumer.bitrateBps(nowNanos))
        .setFractionLost(consumer.fractionLost / 256.0)
        .setScore(consumer.score())
        .setSuspension(consumer.suspension())
        .setRoundTripMs(rtt == RoundTrip.UNKNOWN ? 0 : rtt / NANOS_PER_MILLI)
        .setSpatialLayer(consumer.switcher.currentSpatialLayer())
        .setTemporalLayer(consumer.switcher.currentTemporalLayer())
        .build();
  }
}
