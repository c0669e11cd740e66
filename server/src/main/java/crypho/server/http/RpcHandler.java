package crypho.server.http;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import crypho.server.rpc.Access;
import crypho.server.rpc.Call;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcRegistry;
import crypho.server.rpc.SessionResolver;
import crypho.wire.v1.ErrorInfo;
import crypho.wire.v1.ErrorReason;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers `POST /api/crypho.v1.Service/Method`.
///
/// Order: method, content type and origin; the address's limit; the body, bounded; a place among
/// the calls at once; the session; the method's limit; the method itself, on a virtual thread.
final class RpcHandler {
  static final String PREFIX = "/api/";

  private static final Logger LOG = LoggerFactory.getLogger(RpcHandler.class);
  private static final String PROTO = "application/proto";
  private static final String JSON = "application/json";
  private static final RateLimit PER_ADDRESS = new RateLimit(3_000, Duration.ofMinutes(1));
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
  private static final Duration COOKIE_KEPT = Duration.ofDays(90);

  private final Vertx vertx;
  private final HttpConfig config;
  private final RpcRegistry registry;
  private final SessionResolver sessions;
  private final RateLimiter limiter;
  private final HttpMetrics metrics;
  private final Semaphore callsAtOnce;
  private volatile boolean isClosing;

  RpcHandler(
      Vertx vertx,
      HttpConfig config,
      RpcRegistry registry,
      SessionResolver sessions,
      RateLimiter limiter,
      HttpMetrics metrics) {
    this.vertx = vertx;
    this.config = config;
    this.registry = registry;
    this.sessions = sessions;
    this.limiter = limiter;
    this.metrics = metrics;
    this.callsAtOnce = new Semaphore(config.limits().callsAtOnceMax());
  }

  /// What is known of one request while it is answered.
  private record Exchange(
      HttpServerRequest request,
      RpcRegistry.Entry<?, ?> entry,
      Context context,
      boolean isJson,
      Peer peer,
      Credentials credentials,
      long startNanos,
      AtomicBoolean isAnswered) {}

  static String cookieName(HttpConfig config) {
    return config.isSecure() ? "__Host-crypho" : "crypho";
  }

