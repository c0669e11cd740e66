package crypho.client.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import crypho.base.Secret;
import crypho.wire.v1.ErrorInfo;
import crypho.wire.v1.ErrorReason;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Calls methods of a server, binary protobuf over HTTP. A call that the server could not take on
/// is tried again a few times; one whose answer was lost is not, since the caller knows whether it
/// may. Safe for any number of threads.
public final class RpcClient {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
  private static final Duration CALL_MAX = Duration.ofSeconds(60);
  private static final int TRIES_MAX = 4;
  private static final long PAUSE_MS_MAX = 5_000;

  private final HttpClient http;
  private final URI server;
  private final @Nullable Secret token;

  private RpcClient(HttpClient http, URI server, @Nullable Secret token) {
    this.http = http;
    this.server = server;
    this.token = token;
  }

  /// Without a session.
  ///
  /// @param server `https://chat.example.org`, without a path
  public static RpcClient to(URI server) {
    var http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_MAX)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    return new RpcClient(http, server, null);
  }

  /// The same with a session; `token` stays with the caller.
  public RpcClient as(Secret session) {
    return new RpcClient(http, server, session);
  }

  HttpClient http() {
    return http;
  }

  URI server() {
    return server;
  }

  /// Of the session.
  ///
  /// @throws IllegalStateException where there is none
  String bearer() {
    if (token == null) {
      throw new IllegalStateException("no session");
    }
    return "Bearer " + Base64.getUrlEncoder().withoutPadding().encodeToString(token.reveal());
  }

  /// @param method `crypho.v1.Service/Method`
  public <T extends Message> T call(String method, Message request, Parser<T> response)
      throws IOException, RpcFailure {
    for (var tries = 1; ; tries++) {
      try {
        return once(method, request, response);
      } catch (RpcFailure e) {
        if (!e.isPassing() || tries == TRIES_MAX) {
          throw e;
        }
        pause(e.retryAfter());
      }
    }
  }

  /// As [#call], and again a few times where the answer was lost: for methods that answer the same
  /// request alike.
  public <T extends Message> T insist(String method, Message request, Parser<T> response)
      throws IOException, RpcFailure {
    for (var tries = 1; ; tries++) {
      try {
        return call(method, request, response);
      } catch (IOException e) {
        if (tries == TRIES_MAX || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        pause(Duration.ofMillis(100L << tries));
      }
    }
  }

  private <T extends Message> T once(String method, Message request, Parser<T> response)
      throws IOException, RpcFailure {
    var builder =
        HttpRequest.newBuilder(server.resolve("/api/" + method))
            .timeout(CALL_MAX)
            .header("Content-Type", "application/proto")
            .POST(HttpRequest.BodyPublishers.ofByteArray(request.toByteArray()));
    if (token != null) {
      builder.header("Authorization", bearer());
    }
    try {
      var answer = http.send(builder.build(), HttpResponse.BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) {
        throw new RpcFailure(answer.statusCode(), errorInfo(answer.body()));
      }
      return response.parseFrom(answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /// From the Connect error body; INTERNAL where the body is something else.
  static ErrorInfo errorInfo(byte[] body) {
    var unknown = ErrorInfo.newBuilder().setReason(ErrorReason.ERROR_REASON_INTERNAL).build();
    var parsed = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(new String(body, StandardCharsets.UTF_8), parsed);
      var details = parsed.getFieldsMap().get("details");
      if (details == null || details.getListValue().getValuesCount() == 0) {
        return unknown;
      }
      var value = details.getListValue().getValues(0).getStructValue().getFieldsMap().get("value");
      return value == null
          ? unknown
          : ErrorInfo.parseFrom(Base64.getDecoder().decode(value.getStringValue()));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return unknown;
    }
  }

  private static void pause(Duration advised) throws IOException {
    var least = Math.clamp(advised.toMillis(), 50, PAUSE_MS_MAX);
    try {
      Thread.sleep(least + ThreadLocalRandom.current().nextLong(least));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
