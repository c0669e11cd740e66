package crypho.router;

import crypho.rtc.rtp.OutgoingHeader;
import crypho.wire.router.v1.Consume;
import crypho.wire.router.v1.Consumed;
import crypho.wire.router.v1.ConsumerClosed;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.Layers;
import crypho.wire.router.v1.Produce;
import crypho.wire.router.v1.Produced;
import crypho.wire.router.v1.ProducerPaused;
import crypho.wire.router.v1.View;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Carries out what is asked about producers and consumers. Steps run on the loop that owns them;
/// consuming a producer of another loop goes by way of that one.
final class MediaControl {
  /// Streams begin in the lower half of the numbers: a receiver that missed the first packets would
  /// not see a turn that came among them, and could then authenticate nothing (RFC 3711 §3.3.1).
  private static final int FIRST_SEQUENCE_MAX = 0x7fff;

  /// Producers of one transport, and consumers.
  private static final int PRODUCERS_MAX = 16;

  private static final int CONSUMERS_MAX = 1_024;

  /// Longer sides than any camera's.
  private static final int SIDE_MAX = 16_384;

  private final Registry registry;

  MediaControl(Registry registry) {
    this.registry = registry;
  }

  // --- producers ---

  ControlReply produce(Transport transport, Produce request) {
    if (transport.producers.size() >= PRODUCERS_MAX) {
      return Replies.error(
          ControlError.Code.LIMIT, "the transport has as many producers as it may have");
    }
    try {
      var media = RtpNegotiation.media(request);
      var isVideo = request.getKind().equals("video");
      var producer =
          new Producer(registry.newId(), transport, isVideo, media, request.getRtpParameters());
      producer.isPaused = request.getPaused();
      producer.isExempt = request.getOutsideLastN();
      producer.width = Math.clamp(request.getWidth(), 0, SIDE_MAX);
      producer.height = Math.clamp(request.getHeight(), 0, SIDE_MAX);
      registry.producers.put(producer.id, producer);
      transport.producers.add(producer);
      transport.receiver.add(producer);
      var router = transport.router;
      router.loop.execute(() -> router.floor.add(producer, System.nanoTime()));
      return ControlReply.newBuilder()
          .setProduced(Produced.newBuilder().setProducerId(producer.id))
          .build();
    } catch (RtpNegotiation.Unusable e) {
      return Replies.error(ControlError.Code.INVALID, "unusable: " + e.getMessage());
    }
  }

  void closeProducer(Producer producer) {
    producer.onEach(this::closeHere);
    registry.producers.remove(producer.id);
    producer.transport.producers.remove(producer);
    producer.transport.receiver.remove(producer);
    var router = producer.router;
    router.loop.execute(() -> router.floor.remove(producer));
  }

  /// Closes the original or a copy, on its loop.
  private void closeHere(Producer producer) {
    producer.isClosed = true;
    for (var consumer : List.copyOf(producer.consumers)) {
      closeConsumer(consumer);
      producer.router.tell(
          ControlEvent.newBuilder()
              .setConsumerClosed(ConsumerClosed.newBuilder().setConsumerId(consumer.id))
              .build());
    }
    if (producer.origin != null) {
      producer.loop.removeCopy(producer);
    }
  }

  ControlReply pauseProducer(Producer producer, boolean isPaused) {
    producer.onEach(p -> p.setPaused(isPaused));
    producer.router.tell(
        ControlEvent.newBuilder()
            .setProducerPaused(
                ProducerPaused.newBuilder().setProducerId(producer.id).setPaused(isPaused))
            .build());
    return Replies.done();
  }

  // --- consumers ---

  CompletableFuture<ControlReply> consume(Transport transport, Consume request) {
    var producer = registry.producers.get(request.getProducerId());
    if (producer == null || producer.router != transport.router) {
      return Replies.missing();
    }
    if (producer.loop == transport.loop) {
      return Replies.on(transport.loop, () -> consume(transport, producer, request));
    }
    var out = new CompletableFuture<ControlReply>();
    producer.loop.execute(() -> {
      if (producer.isClosed) {
        out.complete(Replies.notFound());
        return;
      }
      var copy = producer.copyOn(transport.loop);
      var _ =
          Replies.on(transport.loop, () -> consume(transport, copy, request))
              .thenAccept(out::complete);
    });
    return out;
  }