  /// New calls are refused from now on; returns once those under way have ended or time is up.
  void drain(Duration most) {
    isClosing = true;
    try {
      var all = config.limits().callsAtOnceMax();
      if (!callsAtOnce.tryAcquire(
          all, most.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)) {
        LOG.warn("event=http.calls_cut");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void handle(HttpServerRequest request, String path) {
    var entry = registry.find(path.substring(PREFIX.length()));
    if (entry == null) {
      refuse(request, RpcException.notFound().info());
      return;
    }
    if (!request.method().equals(HttpMethod.POST)) {
      request.response().putHeader("Allow", "POST").setStatusCode(405).end();
      return;
    }
    var type = contentType(request);
    if (!type.equals(PROTO) && !type.equals(JSON)) {
      request.response().setStatusCode(415).end();
      return;
    }
    var credentials = Credentials.of(request, cookieName(config));
    if (credentials.isCrossOrigin(request, config)) {
      refuse(request, RpcException.of(ErrorReason.ERROR_REASON_ORIGIN).info());
      return;
    }
    var now = System.nanoTime();
    var peer = Peer.of(request, config);
    var wait = limiter.take("address", peer.limitKey(), PER_ADDRESS, now);
    if (!wait.isZero()) {
      refuse(request, RpcException.rateLimited(wait).info());
      return;
    }
    readBody(
        new Exchange(
            request,
            entry,
            vertx.getOrCreateContext(),
            type.equals(JSON),
            peer,
            credentials,
            now,
            new AtomicBoolean()));
  }

  private static String contentType(HttpServerRequest request) {
    var header = request.getHeader("Content-Type");
    if (header == null || request.getHeader("Content-Encoding") != null) {
      return "";
    }
    var end = header.indexOf(';');
    return (end < 0 ? header : header.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  private void readBody(Exchange exchange) {
    var request = exchange.request();
    var limit = exchange.entry().bodyBytesMax();
    var declared = request.getHeader("Content-Length");
    if (declared != null && (declared.length() > 10 || Long.parseLong(declared) > limit)) {
      answerError(exchange, RpcException.tooLarge("", limit).info());
      return;
    }
    var timer =
        vertx.setTimer(
            config.limits().callMax().toMillis(),
            _ -> answerError(exchange, RpcException.unavailable(RETRY_AFTER).info()));
    var body = Buffer.buffer();
    request.exceptionHandler(_ -> {
      exchange.isAnswered().set(true);
      vertx.cancelTimer(timer);
    });
    request.handler(part -> {
      if (body.length() + part.length() > limit) {
        vertx.cancelTimer(timer);
        answerError(exchange, RpcException.tooLarge("", limit).info());
      } else if (!exchange.isAnswered().get()) {
        body.appendBuffer(part);
      }
    });
    request.endHandler(_ -> {
      vertx.cancelTimer(timer);
      if (!exchange.isAnswered().get()) {
        start(exchange, body);
      }
    });
  }

  private void start(Exchange exchange, Buffer body) {
    if (isClosing || !callsAtOnce.tryAcquire()) {
      answerError(
          exchange,
          ErrorInfo.newBuilder()
              .setReason(ErrorReason.ERROR_REASON_OVERLOADED)
              .setRetryAfterMs(RETRY_AFTER.toMillis())
              .build());
      return;
    }
    var thread =
        Thread.ofVirtual()
            .unstarted(() -> {
              try {
                run(exchange, body, exchange.entry());
              } finally {
                callsAtOnce.release();
              }
            });
    var timer =
        vertx.setTimer(
            config.limits().callMax().toMillis(),
            _ -> {
              thread.interrupt();
              answerError(exchange, RpcException.unavailable(RETRY_AFTER).info());
            });
    exchange.request().response().endHandler(_ -> vertx.cancelTimer(timer));
    thread.start();
  }

  private <Q extends Message, A extends Message> void run(
      Exchange exchange, Buffer body, RpcRegistry.Entry<Q, A> entry) {
    try {
      var now = Instant.now();
      var caller = caller(exchange, now);
      limitMethod(exchange, entry, caller);
      var request = parse(entry.prototype(), exchange.isJson(), body);
      var wantsCookie = "web".equals(exchange.request().getHeader("X-Crypho-Client"));
      var call = new Call(caller, exchange.peer().address(), now, wantsCookie);
      var answer = entry.method().answer(call, request);
      answer(exchange, encode(exchange.isJson(), answer), call.cookieChange());
    } catch (RpcException e) {
      answerError(exchange, e.info());
    } catch (InvalidProtocolBufferException e) {
      answerError(exchange, RpcException.malformed("").info());
    } catch (RuntimeException | StackOverflowError e) {
      LOG.error("event=rpc.failed method={}", entry.path(), e);
      answerError(exchange, RpcException.of(ErrorReason.ERROR_REASON_INTERNAL).info());
    }
  }

  private @Nullable Caller caller(Exchange exchange, Instant now) {
    var token = exchange.credentials().token();
    var caller = token == null ? null : sessions.resolve(token, now);
    return switch (exchange.entry().access()) {
      case PUBLIC -> caller;
      case SESSION, DEVICE -> {
        if (caller == null) {
          throw RpcException.unauthenticated();
        }
        if (exchange.entry().access() == Access.DEVICE && caller.deviceOrNull() == null) {
          throw RpcException.forbidden();
        }
        yield caller;
      }
    };
  }

  private void limitMethod(
      Exchange exchange, RpcRegistry.Entry<?, ?> entry, @Nullable Caller caller) {
    Object who =
        entry.access() == Access.PUBLIC || caller == null
            ? exchange.peer().limitKey()
            : caller.account();
    var wait = limiter.take(entry.path(), who, entry.limit(), exchange.startNanos());
    if (!wait.isZero()) {
      throw RpcException.rateLimited(wait);
    }
  }

  @SuppressWarnings("unchecked")
  private static <Q extends Message> Q parse(Q prototype, boolean isJson, Buffer body)
      throws InvalidProtocolBufferException {
    if (!isJson) {
      return (Q) prototype.getParserForType().parseFrom(body.getBytes());
    }
    var builder = prototype.newBuilderForType();
    JsonFormat.parser()
        .ignoringUnknownFields()
        .merge(body.toString(StandardCharsets.UTF_8), builder);
    return (Q) builder.build();
  }

  private static Buffer encode(boolean isJson, Message answer)
      throws InvalidProtocolBufferException {
    return isJson
        ? Buffer.buffer(JsonFormat.printer().omittingInsignificantWhitespace().print(answer))
        : Buffer.buffer(answer.toByteArray());
  }

  private void answer(Exchange exchange, Buffer body, Call.@Nullable CookieChange cookie) {
    exchange
        .context()
        .runOnContext(_ -> {
          if (!exchange.isAnswered().compareAndSet(false, true)) {
            return;
          }
          metrics.called(exchange.entry().path(), "ok", exchange.startNanos());
          var response = exchange.request().response();
          if (response.closed()) {
            return;
          }
          if (cookie != null) {
            response.addCookie(cookie(cookie));
          }
          response
              .putHeader("Content-Type", exchange.isJson() ? JSON : PROTO)
              .putHeader("Cache-Control", "no-store")
              .end(body);
        });
  }

  private Cookie cookie(Call.CookieChange change) {
    var cookie =
        switch (change) {
          case Call.CookieChange.Set set -> {
            var made = Cookie.cookie(cookieName(config), Credentials.encode(set.token()));
            yield set.isPersistent() ? made.setMaxAge(COOKIE_KEPT.toSeconds()) : made;
          }
          case Call.CookieChange.Clear() -> Cookie.cookie(cookieName(config), "").setMaxAge(0);
        };
    return cookie
        .setPath("/")
        .setHttpOnly(true)
        .setSecure(config.isSecure())
        .setSameSite(CookieSameSite.STRICT);
  }

  private void answerError(Exchange exchange, ErrorInfo info) {
    exchange
        .context()
        .runOnContext(_ -> {
          if (exchange.isAnswered().compareAndSet(false, true)) {
            metrics.called(exchange.entry().path(), info.getReason().name(), exchange.startNanos());
            refuse(exchange.request(), info);
          }
        });
  }

  /// Answers with an error. A request whose body is still coming ends its connection: what follows
  /// would be read for nothing.
  private static void refuse(HttpServerRequest request, ErrorInfo info) {
    var response = request.response();
    if (response.closed() || response.headWritten()) {
      return;
    }
    if (info.getRetryAfterMs() > 0) {
      var seconds = Math.max(1, Math.ceilDiv(info.getRetryAfterMs(), 1000L));
      response.putHeader("Retry-After", Long.toString(seconds));
    }
    response
        .setStatusCode(RpcErrors.status(info.getReason()))
        .putHeader("Content-Type", JSON)
        .putHeader("Cache-Control", "no-store");
    if (!request.isEnded() && request.streamId() < 2) {
      response.putHeader("Connection", "close");
      response.end(RpcErrors.body(info)).onComplete(_ -> request.connection().close());
    } else {
      response.end(RpcErrors.body(info));
    }
  }
}
