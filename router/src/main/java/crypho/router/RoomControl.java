package crypho.router;

import crypho.base.Rng;
import crypho.rtc.dtls.DtlsFingerprint;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.dtls.DtlsRole;
import crypho.rtc.ice.IceCandidate;
import crypho.rtc.ice.IceCredentials;
import crypho.rtc.ice.Protocol;
import crypho.wire.router.v1.ConnectTransport;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.CreateRouter;
import crypho.wire.router.v1.DtlsParameters;
import crypho.wire.router.v1.IceCandidateInfo;
import crypho.wire.router.v1.IceParameters;
import crypho.wire.router.v1.IceRestarted;
import crypho.wire.router.v1.LastN;
import crypho.wire.router.v1.RouterCreated;
import crypho.wire.router.v1.TransportCreated;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Carries out what is asked about rooms and transports. Steps run on the loops that own them.
final class RoomControl {
  private final RouterConfig config;
  private final Registry registry;
  private final Rng rng;
  private final DtlsHandshakes handshakes;
  private final List<RouterLoop> loops;
  private final MediaControl media;
  private final AtomicInteger nextLoop = new AtomicInteger();

  RoomControl(
      RouterConfig config,
      Registry registry,
      Rng rng,
      DtlsHandshakes handshakes,
      List<RouterLoop> loops,
      MediaControl media) {
    this.config = config;
    this.registry = registry;
    this.rng = rng;
    this.handshakes = handshakes;
    this.loops = loops;
    this.media = media;
  }

  // --- rooms ---

  CompletableFuture<ControlReply> createRouter(CreateRouter request) {
    var loop = loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
    var router = new Router(registry.newId(), loop, rng, registry::tell);
    registry.routers.put(router.id, router);
    return Replies.on(
        loop,
        () -> {
          router.floor.limit(request.getLastN());
          router.floor.tellLoudest(request.getLoudestMax());
          loop.routers.add(router);
          return ControlReply.newBuilder()
              .setRouterCreated(
                  RouterCreated.newBuilder()
                      .setRouterId(router.id)
                      .setRtpCapabilities(RtpNegotiation.capabilities()))
              .build();
        });
  }

  CompletableFuture<ControlReply> limit(Router router, LastN to) {
    return Replies.on(
        router.loop,
        () -> {
          router.floor.limit(to);
          return Replies.done();
        });
  }

  CompletableFuture<ControlReply> closeRouter(Router router) {
    // From here on transports that are about to be made on other loops are refused there.
    router.isClosed = true;
    registry.routers.remove(router.id);
    var closing = new ArrayList<CompletableFuture<ControlReply>>();
    for (var loop : loops) {
      closing.add(
          Replies.on(
              loop,
              () -> {
                closeBranch(router, loop);
                return Replies.done();
              }));
    }
    return CompletableFuture.allOf(closing.toArray(CompletableFuture<?>[]::new))
        .thenApply(_ -> Replies.done());
  }

  private void closeBranch(Router router, RouterLoop loop) {
    var branch = router.knownBranch(loop);
    if (branch != null) {
      for (var transport : List.copyOf(branch.transports)) {
        closeTransport(transport);
      }
      loop.branches.remove(branch);
    }
    loop.routers.remove(router);
  }

  // --- transports ---

  CompletableFuture<ControlReply> createTransport(Router router) {
    if (registry.transports.size() >= config.limits().transportsMax()) {
      return CompletableFuture.completedFuture(
          Replies.overloaded(
              ControlError.Overload.TRANSPORTS,
              "the router has as many transports as it may have"));
    }
    var loop = Placement.choose(router, loops, config.limits());
    var overload = Placement.overload(loop.load(), config.limits());
    if (overload != ControlError.Overload.OVERLOAD_UNSPECIFIED) {
      return CompletableFuture.completedFuture(
          Replies.overloaded(overload, "the router forwards as much as it may"));
    }
    var branch = router.branch(loop);
    branch.places.incrementAndGet();
    return Replies.on(
        loop,
        () -> {
          if (router.isClosed) {
            branch.places.decrementAndGet();
            return Replies.notFound();
          }
          return createTransport(branch);
        });
  }

