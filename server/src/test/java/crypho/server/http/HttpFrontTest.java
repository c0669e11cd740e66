package crypho.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.server.rpc.Access;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcRegistry;
import crypho.server.testing.TestFront;
import crypho.wire.v1.ConversationRequest;
import crypho.wire.v1.Empty;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The contract of HTTP calls: forms, errors, origins, limits.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HttpFrontTest {
  private static final String JSON = "application/json";
  private static final RateLimit WIDE = new RateLimit(100_000, Duration.ofMinutes(1));

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final CountDownLatch hasBegun = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private TestFront front;

  HttpFrontTest() throws IOException {
    front = new TestFront(TestFront.limits(), this::methods);
  }

  private void methods(RpcRegistry registry) {
    registry.add(
        "T", "Echo", ConversationRequest.getDefaultInstance(), Access.PUBLIC, WIDE, (_, q) -> q);
    registry.add("T", "Mine", Empty.getDefaultInstance(), Access.DEVICE, WIDE, (_, q) -> q);
    registry.add(
        "T",
        "Few",
        Empty.getDefaultInstance(),
        Access.PUBLIC,
        RateLimit.COSTLY,
        (_, _) -> {
          throw RpcException.invalid("auth_key");
        });
    registry.add(
        "T",
        "Broken",
        Empty.getDefaultInstance(),
        Access.PUBLIC,
        WIDE,
        (_, _) -> {
          throw new IllegalStateException("kari@example.org");
        });
    registry.add(
        "T",
        "Slow",
        Empty.getDefaultInstance(),
        Access.PUBLIC,
        WIDE,
        (_, q) -> {
          hasBegun.countDown();
          await(mayEnd);
          return q;
        });
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @BeforeAll
  void isUp() {
    assertTrue(front.port() > 0);
  }

  @AfterAll
  void stop() {
    mayEnd.countDown();
    front.close();
    client.close();
  }

  private HttpRequest.Builder call(String method) {
    return HttpRequest.newBuilder(front.uri("/api/crypho.v1.T/" + method))
        .header("Content-Type", JSON);
  }

  private HttpResponse<String> post(HttpRequest.Builder request, String body) throws Exception {
    return client.send(
        request.POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void assertRefused(int status, String reason, HttpResponse<String> answer) {
    assertEquals(status, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains("ERROR_REASON_" + reason), answer.body());
    assertTrue(answer.body().contains("\"type\":\"crypho.v1.ErrorInfo\""), answer.body());
  }

  @Test
  void jsonAndBinaryAreAnsweredInKind() throws Exception {
    var json = post(call("Echo"), "{\"conversationId\":\"c1\"}");
    assertEquals(200, json.statusCode());
    assertEquals("{\"conversationId\":\"c1\"}", json.body());
    var message = ConversationRequest.newBuilder().setConversationId("c1").build();
    var binary =
        client.send(
            HttpRequest.newBuilder(front.uri("/api/crypho.v1.T/Echo"))
                .header("Content-Type", "application/proto")
                .POST(HttpRequest.BodyPublishers.ofByteArray(message.toByteArray()))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    assertEquals(message, ConversationRequest.parseFrom(binary.body()));
    assertEquals("application/proto", binary.headers().firstValue("Content-Type").orElse(""));
  }

  @Test
  void http2InTheClearIsSpoken() throws Exception {
    try (var modern = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      var answer =
          modern.send(
              call("Echo").POST(HttpRequest.BodyPublishers.ofString("{}")).build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(HttpClient.Version.HTTP_2, answer.version());
      assertEquals(200, answer.statusCode());
    }
  }

  @Test
  void malformedBodiesAreRefused() throws Exception {
    assertRefused(400, "MALFORMED", post(call("Echo"), "{\"conversationId\":"));
    assertRefused(
        400,
        "MALFORMED",
        post(
            HttpRequest.newBuilder(front.uri("/api/crypho.v1.T/Echo"))
                .header("Content-Type", "application/proto"),
            "\u0001\u0002\u0003"));
    assertRefused(404, "NOT_FOUND", post(call("Nothing"), "{}"));
    assertEquals(
        415,
        post(
                HttpRequest.newBuilder(front.uri("/api/crypho.v1.T/Echo"))
                    .header("Content-Type", "text/plain"),
                "{}")
            .statusCode());
  }

  @Test
  void bodiesAreBoundedWhetherTheLengthIsSaidOrNot() throws Exception {
    var large = "{\"conversationId\":\"" + "x".repeat(70_000) + "\"}";
    assertRefused(413, "TOO_LARGE", post(call("Echo"), large));
    var chunked =
        HttpRequest.BodyPublishers.ofInputStream(
            () -> new java.io.ByteArrayInputStream(new byte[100_000]));
    var answer =
        client.send(call("Echo").POST(chunked).build(), HttpResponse.BodyHandlers.ofString());
    assertRefused(413, "TOO_LARGE", answer);
  }

  @Test
  void defectsSayNothingOfWhatTheyHold() throws Exception {
    var answer = post(call("Broken"), "{}");
    assertRefused(500, "INTERNAL", answer);
    assertTrue(!answer.body().contains("kari"));
  }

  @Test
  void sessionsComeByBearerOrByCookieOfTheSameOrigin() throws Exception {
    var token = front.session(TestFront.caller(1));
    assertRefused(401, "UNAUTHENTICATED", post(call("Mine"), "{}"));
    assertEquals(
        200, post(call("Mine").header("Authorization", "Bearer " + token), "{}").statusCode());
    var cookie = "crypho=" + token;
    assertRefused(403, "ORIGIN", post(call("Mine").header("Cookie", cookie), "{}"));
    assertEquals(
        200,
        post(call("Mine").header("Cookie", cookie).header("Origin", "http://crypho.test"), "{}")
            .statusCode());
    assertRefused(
        403,
        "ORIGIN",
        post(call("Mine").header("Cookie", cookie).header("Origin", "http://evil.test"), "{}"));
    assertRefused(
        403,
        "ORIGIN",
        post(call("Mine").header("Cookie", cookie).header("Sec-Fetch-Site", "cross-site"), "{}"));
  }

  @Test
  void everyAnswerCarriesTheHeaders() throws Exception {
    for (var answer : new HttpResponse<?>[] {post(call("Echo"), "{}"), post(call("No"), "{}")}) {
      var headers = answer.headers();
      assertTrue(headers.firstValue("Content-Security-Policy").orElse("").contains("'none'"));
      assertTrue(
          !headers.firstValue("Content-Security-Policy").orElse("").contains("unsafe-inline"));
      assertEquals("no-referrer", headers.firstValue("Referrer-Policy").orElse(""));
      assertEquals("require-corp", headers.firstValue("Cross-Origin-Embedder-Policy").orElse(""));
    }
  }

  @Test
  void tenThousandWrongCallsAreLimitedAndTheServerGoesOn() throws Exception {
    int let = 0;
    try (var own = new TestFront(TestFront.limits(), this::methods)) {
      for (int i = 0; i < 10_000; i++) {
        var answer =
            post(
                HttpRequest.newBuilder(own.uri("/api/crypho.v1.T/Few"))
                    .header("Content-Type", JSON),
                "{}");
        if (answer.statusCode() == 400) {
          let++;
        } else {
          assertRefused(429, "RATE_LIMITED", answer);
          assertTrue(Long.parseLong(answer.headers().firstValue("Retry-After").orElse("0")) >= 1);
        }
      }
    }
    // A burst of 20, and what five minutes' refill gives while the loop runs.
    assertTrue(let >= 20 && let < 60, "let through: " + let);
    assertEquals(200, post(call("Echo"), "{}").statusCode());
  }

  @Test
  void callsBeyondThoseAtOnceAreTurnedAway() throws Exception {
    var limits = new HttpConfig.Limits(100, 4, 1, Duration.ofSeconds(5), 1);
    try (var own = new TestFront(limits, this::methods)) {
      var slow =
          HttpRequest.newBuilder(own.uri("/api/crypho.v1.T/Slow"))
              .header("Content-Type", JSON)
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      var first = client.sendAsync(slow, HttpResponse.BodyHandlers.ofString());
      await(hasBegun);
      var second =
          post(
              HttpRequest.newBuilder(own.uri("/api/crypho.v1.T/Echo")).header("Content-Type", JSON),
              "{}");
      assertRefused(503, "OVERLOADED", second);
      mayEnd.countDown();
      assertEquals(200, first.get(5, TimeUnit.SECONDS).statusCode());
    }
  }
}
