package crypho.server.http;

import crypho.base.Secret;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcRegistry;
import crypho.server.rpc.SessionResolver;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens, sends each request to its handler, and closes in order.
public final class HttpFront {
  /// A page or text of the platform itself, by exact path (`/mails`, `/health/ready`).
  @FunctionalInterface
  public interface Page {
    /// On the event loop: must not block.
    void handle(HttpServerRequest request);
  }

  static final String SOCKET_PATH = "/api/socket";

  private static final Logger LOG = LoggerFactory.getLogger(HttpFront.class);
  private static final int IDLE_SECONDS = 90;
  private static final int SOCKET_FRAME_BYTES_MAX = 128 * 1024;
  private static final Duration TLS_LOOK_EVERY = Duration.ofSeconds(30);

  /// Sockets whose session is looked up at once; others wait in line. When all come back after a
  /// restart, those who cannot have a database connection yet would otherwise be refused for not
  /// getting one in time, and knock again for nothing.
  private static final int UPGRADES_AT_ONCE_MAX = 8;

  private static final RateLimit UPGRADES = new RateLimit(600, Duration.ofMinutes(1));

  private final Vertx vertx;
  private final HttpConfig config;
  private final RpcHandler rpc;
  private final SessionResolver sessions;
  private final SocketUpgrade sockets;
  private final RateLimiter limiter;
  private final StaticFiles files;
  private final Map<String, Page> pages;
  private final SecurityHeaders headers;
  private final HttpDate date = new HttpDate();
  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final Semaphore upgrades = new Semaphore(UPGRADES_AT_ONCE_MAX, true);
  private final AtomicInteger port = new AtomicInteger();
  private volatile @Nullable FileTime certificateTime;

  /// @param pages answered before everything else, by exact path
  public HttpFront(
      Vertx vertx,
      HttpConfig config,
      RpcRegistry registry,
      SessionResolver sessions,
      SocketUpgrade sockets,
      Map<String, Page> pages,
      MeterRegistry meters)
      throws IOException {
    this.vertx = vertx;
    this.config = config;
    this.sessions = sessions;
    this.sockets = sockets;
    this.limiter = new RateLimiter(config.limits().rateFactor());
    this.rpc = new RpcHandler(vertx, config, registry, sessions, limiter, new HttpMetrics(meters));
    this.files = StaticFiles.list(config.web());
    this.pages = Map.copyOf(pages);
    this.headers = new SecurityHeaders(config.isSecure());
    Gauge.builder("crypho.http.connections", connections::get)
        .description("Open connections")
        .register(meters);
  }

