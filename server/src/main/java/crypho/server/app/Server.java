package crypho.server.app;

import crypho.base.Rng;
import crypho.server.http.HttpFront;
import crypho.server.live.Sockets;
import crypho.server.notify.LocalMailbox;
import crypho.server.notify.MailPages;
import crypho.server.notify.MailService;
import crypho.server.rpc.RpcRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The whole product in one process, wired by hand. Closes in reverse order.
public final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(10);
  private static final Duration EXPIRE_EVERY = Duration.ofMinutes(5);

  private final StoreAssembly store;
  private final Vertx vertx;
  private final HttpFront front;
  private final MailService mail;
  private final HealthPages health;
  private final FeatureAssembly features;
  private final long expiry;
  private final int port;

  Server(Config config) throws IOException {
    var rng = Rng.secure();
    Warm.up();
    this.store = new StoreAssembly(config, rng);
    this.vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var registry = new RpcRegistry();
    var limits = config.http().limits();
    var sockets = new Sockets(limits.socketsPerSessionMax(), limits.rateFactor(), meters);
    this.health = new HealthPages(store::isReachable, meters);
    var pages = new HashMap<String, HttpFront.Page>();
    health.addTo(pages, config.metrics() == null);
    this.mail = mail(config, pages);
    this.features = new FeatureAssembly(config, store, rng, mail, sockets, registry);
    this.front =
        new HttpFront(vertx, config.http(), registry, features.sessions(), sockets, pages, meters);
    this.expiry = vertx.setPeriodic(EXPIRE_EVERY.toMillis(), _ -> expire());
    this.port = front.listen();
    listenForMetrics(config);
    LOG.info("event=server.ready port={} methods={}", port, registry.entries().size());
  }

  /// A listener of its own, for those who configure one; it answers nothing else.
  private void listenForMetrics(Config config) {
    var metrics = config.metrics();
    if (metrics == null) {
      return;
    }
    for (var host : metrics.hosts()) {
      vertx
          .createHttpServer()
          .requestHandler(request -> {
            if ("/metrics".equals(request.path())) {
              health.metrics(request);
            } else {
              request.response().setStatusCode(404).end();
            }
          })
          .listen(metrics.port(), host)
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    }
  }

  private MailService mail(Config config, Map<String, HttpFront.Page> pages) {
    if (config.mail() != null) {
      return MailService.overSmtp(store.db(), store.sealer(), config.mail(), Clock.systemUTC());
    }
    var mailbox = new LocalMailbox(Clock.systemUTC());
    new MailPages(mailbox).addTo(pages);
    return MailService.local(store.db(), store.sealer(), mailbox, Clock.systemUTC());
  }

  private void expire() {
    Thread.ofVirtual()
        .name("expiry")
        .start(() -> {
          try {
            features.expire(Instant.now());
          } catch (RuntimeException e) {
            LOG.warn("event=expiry.failed", e);
          }
        });
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    LOG.info("event=server.draining");
    health.closing();
    vertx.cancelTimer(expiry);
    front.drain(DRAIN_MAX);
    features.close();
    mail.close();
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
      LOG.warn("event=server.loops_cut");
    }
    store.close();
    LOG.info("event=server.closed");
  }
}
