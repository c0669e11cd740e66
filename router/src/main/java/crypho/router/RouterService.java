package crypho.router;

import crypho.base.Rng;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.ice.SourceLimit;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import crypho.wire.router.v1.HandshakeStats;
import crypho.wire.router.v1.RouterClosed;
import crypho.wire.router.v1.Stats;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
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
  private static final int ORPHAN_CHECK_SECONDS = 1;

  private final RouterConfig config;
  private final Registry registry;
  private final DtlsHandshakes handshakes;
  private final List<RouterLoop> loops = new ArrayList<>();
  private final RoomControl rooms;
  private final MediaControl media;
  private final List<Supplier<CompletableFuture<Stats>>> sources = new CopyOnWriteArrayList<>();
  private final AtomicLong listeningUntilNanos = new AtomicLong(System.nanoTime());

  private RouterService(RouterConfig config) {
    var rng = Rng.secure();
    this.config = config;
    this.registry = new Registry(rng);
    this.handshakes = new DtlsHandshakes(Instant.now(), new SecureRandom());
    this.media = new MediaControl(registry);
    this.rooms = new RoomControl(config, registry, rng, handshakes, loops, media);
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
      out.listenTcp(sockets);
      out.loops.getFirst().every(ORPHAN_CHECK_SECONDS, out::closeOrphans);
    } catch (IOException e) {
      out.close();
      throw e;
    }
    return out;
  }

  private void listenTcp(Sockets sockets) throws IOException {
    var tcp = config.tcp();
    if (tcp == null) {
      return;
    }
    var first = tcp.firstPort() == 0 ? config.firstPort() : tcp.firstPort();
    var limit = new SourceLimit(tcp.perSourceMax(), tcp.connectionsMax());
    for (var loop : loops) {
      var port = first == 0 ? 0 : first + loop.index;
      var addresses = config.addresses().stream().map(a -> new InetSocketAddress(a, port)).toList();
      loop.tcp().listen(addresses, sockets != Sockets.NIO, limit);
    }
  }

  /// The event loops, for others who serve sockets on them.
  public List<IoEventLoop> eventLoops() {
    return loops.stream().map(RouterLoop::eventLoop).toList();
  }

  /// Where media comes in, as bound.
  public List<InetSocketAddress> bound() {
    return loops.stream().flatMap(loop -> loop.bound().stream()).toList();
  }

  RouterLoop loop(int index) {
    return loops.get(index);
  }

  DtlsHandshakes handshakes() {
    return handshakes;
  }

  Registry registry() {
    return registry;
  }

  @Override
  public Subscription onEvent(java.util.function.Consumer<ControlEvent> listener) {
    registry.listeners.add(listener);
    return () -> {
      registry.listeners.remove(listener);
      listeningUntilNanos.set(System.nanoTime());
    };
  }

  /// Closes the rooms whose controller has gone and has not come back.
  private void closeOrphans() {
    var silent = System.nanoTime() - listeningUntilNanos.get();
    var patience = TimeUnit.SECONDS.toNanos(config.limits().orphanSeconds());
    if (registry.listeners.isEmpty() && silent >= patience) {
      for (var router : registry.routers.values()) {
        // Nobody hears it but a controller that comes back at this moment.
        router.tell(closed("orphan"));
        LOG.warn("a room is closed, as nobody controls it any more");
        var _ = rooms.closeRouter(router);
      }
    }
  }

  private static ControlEvent closed(String reason) {
    return ControlEvent.newBuilder()
        .setRouterClosed(RouterClosed.newBuilder().setReason(reason))
        .build();
  }

  /// A controller that came back names the rooms it knows; it has forgotten the others.
  private CompletableFuture<ControlReply> keepRouters(List<String> ids) {
    var kept = Set.copyOf(ids);
    var closing =
        registry.routers.values().stream()
            .filter(router -> !kept.contains(router.id))
            .map(router -> {
              router.tell(closed("forgotten"));
              return rooms.closeRouter(router);
            })
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(closing).thenApply(_ -> Replies.done());
  }

  @Override
  public CompletableFuture<ControlReply> call(ControlRequest request) {
    return switch (request.getBodyCase()) {
      case CREATE_ROUTER -> rooms.createRouter(request.getCreateRouter());
      case CLOSE_ROUTER -> onRouter(request.getCloseRouter().getRouterId(), rooms::closeRouter);
      case SET_LAST_N ->
          onRouter(
              request.getSetLastN().getRouterId(),
              r -> rooms.limit(r, request.getSetLastN().getLastN()));
      case KEEP_ROUTERS -> keepRouters(request.getKeepRouters().getRouterIdsList());
      case GET_STATS -> stats(request.getGetStats().getRouterId());
      case CREATE_TRANSPORT ->
          onRouter(request.getCreateTransport().getRouterId(), rooms::createTransport);
      case CONNECT_TRANSPORT ->
          onTransport(
              request.getConnectTransport().getTransportId(),
              t -> rooms.connect(t, request.getConnectTransport()));
      case RESTART_ICE -> onTransport(request.getRestartIce().getTransportId(), rooms::restartIce);
      case CLOSE_TRANSPORT ->
          onTransport(
              request.getCloseTransport().getTransportId(),
              t -> {
                rooms.closeTransport(t);
                return Replies.done();
              });
      case PRODUCE, CLOSE_PRODUCER, PAUSE_PRODUCER -> callProducer(request);
      case CONSUME,
          CLOSE_CONSUMER,
          PAUSE_CONSUMER,
          SET_PREFERRED_LAYERS,
          SET_VIEW,
          REQUEST_KEY_FRAME ->
          callConsumer(request);
      case BODY_NOT_SET ->
          CompletableFuture.completedFuture(
              Replies.error(ControlError.Code.INVALID, "a request that this router does not know"));
    };
  }

  private CompletableFuture<ControlReply> callProducer(ControlRequest request) {
    return switch (request.getBodyCase()) {
      case PRODUCE ->
          onTransport(
              request.getProduce().getTransportId(), t -> media.produce(t, request.getProduce()));
      case CLOSE_PRODUCER ->
          onProducer(
              request.getCloseProducer().getProducerId(),
              p -> {
                media.closeProducer(p);
                return Replies.done();
              });
      default ->
          onProducer(
              request.getPauseProducer().getProducerId(),
              p -> media.pauseProducer(p, request.getPauseProducer().getPaused()));
    };
  }

  private CompletableFuture<ControlReply> callConsumer(ControlRequest request) {
    return switch (request.getBodyCase()) {
      case CONSUME -> {
        var transport = registry.transports.get(request.getConsume().getTransportId());
        yield transport == null
            ? Replies.missing()
            : media.consume(transport, request.getConsume());
      }
      case CLOSE_CONSUMER ->
          onConsumer(
              request.getCloseConsumer().getConsumerId(),
              c -> {
                media.closeConsumer(c);
                return Replies.done();
              });
      case PAUSE_CONSUMER ->
          onConsumer(
              request.getPauseConsumer().getConsumerId(),
              c -> media.pauseConsumer(c, request.getPauseConsumer().getPaused()));
      case SET_PREFERRED_LAYERS ->
          onConsumer(
              request.getSetPreferredLayers().getConsumerId(),
              c -> media.prefer(c, request.getSetPreferredLayers().getLayers()));
      case SET_VIEW ->
          onConsumer(
              request.getSetView().getConsumerId(),
              c -> media.show(c, request.getSetView().getView()));
      default -> onConsumer(request.getRequestKeyFrame().getConsumerId(), media::requestKeyFrame);
    };
  }

  /// A room's, or the loops' alone where none is named.
  private CompletableFuture<ControlReply> stats(String routerId) {
    var router = registry.routers.get(routerId);
    if (router == null && !routerId.isEmpty()) {
      return Replies.missing();
    }
    var parts =
        loops.stream()
            .filter(loop -> router == null || router.knownBranch(loop) != null)
            .map(loop -> CompletableFuture.supplyAsync(() -> RouterStats.of(loop, router), loop))
            .toList();
    var all = new ArrayList<>(parts);
    if (router == null) {
      all.add(CompletableFuture.completedFuture(ofProcess()));
      sources.forEach(source -> all.add(source.get()));
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenApply(_ -> {
          var out = Stats.newBuilder();
          all.forEach(part -> out.mergeFrom(part.join()));
          return ControlReply.newBuilder().setStats(out).build();
        });
  }

  private Stats ofProcess() {
    return Stats.newBuilder()
        .setHandshakes(
            HandshakeStats.newBuilder()
                .setRunning(handshakes.running())
                .setRefused((double) handshakes.refused()))
        .build();
  }

  /// Others on the same loops who have something to say where no room is named.
  public void addStats(Supplier<CompletableFuture<Stats>> source) {
    sources.add(source);
  }

  // --- running on loops ---

  private interface Step<T> {
    ControlReply run(T target);
  }

  private CompletableFuture<ControlReply> onRouter(
      String id, Function<Router, CompletableFuture<ControlReply>> step) {
    var found = registry.routers.get(id);
    return found == null ? Replies.missing() : step.apply(found);
  }

  private CompletableFuture<ControlReply> onTransport(String id, Step<Transport> step) {
    var found = registry.transports.get(id);
    return found == null
        ? Replies.missing()
        : Replies.on(found.loop, () -> found.isClosed ? Replies.notFound() : step.run(found));
  }

  private CompletableFuture<ControlReply> onProducer(String id, Step<Producer> step) {
    var found = registry.producers.get(id);
    return found == null
        ? Replies.missing()
        : Replies.on(found.loop, () -> found.isClosed ? Replies.notFound() : step.run(found));
  }

  private CompletableFuture<ControlReply> onConsumer(String id, Step<Consumer> step) {
    var found = registry.consumers.get(id);
    return found == null
        ? Replies.missing()
        : Replies.on(
            found.transport.loop,
            () -> registry.consumers.containsKey(id) ? step.run(found) : Replies.notFound());
  }

  /// A transport that exists.
  Transport transport(String id) {
    return Objects.requireNonNull(registry.transports.get(id));
  }

  @Override
  public void close() {
    handshakes.close();
    loops.forEach(RouterLoop::close);
  }
}