  /// Listens on all addresses with one acceptor an event loop.
  ///
  /// @return the port, which the system chose where the configuration says 0
  public int listen() {
    var instances = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors()));
    // Vert.x: a negative port is one that the system chooses, the same for all instances.
    port.set(config.port() == 0 ? -1 : config.port());
    for (var host : config.hosts()) {
      await(deploy(host, instances));
    }
    watchCertificate();
    return port.get();
  }

  private Future<?> deploy(String host, int instances) {
    int asked = port.get();
    return vertx.deployVerticle(
        () -> new Acceptor(host, asked), new DeploymentOptions().setInstances(instances));
  }

  private static void await(Future<?> future) {
    try {
      future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e);
    }
  }

  private final class Acceptor extends AbstractVerticle {
    private final String host;
    private final int asked;

    Acceptor(String host, int asked) {
      this.host = host;
      this.asked = asked;
    }

    @Override
    public void start(Promise<Void> started) {
      var server =
          vertx
              .createHttpServer(options())
              .connectionHandler(HttpFront.this::onConnection)
              .requestHandler(HttpFront.this::route)
              .exceptionHandler(e -> LOG.debug("event=http.connection_failed", e));
      server
          .listen(asked, host)
          .onSuccess(it -> {
            port.compareAndSet(-1, it.actualPort());
            servers.add(it);
          })
          .<Void>mapEmpty()
          .onComplete(started);
    }
  }

  private HttpServerOptions options() {
    var options =
        new HttpServerOptions()
            .setTcpNoDelay(true)
            .setAcceptBacklog(8_192)
            .setIdleTimeout(IDLE_SECONDS)
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setMaxHeaderSize(16 * 1024)
            .setMaxInitialLineLength(4 * 1024)
            .setDecompressionSupported(false)
            .setCompressionSupported(false)
            .setRegisterWebSocketWriteHandlers(false)
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setMaxWebSocketFrameSize(SOCKET_FRAME_BYTES_MAX)
            .setMaxWebSocketMessageSize(SOCKET_FRAME_BYTES_MAX)
            .setWebSocketClosingTimeout(2);
    options.getInitialSettings().setMaxConcurrentStreams(100);
    var tls = config.tls();
    if (tls != null) {
      options.setSsl(true).setUseAlpn(true).setKeyCertOptions(pem(tls));
    }
    return options;
  }

  private static PemKeyCertOptions pem(HttpConfig.Tls tls) {
    return new PemKeyCertOptions()
        .setCertPath(tls.certificate().toString())
        .setKeyPath(tls.key().toString());
  }

  /// Renewed certificates are taken up without a restart.
  private void watchCertificate() {
    var tls = config.tls();
    if (tls == null) {
      return;
    }
    certificateTime = modified(tls);
    vertx.setPeriodic(
        TLS_LOOK_EVERY.toMillis(),
        _ -> {
          var time = modified(tls);
          if (time != null && !time.equals(certificateTime)) {
            certificateTime = time;
            var options = new io.vertx.core.net.ServerSSLOptions();
            options.setKeyCertOptions(pem(tls));
            for (var server : servers) {
              server
                  .updateSSLOptions(options)
                  .onSuccess(_ -> LOG.info("event=tls.reloaded"))
                  .onFailure(e -> LOG.error("event=tls.reload_failed", e));
            }
          }
        });
  }

  private static @Nullable FileTime modified(HttpConfig.Tls tls) {
    try {
      return Files.getLastModifiedTime(tls.certificate());
    } catch (IOException e) {
      return null;
    }
  }

  /// Above the cap a connection is closed at once, while there are still files left to accept with.
  /// The channel says when it is gone: Vert.x forgets a connection's own close handler once it has
  /// become a WebSocket, and then nobody would ever count it out.
  private void onConnection(HttpConnection connection) {
    var channel = ((HttpServerConnection) connection).channelHandlerContext().channel();
    var over = connections.incrementAndGet() > config.limits().connectionsMax();
    channel.closeFuture().addListener(_ -> connections.decrementAndGet());
    if (over) {
      connection.close();
    }
  }

  private void route(HttpServerRequest request) {
    headers.putOn(request.response());
    request.response().putHeader("Date", date.at(Instant.now()));
    var path = request.path();
    if (path == null) {
      request.response().setStatusCode(400).end();
      return;
    }
    var page = pages.get(path);
    if (page != null) {
      page.handle(request);
    } else if (path.equals(SOCKET_PATH)) {
      upgrade(request);
    } else if (path.startsWith(RpcHandler.PREFIX)) {
      rpc.handle(request, path);
    } else {
      files.handle(request, path);
    }
  }

  private void upgrade(HttpServerRequest request) {
    var credentials = Credentials.of(request, RpcHandler.cookieName(config));
    var token = credentials.token();
    if (!request.canUpgradeToWebSocket()) {
      request.response().setStatusCode(426).putHeader("Upgrade", "websocket").end();
      return;
    }
    var isLimited =
        !limiter
            .take("socket", Peer.of(request, config).limitKey(), UPGRADES, System.nanoTime())
            .isZero();
    if (credentials.isCrossOrigin(request, config) || token == null || isLimited) {
      request.response().setStatusCode(isLimited ? 429 : token == null ? 401 : 403).end();
      return;
    }
    request.pause();
    var context = vertx.getOrCreateContext();
    Thread.ofVirtual()
        .start(() -> {
          try {
            upgrades.acquire();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
          }
          try {
            lookUp(request, context, token);
          } finally {
            upgrades.release();
          }
        });
  }

  private void lookUp(HttpServerRequest request, Context context, Secret token) {
    if (request.response().closed()) {
      return; // gave up while it stood in line
    }
    int status = 401;
    try {
      var caller = sessions.resolve(token, Instant.now());
      if (caller != null && caller.deviceOrNull() != null) {
        if (sockets.mayOpen(caller)) {
          context.runOnContext(_ -> open(request, caller, token));
          return;
        }
        status = 429;
      } else if (caller != null) {
        status = 403;
      }
    } catch (RpcException e) {
      status = 503;
    } catch (RuntimeException e) {
      LOG.error("event=socket.lookup_failed", e);
      status = 500; // a defect of ours, but whoever knocks is answered
    }
    refuse(request, context, status);
  }

  private void open(HttpServerRequest request, Caller caller, Secret token) {
    request
        .toWebSocket()
        .onSuccess(socket ->
            sockets.opened(
                caller, socket, () -> caller.equals(sessions.resolve(token, Instant.now()))))
        .onFailure(e -> LOG.debug("event=socket.upgrade_failed", e));
  }

  private static void refuse(HttpServerRequest request, Context context, int status) {
    context.runOnContext(_ -> {
      request.resume();
      if (!request.response().closed()) {
        request.response().setStatusCode(status).end();
      }
    });
  }

  /// Stops taking calls, says goodbye to sockets, ends what is under way within `most`.
  public void drain(Duration most) {
    sockets.drain(most);
    rpc.drain(most);
    for (var server : servers) {
      await(server.shutdown(1, TimeUnit.SECONDS));
    }
  }
}