  private ControlReply consume(Transport transport, Producer producer, Consume request) {
    if (transport.isClosed || producer.isClosed) {
      return Replies.notFound();
    }
    if (transport.consumers.size() >= CONSUMERS_MAX) {
      return Replies.error(
          ControlError.Code.LIMIT, "the transport has as many consumers as it may have");
    }
    try {
      var mid = Integer.toString(transport.nextMid);
      var ssrc = transport.router.newSsrc();
      var rtxSsrc = transport.router.newSsrc();
      var offer =
          RtpNegotiation.consume(producer, request.getRtpCapabilities(), mid, ssrc, rtxSsrc);
      if (offer == null) {
        return Replies.error(ControlError.Code.INCOMPATIBLE, "no codec that both sides know");
      }
      transport.nextMid++;
      return consumed(add(transport, producer, request, offer, mid, ssrc, rtxSsrc), offer);
    } catch (RtpNegotiation.Unusable e) {
      return Replies.error(ControlError.Code.INVALID, "unusable: " + e.getMessage());
    }
  }

  private Consumer add(
      Transport transport,
      Producer producer,
      Consume request,
      RtpNegotiation.Offer offer,
      String mid,
      int ssrc,
      int rtxSsrc) {
    var name = mid.getBytes(StandardCharsets.US_ASCII);
    var type = offer.parameters().getCodecs(0).getPayloadType();
    var consumer =
        new Consumer(
            registry.newId(),
            transport,
            producer,
            new OutgoingHeader(type, ssrc, name),
            ssrc,
            offer.rtxPayloadType() == Media.NO_RTX
                ? null
                : new OutgoingHeader(offer.rtxPayloadType(), rtxSsrc, name),
            producer.group(offer.extensions()),
            transport.router.newSsrc() & FIRST_SEQUENCE_MAX);
    consumer.isPaused = request.getPaused();
    if (request.hasPreferredLayers()) {
      consumer.wish.prefer(request.getPreferredLayers());
    }
    if (request.hasView()) {
      consumer.wish.show(request.getView());
    }
    registry.consumers.put(consumer.id, consumer);
    producer.consumers.add(consumer);
    transport.consumers.add(consumer);
    transport.usesTransportFeedback |= consumer.isNumbered;
    producer.isWanted = true;
    transport.plan.replan(System.nanoTime());
    transport.probeSoon();
    return consumer;
  }

  private static ControlReply consumed(Consumer consumer, RtpNegotiation.Offer offer) {
    var producer = consumer.producer;
    return ControlReply.newBuilder()
        .setConsumed(
            Consumed.newBuilder()
                .setConsumerId(consumer.id)
                .setProducerId(producer.id)
                .setKind(producer.isVideo ? "video" : "audio")
                .setRtpParameters(offer.parameters())
                .setType(
                    producer.streams.length > 1
                        ? "simulcast"
                        : producer.media.isSvc() ? "svc" : "simple")
                .setProducerPaused(producer.isPaused))
        .build();
  }

  void closeConsumer(Consumer consumer) {
    registry.consumers.remove(consumer.id);
    consumer.producer.consumers.remove(consumer);
    consumer.producer.isWanted = !consumer.producer.consumers.isEmpty();
    consumer.transport.consumers.remove(consumer);
    consumer.transport.plan.replan(System.nanoTime());
  }

  ControlReply pauseConsumer(Consumer consumer, boolean isPaused) {
    consumer.isPaused = isPaused;
    consumer.transport.plan.replan(System.nanoTime());
    return Replies.done();
  }

  ControlReply prefer(Consumer consumer, Layers layers) {
    consumer.wish.prefer(layers);
    consumer.transport.plan.replan(System.nanoTime());
    return Replies.done();
  }

  ControlReply show(Consumer consumer, View view) {
    consumer.wish.show(view);
    consumer.transport.plan.replan(System.nanoTime());
    return Replies.done();
  }

  ControlReply requestKeyFrame(Consumer consumer) {
    var source = Math.max(0, consumer.switcher.currentSource());
    consumer.producer.streams[source].keyFrames.request();
    return Replies.done();
  }
}
