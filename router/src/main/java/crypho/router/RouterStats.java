package crypho.router;

import crypho.rtc.rtcp.RoundTrip;
import crypho.wire.router.v1.ConsumerStats;
import crypho.wire.router.v1.LoopStats;
import crypho.wire.router.v1.ProducerStats;
import crypho.wire.router.v1.Stats;
import crypho.wire.router.v1.StreamStats;
import crypho.wire.router.v1.TransportStats;

/// Reads out a room's counters, on its loop.
final class RouterStats {
  private static final double NANOS_PER_MILLI = 1e6;

  private RouterStats() {}

  static Stats of(Router router) {
    var out = Stats.newBuilder();
    var now = System.nanoTime();
    for (var transport : router.transports) {
      out.addTransports(of(transport));
      for (var producer : transport.producers) {
        out.addProducers(of(producer, now));
      }
      for (var consumer : transport.consumers) {
        out.addConsumers(of(consumer));
      }
    }
    var loop = router.loop;
    return out.setLoop(
            LoopStats.newBuilder()
                .setDatagrams((double) loop.datagrams)
                .setPacketsForwarded((double) loop.forwarded)
                .setDropped((double) loop.dropped)
                .setSendFailures((double) loop.sendFailures()))
        .build();
  }

  private static TransportStats of(Transport transport) {
    var rtt =
        transport.consumers.stream()
            .mapToLong(c -> c.roundTrip.nanos())
            .filter(n -> n != RoundTrip.UNKNOWN)
            .min()
            .orElse(0);
    return TransportStats.newBuilder()
        .setTransportId(transport.id)
        .setIceState(transport.iceState())
        .setDtlsState(transport.dtlsState())
        .setPacketsReceived((double) transport.packetsReceived)
        .setPacketsSent((double) transport.packetsSent)
        .setBytesSent((double) transport.octetsSent)
        .setPacketsRefused((double) transport.refused)
        .setAvailableOutgoingBitrate(estimateBps(transport))
        .setRoundTripMs(rtt / NANOS_PER_MILLI)
        .build();
  }

  /// 0 where the client tells nothing from which one could be made.
  private static double estimateBps(Transport transport) {
    var bandwidth = transport.bandwidth;
    return bandwidth == null ? 0 : (double) bandwidth.estimateBps();
  }

  private static ProducerStats of(Producer producer, long nowNanos) {
    var out = ProducerStats.newBuilder().setProducerId(producer.id);
    for (var stream : producer.streams) {
      var layer = producer.media.isSvc() ? 3 : stream.index;
      out.addStreams(
          StreamStats.newBuilder()
              .setSsrc(stream.ssrc)
              .setRid(stream.rid == null ? "" : stream.rid)
              .setPackets((double) stream.stats.received())
              .setPacketsLost(stream.stats.isActive() ? stream.stats.lost() : 0)
              .setNacksSent((double) stream.nacksSent)
              .setKeyFramesAsked((double) stream.keyFramesAsked)
              .setBitrate((double) producer.rates.bitrateBps(layer, 7, nowNanos)));
    }
    return out.build();
  }

  private static ConsumerStats of(Consumer consumer) {
    return ConsumerStats.newBuilder()
        .setConsumerId(consumer.id)
        .setPacketsSent((double) consumer.packetsSent)
        .setBytesSent((double) consumer.octetsSent)
        .setPacketsResent((double) consumer.packetsResent)
        .setFractionLost(consumer.fractionLost / 256.0)
        .setSpatialLayer(consumer.switcher.currentSpatialLayer())
        .setTemporalLayer(consumer.switcher.currentTemporalLayer())
        .build();
  }
}
