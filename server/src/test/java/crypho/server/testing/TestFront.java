package crypho.server.testing;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.base.Secret;
import crypho.server.http.HttpConfig;
import crypho.server.http.HttpFront;
import crypho.server.live.Sockets;
import crypho.server.live.api.SocketFrames;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcRegistry;
import crypho.server.rpc.SessionId;
import crypho.wire.v1.PutMarkerRequest;
import crypho.wire.v1.PutMarkerResponse;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.Signal;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/// The platform without features: HTTP and sockets on a port of the system's choice, with sessions
/// that a test hands out. Frames are answered in memory.
public final class TestFront implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final Map<Bytes, Caller> sessions = new ConcurrentHashMap<>();
  private final Map<AccountId, Set<ConversationId>> subscriptions = new ConcurrentHashMap<>();
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpFront front;
  private final int port;

  public final RpcRegistry registry = new RpcRegistry();
  public final Sockets sockets;

  /// @param fill adds the methods under test
  public TestFront(HttpConfig.Limits limits, java.util.function.Consumer<RpcRegistry> fill)
      throws IOException {
    var url = URI.create("http://crypho.test");
    var config = new HttpConfig(List.of("127.0.0.1"), 0, url, null, Set.of(), null, limits);
    fill.accept(registry);
    sockets = new Sockets(limits.socketsPerSessionMax(), limits.rateFactor(), meters);
    sockets.serve(new Answers(), List.of((_, hello, _) -> hello.setVaultRevision(7)));
    front =
        new HttpFront(
            vertx, config, registry, (token, _) -> resolve(token), sockets, Map.of(), meters);
    port = front.listen();
  }

  public static HttpConfig.Limits limits() {
    return new HttpConfig.Limits(10_000, 4, 64, Duration.ofSeconds(5), 1);
  }

  private @org.jspecify.annotations.Nullable Caller resolve(Secret token) {
    return sessions.get(Bytes.wrap(token.reveal()));
  }

  /// A session with a device; its token as text.
  public String session(Caller caller) {
    var token = new byte[32];
    token[0] = (byte) caller.session().value();
    sessions.put(Bytes.copyOf(token), caller);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  public static Caller caller(int number) {
    return new Caller(
        new SessionId(number),
        new AccountId(new UUID(1, number)),
        new DeviceId(String.format("%016x", 0x1000_0000_0000_0000L + number)));
  }

  public void subscribed(Caller caller, ConversationId conversation) {
    subscriptions.put(caller.account(), Set.of(conversation));
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  public int port() {
    return port;
  }

  public String metrics() {
    return meters.scrape();
  }

  @Override
  public void close() {
    front.drain(Duration.ofSeconds(2));
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private final class Answers implements SocketFrames {
    @Override
    public Collection<ConversationId> subscriptions(Caller caller) {
      return subscriptions.getOrDefault(caller.account(), Set.of());
    }

    @Override
    public void send(Caller caller, SendRequest request, Instant now, Answer<SendResponse> answer) {
      if (request.getEpoch() == 0) {
        answer.fail(RpcException.invalid("epoch"));
        return;
      }
      Thread.ofVirtual()
          .start(() ->
              answer.succeed(
                  SendResponse.newBuilder()
                      .setAccepted(SendResponse.Accepted.newBuilder().setSeq(request.getEpoch()))
                      .build()));
    }

    @Override
    public void signal(Caller caller, ConversationId conversation, Signal signal, Instant now) {}

    @Override
    public PutMarkerResponse putMarker(Caller caller, PutMarkerRequest request, Instant now) {
      return PutMarkerResponse.getDefaultInstance();
    }
  }
}
