package crypho.router.turn;

import crypho.base.Rng;
import crypho.router.RouterService;
import crypho.router.net.TcpListener;
import crypho.rtc.ice.SourceLimit;
import crypho.rtc.turn.PeerPolicy;
import crypho.rtc.turn.TurnConfig;
import crypho.rtc.turn.TurnQuota;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The TURN relay of this process.
public final class TurnService implements AutoCloseable {
  private static final long RELOAD_MINUTES = 10;
  private static final long CLOSE_SECONDS_MAX = 5;

  /// How long a connection may be without an allocation.
  private static final long UNPROVED_NANOS_MAX = 15_000_000_000L;

  private final List<IoEventLoop> eventLoops;
  private final List<TurnLoop> loops = new ArrayList<>();
  private final @Nullable TurnTls tls;
  private @Nullable InetSocketAddress udp;
  private @Nullable InetSocketAddress tcp;
  private @Nullable InetSocketAddress secure;

  private TurnService(
      List<IoEventLoop> eventLoops, RouterService.Sockets sockets, TurnSettings settings)
      throws IOException {
    var isEpoll = sockets != RouterService.Sockets.NIO;
    var isNative = sockets == RouterService.Sockets.NATIVE;
    // Only our own sockets are shared by loops; else one loop serves them all.
    this.eventLoops = isNative ? eventLoops : eventLoops.subList(0, 1);
    var own = new OwnAddresses(settings);
    var limits = settings.limits();
    var config =
        new TurnConfig(
            settings.realm(),
            settings.secrets(),
            settings.addresses().stream().anyMatch(a -> a.getAddress().length == 4),
            settings.addresses().stream().anyMatch(a -> a.getAddress().length == 16),
            limits.allocationsMax(),
            new PeerPolicy(settings.allowed(), new PeerPolicy.Own(own.all(), own)));
    var quota = new TurnQuota(limits.perUserMax(), limits.allocationsMax());
    var shared = new TurnLoop.Shared(own, config, quota, Rng.secure());
    for (var loop : this.eventLoops) {
      loops.add(new TurnLoop(loop, isEpoll, settings, shared));
    }
    var files = settings.tls();
    tls = files == null ? null : new TurnTls(files);
    try {
      listen(settings, new TurnLoop.Opening(isNative, isEpoll, loops.size() > 1));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    var renewed = tls;
    if (renewed != null) {
      var _ =
          this.eventLoops
              .getFirst()
              .scheduleAtFixedRate(
                  renewed::reload, RELOAD_MINUTES, RELOAD_MINUTES, TimeUnit.MINUTES);
    }
  }

  /// Opens the relay on the router's event loops; not on one of their threads.
  ///
  /// @param sockets as the router has them
  /// @throws IOException where a port is taken or a certificate cannot be read
  public static TurnService open(
      List<IoEventLoop> eventLoops, RouterService.Sockets sockets, TurnSettings settings)
      throws IOException {
    return new TurnService(eventLoops, sockets, settings);
  }

  private void listen(TurnSettings settings, TurnLoop.Opening how) throws IOException {
    var limits = settings.limits();
    var limit = new SourceLimit(limits.perSourceMax(), limits.connectionsMax());
    for (var address : settings.addresses()) {
      var udpAt = new InetSocketAddress(address, settings.port());
      var tcpAt = new InetSocketAddress(address, settings.port());
      var files = settings.tls();
      var secureAt = files == null ? null : new InetSocketAddress(address, files.port());
      if (how.isShared()) {
        checkFree(udpAt, secureAt);
      }
      for (var loop : loops) {
        udpAt = loop.listenUdp(udpAt, how);
        tcpAt = loop.listenTcp(setup(tcpAt, how, limit, null));
        if (secureAt != null) {
          secureAt = loop.listenTcp(setup(secureAt, how, limit, tls));
        }
      }
      udp = udp == null ? udpAt : udp;
      tcp = tcp == null ? tcpAt : tcp;
      secure = secure == null ? secureAt : secure;
    }
  }

  private static TcpListener.Setup setup(
      InetSocketAddress address,
      TurnLoop.Opening how,
      SourceLimit limit,
      TcpListener.@Nullable Tls tls) {
    return new TcpListener.Setup(
        address, how.isEpoll(), how.isShared(), limit, UNPROVED_NANOS_MAX, tls);
  }

  /// A port that loops share could be shared with another process by mistake: half of the clients
  /// would be its.
  private static void checkFree(InetSocketAddress plain, @Nullable InetSocketAddress secure)
      throws IOException {
    try (var datagrams = new DatagramSocket(null);
        var streams = new ServerSocket();
        var secured = new ServerSocket()) {
      datagrams.bind(plain);
      streams.bind(plain);
      if (secure != null) {
        secured.bind(secure);
      }
    }
  }

  /// Where clients reach it over UDP: the first address.
  public InetSocketAddress udp() {
    return bound(udp);
  }

  public InetSocketAddress tcp() {
    return bound(tcp);
  }

  /// Over TLS; null where that is not set.
  public @Nullable InetSocketAddress secure() {
    return secure;
  }

  private static InetSocketAddress bound(@Nullable InetSocketAddress address) {
    if (address == null) {
      throw new IllegalStateException("not listening");
    }
    return address;
  }

  /// Counters of all loops.
  public CompletableFuture<TurnStats> stats() {
    var out = CompletableFuture.completedFuture(TurnStats.NONE);
    for (var i = 0; i < loops.size(); i++) {
      out =
          out.thenCombine(
              CompletableFuture.supplyAsync(loops.get(i)::stats, eventLoops.get(i)),
              TurnStats::plus);
    }
    return out;
  }

  /// Ends it, before the event loops end; not on one of their threads.
  @Override
  public void close() {
    var left = new AtomicInteger(loops.size());
    var done = new CompletableFuture<Boolean>();
    for (var i = 0; i < loops.size(); i++) {
      var loop = loops.get(i);
      eventLoops
          .get(i)
          .execute(() -> {
            loop.close();
            if (left.decrementAndGet() == 0) {
              done.complete(true);
            }
          });
    }
    if (!loops.isEmpty()) {
      done.completeOnTimeout(false, CLOSE_SECONDS_MAX, TimeUnit.SECONDS).join();
    }
    if (tls != null) {
      tls.close();
    }
  }
}