  private ControlReply createTransport(Branch branch) {
    var loop = branch.loop;
    var credentials = IceCredentials.random(rng);
    var transport = new Transport(registry.newId(), branch, credentials);
    registry.transports.put(transport.id, transport);
    if (branch.transports.isEmpty()) {
      loop.branches.remove(branch);
      loop.branches.add(branch);
    }
    branch.transports.add(transport);
    loop.transports.add(transport);
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
    for (var candidate : candidates(loop)) {
      out.addIceCandidates(candidate);
    }
    return ControlReply.newBuilder().setTransportCreated(out).build();
  }

  private List<IceCandidateInfo> candidates(RouterLoop loop) {
    var listening = new ArrayList<IceCandidate.Listening>();
    addTo(listening, Protocol.UDP, loop.bound());
    addTo(listening, Protocol.TCP, loop.tcp().bound());
    return IceCandidate.hosts(listening).stream().map(RoomControl::candidate).toList();
  }

  private void addTo(
      List<IceCandidate.Listening> out, Protocol protocol, List<InetSocketAddress> bound) {
    for (var i = 0; i < bound.size(); i++) {
      out.add(
          new IceCandidate.Listening(protocol, config.announced().get(i), bound.get(i).getPort()));
    }
  }

  private static IceCandidateInfo candidate(IceCandidate candidate) {
    var out =
        IceCandidateInfo.newBuilder()
            .setFoundation(candidate.foundation())
            .setPriority((int) candidate.priority())
            .setIp(candidate.address())
            .setAddress(candidate.address())
            .setProtocol(candidate.protocol().text())
            .setPort(candidate.port())
            .setType(IceCandidate.TYPE);
    return candidate.protocol() == Protocol.TCP
        ? out.setTcpType(IceCandidate.TCP_TYPE).build()
        : out.build();
  }

  private static IceParameters iceParameters(IceCredentials credentials) {
    return IceParameters.newBuilder()
        .setUsernameFragment(credentials.ufrag())
        .setPassword(credentials.revealPassword())
        .setIceLite(true)
        .build();
  }

  ControlReply connect(Transport transport, ConnectTransport request) {
    if (transport.dtls != null) {
      return Replies.error(ControlError.Code.INVALID, "the transport was connected before");
    }
    if (request.getDtlsParameters().getRole().equals("server")) {
      return Replies.error(ControlError.Code.INVALID, "the router is always the DTLS server");
    }
    var peer = fingerprint(request.getDtlsParameters());
    if (peer == null) {
      return Replies.error(ControlError.Code.INVALID, "no fingerprint of SHA-256 or longer");
    }
    if (request.hasIceParameters()) {
      transport.ice.setRemoteUfrag(request.getIceParameters().getUsernameFragment());
    }
    transport.dtls = handshakes.endpoint(DtlsRole.SERVER, peer, transport.loop, transport);
    return Replies.done();
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

  ControlReply restartIce(Transport transport) {
    var next = IceCredentials.random(rng);
    transport.ice.restart(next, transport);
    transport.addUfrag(next.ufrag());
    return ControlReply.newBuilder()
        .setIceRestarted(IceRestarted.newBuilder().setIceParameters(iceParameters(next)))
        .build();
  }

  void closeTransport(Transport transport) {
    for (var consumer : List.copyOf(transport.consumers)) {
      media.closeConsumer(consumer);
    }
    for (var producer : List.copyOf(transport.producers)) {
      media.closeProducer(producer);
    }
    transport.close();
    registry.transports.remove(transport.id);
    transport.branch.transports.remove(transport);
    transport.branch.places.decrementAndGet();
    transport.loop.forget(transport);
  }
}
