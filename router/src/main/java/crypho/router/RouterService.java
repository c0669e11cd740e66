package crypho.router;

import crypho.base.Rng;
import crypho.rtc.dtls.DtlsFingerprint;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.dtls.DtlsRole;
import crypho.rtc.ice.IceCandidate;
import crypho.rtc.ice.IceCredentials;
import crypho.rtc.ice.Protocol;
import crypho.rtc.rtp.ExtensionKind;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.wire.router.v1.ConnectTransport;
import crypho.wire.router.v1.Consume;
import crypho.wire.router.v1.Consumed;
import crypho.wire.router.v1.ConsumerClosed;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import crypho.wire.router.v1.Done;
import crypho.wire.router.v1.DtlsParameters;
import crypho.wire.router.v1.IceCandidateInfo;
import crypho.wire.router.v1.IceParameters;
import crypho.wire.router.v1.IceRestarted;
import crypho.wire.router.v1.Layers;
import crypho.wire.router.v1.Produce;
import crypho.wire.router.v1.Produced;
import crypho.wire.router.v1.ProducerPaused;
import crypho.wire.router.v1.RouterCreated;
import crypho.wire.router.v1.SetPreferredLayers;
import crypho.wire.router.v1.TransportCreated;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The router of this process: loops, rooms and what is in them by id. Each request runs on its
/// room's loop.
public final class RouterService implements RouterControl {
  /// How sockets are read and written.
  public enum Sockets {
    /// Our own on epoll; see [crypho.router.net.NativeUdpPort].
    NATIVE,
    /// Netty's on epoll.
    NETTY,
    /// Netty's on NIO.
    NIO;

    /// The fastest that this machine has.
    public static Sockets best() {
      return Epoll.isAvailable() ? NATIVE : NIO;
    }

    /// @param name in small letters; null for the best
    public static Sockets named(@Nullable String name) {
      return name == null ? best() : valueOf(name.toUpperCase(Locale.ROOT));
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(RouterService.class);

  /// Streams begin in the lower half of the numbers: a receiver that missed the first packets would
  /// not see a turn that came among them, and could then authenticate nothing (RFC 3711 §3.3.1).
  private static final int FIRST_SEQUENCE_MAX = 0x7fff;

  private static final int ORPHAN_CHECK_SECONDS = 1;
  private static final int ID_BYTES = 16;

  /// Producers of one transport, and consumers.
  private static final int PRODUCERS_MAX = 16;

  private static final int CONSUMERS_MAX = 1_024;

  private final RouterConfig config;
  private final Rng rng = Rng.secure();
  private final DtlsHandshakes handshakes;
  private final List<RouterLoop> loops = new ArrayList<>();
  private final List<java.util.function.Consumer<ControlEvent>> listeners =
      new CopyOnWriteArrayList<>();
  private final Map<String, Router> routers = new ConcurrentHashMap<>();
  private final Map<String, Transport> transports = new ConcurrentHashMap<>();
  private final Map<String, Producer> producers = new ConcurrentHashMap<>();
  private final Map<String, Consumer> consumers = new ConcurrentHashMap<>();
  private final AtomicInteger nextLoop = new AtomicInteger();
  private final AtomicLong listeningUntilNanos = new AtomicLong(System.nanoTime());

  private RouterService(RouterConfig config) {
    this.config = config;
    this.handshakes = new DtlsHandshakes(Instant.now(), new SecureRandom());
  }

  /// Opens the sockets.
  public static RouterService open(RouterConfig config) throws IOException {
    return open(config, Sockets.best());
  }

  /// Opens sockets of one kind.
  public static RouterService open(RouterConfig config, Sockets sockets) throws IOException {
    var out = new RouterService(config);
    try {
      for (var i = 0; i < config.loops(); i++) {
        var port = config.firstPort() == 0 ? 0 : config.firstPort() + i;
        var addresses =
            config.addresses().stream().map(a -> new InetSocketAddress(a, port)).toList();
        out.loops.add(new RouterLoop(i, sockets, addresses));
      }
      out.loops.getFirst().every(ORPHAN_CHECK_SECONDS, out::closeOrphans);
    } catch (IOException e) {
      out.close();
      throw e;
    }
    return out;
  }

  @Override
  public Subscription onEvent(java.util.function.Consumer<ControlEvent> listener) {
    listeners.add(listener);
    return () -> {
      listeners.remove(listener);
      listeningUntilNanos.set(System.nanoTime());
    };
  }

  /// Closes the rooms whose controller has gone and has not come back.
  private void closeOrphans() {
    var silent = System.nanoTime() - listeningUntilNanos.get();
    if (listeners.isEmpty() && silent >= TimeUnit.SECONDS.toNanos(config.orphanSeconds())) {
      for (var router : routers.values()) {
        LOG.warn("a room is closed, as nobody controls it any more");
        var _ = on(router.loop, () -> closeRouter(router));
      }
    }
  }

  /// A controller that came back names the rooms it knows; it has forgotten the others.
  private CompletableFuture<ControlReply> keepRouters(List<String> ids) {
    var kept = Set.copyOf(ids);
    var closing =
        routers.values().stream()
            .filter(router -> !kept.contains(router.id))
            .map(router -> on(router.loop, () -> closeRouter(router)))
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(closing).thenApply(_ -> done());
  }

  private void tell(ControlEvent event) {
    for (var listener : listeners) {
      listener.accept(event);
    }
  }

  @Override
  public CompletableFuture<ControlReply> call(ControlRequest request) {
    return switch (request.getBodyCase()) {
      case CREATE_ROUTER -> createRouter();
      case CLOSE_ROUTER -> {
        var router = routers.get(request.getCloseRouter().getRouterId());
        yield router == null ? missing() : on(router.loop, () -> closeRouter(router));
      }
      case CREATE_TRANSPORT -> {
        var router = routers.get(request.getCreateTransport().getRouterId());
        yield router == null ? missing() : on(router.loop, () -> createTransport(router));
      }
      case CONNECT_TRANSPORT ->
          onTransport(
              request.getConnectTransport().getTransportId(),
              t -> connect(t, request.getConnectTransport()));
      case RESTART_ICE -> onTransport(request.getRestartIce().getTransportId(), this::restartIce);
      case CLOSE_TRANSPORT ->
          onTransport(
              request.getCloseTransport().getTransportId(),
              t -> {
                closeTransport(t);
                return done();
              });
      case PRODUCE ->
          onTransport(request.getProduce().getTransportId(), t -> produce(t, request.getProduce()));
      case CONSUME ->
          onTransport(request.getConsume().getTransportId(), t -> consume(t, request.getConsume()));
      case CLOSE_PRODUCER ->
          onProducer(
              request.getCloseProducer().getProducerId(),
              p -> {
                closeProducer(p);
                return done();
              });
      case PAUSE_PRODUCER ->
          onProducer(
              request.getPauseProducer().getProducerId(),
              p -> pauseProducer(p, request.getPauseProducer().getPaused()));
      case CLOSE_CONSUMER ->
          onConsumer(
              request.getCloseConsumer().getConsumerId(),
              c -> {
                closeConsumer(c);
                return done();
              });
      case PAUSE_CONSUMER ->
          onConsumer(
              request.getPauseConsumer().getConsumerId(),
              c -> {
                c.isPaused = request.getPauseConsumer().getPaused();
                c.retarget();
                return done();
              });
      case SET_PREFERRED_LAYERS ->
          onConsumer(
              request.getSetPreferredLayers().getConsumerId(),
              c -> preferLayers(c, request.getSetPreferredLayers()));
      case REQUEST_KEY_FRAME ->
          onConsumer(
              request.getRequestKeyFrame().getConsumerId(),
              c -> {
                var source = Math.max(0, c.switcher.currentSource());
                c.producer.streams[source].keyFrames.request();
                return done();
              });
      case GET_STATS -> {
        var router = routers.get(request.getGetStats().getRouterId());
        yield router == null
            ? missing()
            : on(
                router.loop,
                () -> ControlReply.newBuilder().setStats(RouterStats.of(router)).build());
      }
      case KEEP_ROUTERS -> keepRouters(request.getKeepRouters().getRouterIdsList());
      case BODY_NOT_SET ->
          CompletableFuture.completedFuture(
              error(ControlError.Code.INVALID, "a request that this router does not know"));
    };
  }

  // --- running on loops ---

  private interface Step<T> {
    ControlReply run(T target);
  }

  private CompletableFuture<ControlReply> onTransport(String id, Step<Transport> step) {
    var found = transports.get(id);
    return found == null
        ? missing()
        : on(found.loop, () -> found.isClosed ? notFound() : step.run(found));
  }

  private CompletableFuture<ControlReply> onProducer(String id, Step<Producer> step) {
    var found = producers.get(id);
    return found == null ? missing() : on(found.transport.loop, () -> step.run(found));
  }

  private CompletableFuture<ControlReply> onConsumer(String id, Step<Consumer> step) {
    var found = consumers.get(id);
    return found == null ? missing() : on(found.transport.loop, () -> step.run(found));
  }

  private static CompletableFuture<ControlReply> on(RouterLoop loop, Supplier<ControlReply> step) {
    var out = new CompletableFuture<ControlReply>();
    loop.execute(() -> {
      try {
        out.complete(step.get());
      } catch (RuntimeException e) {
        LOG.error("a control request failed", e);
        out.complete(error(ControlError.Code.INVALID, "the request could not be carried out"));
      }
    });
    return out;
  }

  private static CompletableFuture<ControlReply> missing() {
    return CompletableFuture.completedFuture(notFound());
  }

  private static ControlReply notFound() {
    return error(ControlError.Code.NOT_FOUND, "there is nothing of this id");
  }

  private static ControlReply done() {
    return ControlReply.newBuilder().setDone(Done.getDefaultInstance()).build();
  }

  private static ControlReply error(ControlError.Code code, String message) {
    return ControlReply.newBuilder()
        .setError(ControlError.newBuilder().setCode(code).setMessage(message))
        .build();
  }

  private String newId() {
    return HexFormat.of().formatHex(rng.bytes(ID_BYTES));
  }

  // --- rooms and transports ---

  private CompletableFuture<ControlReply> createRouter() {
    var loop = loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
    var router = new Router(newId(), loop, rng, this::tell);
    routers.put(router.id, router);
    return on(
        loop,
        () -> {
          loop.routers.add(router);
          return ControlReply.newBuilder()
              .setRouterCreated(
                  RouterCreated.newBuilder()
                      .setRouterId(router.id)
                      .setRtpCapabilities(RtpNegotiation.capabilities()))
              .build();
        });
  }

  private ControlReply closeRouter(Router router) {
    for (var transport : List.copyOf(router.transports)) {
      closeTransport(transport);
    }
    router.loop.routers.remove(router);
    routers.remove(router.id);
    return done();
  }

  private ControlReply createTransport(Router router) {
    if (transports.size() >= config.transportsMax()) {
      return error(
          ControlError.Code.OVERLOADED, "the router has as many transports as it may have");
    }
    if (router.loop.packetsPerSecond() > config.packetsPerSecondMax()) {
      return error(ControlError.Code.OVERLOADED, "the router forwards as much as it may");
    }
    var credentials = IceCredentials.random(rng);
    var transport = new Transport(newId(), router, router.loop, credentials);
    transports.put(transport.id, transport);
    router.transports.add(transport);
    router.loop.transports.add(transport);
    transport.addUfrag(credentials.ufrag());
    var fingerprint = handshakes.fingerprint(DtlsFingerprint.Algorithm.SHA_256);
    var out =
        TransportCreated.newBuilder()
            .setTransportId(transport.id)
            .setIceParameters(iceParameters(credentials))
            .setDtlsParameters(
                DtlsParameters.newBuilder()
                    .setRole("server")
                    .addFingerprints(
                        crypho.wire.router.v1.DtlsFingerprint.newBuilder()
                            .setAlgorithm(fingerprint.algorithm().text())
                            .setValue(fingerprint.value())));
    for (var candidate : candidates(router.loop)) {
      out.addIceCandidates(candidate);
    }
    return ControlReply.newBuilder().setTransportCreated(out).build();
  }

  private List<IceCandidateInfo> candidates(RouterLoop loop) {
    var listening = new ArrayList<IceCandidate.Listening>();
    var bound = loop.bound();
    for (var i = 0; i < bound.size(); i++) {
      listening.add(
          new IceCandidate.Listening(
              Protocol.UDP, config.announced().get(i), bound.get(i).getPort()));
    }
    return IceCandidate.hosts(listening).stream()
        .map(c ->
            IceCandidateInfo.newBuilder()
                .setFoundation(c.foundation())
                .setPriority((int) c.priority())
                .setIp(c.address())
                .setAddress(c.address())
                .setProtocol("udp")
                .setPort(c.port())
                .setType(IceCandidate.TYPE)
                .build())
        .toList();
  }

  private static IceParameters iceParameters(IceCredentials credentials) {
    return IceParameters.newBuilder()
        .setUsernameFragment(credentials.ufrag())
        .setPassword(credentials.revealPassword())
        .setIceLite(true)
        .build();
  }

  private ControlReply connect(Transport transport, ConnectTransport request) {
    if (transport.dtls != null) {
      return error(ControlError.Code.INVALID, "the transport was connected before");
    }
    if (request.getDtlsParameters().getRole().equals("server")) {
      return error(ControlError.Code.INVALID, "the router is always the DTLS server");
    }
    var peer = fingerprint(request.getDtlsParameters());
    if (peer == null) {
      return error(ControlError.Code.INVALID, "no fingerprint of SHA-256 or longer");
    }
    if (request.hasIceParameters()) {
      transport.ice.setRemoteUfrag(request.getIceParameters().getUsernameFragment());
    }
    transport.dtls = handshakes.endpoint(DtlsRole.SERVER, peer, transport.loop, transport);
    return done();
  }

  private static @Nullable DtlsFingerprint fingerprint(DtlsParameters parameters) {
    for (var candidate : parameters.getFingerprintsList()) {
      var parsed = DtlsFingerprint.parse(candidate.getAlgorithm(), candidate.getValue());
      if (parsed != null) {
        return parsed;
      }
    }
    return null;
  }

  private ControlReply restartIce(Transport transport) {
    var next = IceCredentials.random(rng);
    transport.ice.restart(next, transport);
    transport.addUfrag(next.ufrag());
    return ControlReply.newBuilder()
        .setIceRestarted(IceRestarted.newBuilder().setIceParameters(iceParameters(next)))
        .build();
  }

  private void closeTransport(Transport transport) {
    for (var consumer : List.copyOf(transport.consumers)) {
      closeConsumer(consumer);
    }
    for (var producer : List.copyOf(transport.producers)) {
      closeProducer(producer);
    }
    transport.close();
    transports.remove(transport.id);
    transport.router.transports.remove(transport);
    transport.loop.forget(transport);
  }

  // --- media ---

  private ControlReply produce(Transport transport, Produce request) {
    if (transport.producers.size() >= PRODUCERS_MAX) {
      return error(ControlError.Code.LIMIT, "the transport has as many producers as it may have");
    }
    try {
      var media = RtpNegotiation.media(request);
      var isVideo = request.getKind().equals("video");
      var producer = new Producer(newId(), transport, isVideo, media, request.getRtpParameters());
      producer.isPaused = request.getPaused();
      producers.put(producer.id, producer);
      transport.producers.add(producer);
      transport.receiver.add(producer);
      if (!isVideo) {
        transport.router.addSpeaker(producer, System.nanoTime());
      }
      return ControlReply.newBuilder()
          .setProduced(Produced.newBuilder().setProducerId(producer.id))
          .build();
    } catch (RtpNegotiation.Unusable e) {
      return error(ControlError.Code.INVALID, "unusable: " + e.getMessage());
    }
  }

  private ControlReply consume(Transport transport, Consume request) {
    var producer = producers.get(request.getProducerId());
    if (producer == null || producer.transport.router != transport.router) {
      return notFound();
    }
    if (transport.consumers.size() >= CONSUMERS_MAX) {
      return error(ControlError.Code.LIMIT, "the transport has as many consumers as it may have");
    }
    try {
      var mid = Integer.toString(transport.nextMid);
      var ssrc = transport.router.newSsrc();
      var rtxSsrc = transport.router.newSsrc();
      var offer =
          RtpNegotiation.consume(producer, request.getRtpCapabilities(), mid, ssrc, rtxSsrc);
      if (offer == null) {
        return error(ControlError.Code.INCOMPATIBLE, "no codec that both sides know");
      }
      transport.nextMid++;
      return consumed(add(transport, producer, request, offer, mid, ssrc, rtxSsrc), offer);
    } catch (RtpNegotiation.Unusable e) {
      return error(ControlError.Code.INVALID, "unusable: " + e.getMessage());
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
            newId(),
            transport,
            producer,
            new OutgoingHeader(type, ssrc, name),
            ssrc,
            offer.rtxPayloadType() == Media.NO_RTX
                ? null
                : new OutgoingHeader(offer.rtxPayloadType(), rtxSsrc, name),
            producer.group(offer.extensions(), false),
            transport.router.newSsrc() & FIRST_SEQUENCE_MAX);
    consumer.isPaused = request.getPaused();
    if (request.hasPreferredLayers()) {
      prefer(consumer, request.getPreferredLayers());
    }
    consumers.put(consumer.id, consumer);
    producer.consumers.add(consumer);
    transport.consumers.add(consumer);
    transport.usesTransportFeedback |=
        offer.extensions().idOf(ExtensionKind.TRANSPORT_WIDE_CC) != 0;
    consumer.retarget();
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

  private void closeProducer(Producer producer) {
    for (var consumer : List.copyOf(producer.consumers)) {
      closeConsumer(consumer);
      consumer.transport.router.tell(
          ControlEvent.newBuilder()
              .setConsumerClosed(ConsumerClosed.newBuilder().setConsumerId(consumer.id))
              .build());
    }
    producers.remove(producer.id);
    producer.transport.producers.remove(producer);
    producer.transport.receiver.remove(producer);
    producer.transport.router.removeSpeaker(producer);
  }

  private void closeConsumer(Consumer consumer) {
    consumers.remove(consumer.id);
    consumer.producer.consumers.remove(consumer);
    consumer.transport.consumers.remove(consumer);
  }

  private static ControlReply pauseProducer(Producer producer, boolean isPaused) {
    producer.isPaused = isPaused;
    for (var consumer : producer.consumers) {
      consumer.retarget();
    }
    producer.transport.router.tell(
        ControlEvent.newBuilder()
            .setProducerPaused(
                ProducerPaused.newBuilder().setProducerId(producer.id).setPaused(isPaused))
            .build());
    return done();
  }

  private static ControlReply preferLayers(Consumer consumer, SetPreferredLayers request) {
    prefer(consumer, request.getLayers());
    consumer.retarget();
    return done();
  }

  private static void prefer(Consumer consumer, Layers layers) {
    consumer.preferredSpatial = Math.clamp(layers.getSpatialLayer(), 0, 3);
    consumer.preferredTemporal =
        layers.hasTemporalLayer() ? Math.clamp(layers.getTemporalLayer(), 0, 7) : 7;
  }

  /// A transport that exists.
  Transport transport(String id) {
    return Objects.requireNonNull(transports.get(id));
  }

  @Override
  public void close() {
    handshakes.close();
    loops.forEach(RouterLoop::close);
  }
}
