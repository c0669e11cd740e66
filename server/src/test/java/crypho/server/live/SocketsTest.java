package crypho.server.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.ConversationId;
import crypho.server.http.HttpConfig;
import crypho.server.rpc.Caller;
import crypho.server.testing.TestFront;
import crypho.wire.v1.ClientFrame;
import crypho.wire.v1.EntryEvent;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.Goodbye;
import crypho.wire.v1.LogEntry;
import crypho.wire.v1.Ping;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Sockets over real connections: greeting, fan-out, answers, ends.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SocketsTest {
  private static final ConversationId ROOM = new ConversationId(new UUID(3, 3));

  private final HttpClient client = HttpClient.newHttpClient();
  private final TestFront front;
  private int callers;

  SocketsTest() throws IOException {
    front = new TestFront(TestFront.limits(), _ -> {});
  }

  @AfterAll
  void stop() {
    front.close();
    client.close();
  }

  /// One client; its queue ends with an empty frame once it is closed.
  private static final class Device implements WebSocket.Listener {
    final LinkedBlockingQueue<ServerFrame> frames = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream part = new ByteArrayOutputStream();

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean isLast) {
      var bytes = new byte[data.remaining()];
      data.get(bytes);
      part.writeBytes(bytes);
      if (isLast) {
        try {
          frames.add(ServerFrame.parseFrom(part.toByteArray()));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        part.reset();
      }
      socket.request(1);
      return java.util.concurrent.CompletableFuture.completedStage(true);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
      frames.add(ServerFrame.getDefaultInstance());
      return java.util.concurrent.CompletableFuture.completedStage(true);
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      frames.add(ServerFrame.getDefaultInstance());
    }

    ServerFrame next() throws InterruptedException {
      var frame = frames.poll(10, TimeUnit.SECONDS);
      assertNotNull(frame, "a frame comes");
      return frame;
    }
  }

  private Caller newCaller() {
    return TestFront.caller(++callers);
  }

  private WebSocket connect(String token, Device device) {
    return connect(front, token, device);
  }

  private WebSocket connect(TestFront to, String token, Device device) {
    var uri = to.uri("/api/socket").toString().replace("http:", "ws:");
    return client
        .newWebSocketBuilder()
        .header("Authorization", "Bearer " + token)
        .buildAsync(java.net.URI.create(uri), device)
        .join();
  }

  private WebSocket connectGreeted(Caller caller, Device device) throws InterruptedException {
    var socket = connect(front.session(caller), device);
    assertEquals(7, device.next().getHello().getVaultRevision());
    return socket;
  }

  private static ServerFrame entry(long seq, int bytes) {
    return ServerFrame.newBuilder()
        .setEntry(
            EntryEvent.newBuilder()
                .setConversationId(ROOM.toString())
                .setEntry(
                    LogEntry.newBuilder()
                        .setSeq(seq)
                        .setMessage(ByteString.copyFrom(new byte[bytes]))))
        .build();
  }

  private static void send(WebSocket socket, ClientFrame frame) {
    socket.sendBinary(ByteBuffer.wrap(frame.toByteArray()), true).join();
  }

  @Test
  void withoutASessionThereIsNoSocket() {
    assertThrows(CompletionException.class, () -> connect("nonsense", new Device()));
  }

  @Test
  void framesReachSubscribersInOrderAndNobodyElse() throws Exception {
    var in = newCaller();
    var out = newCaller();
    front.subscribed(in, ROOM);
    var member = new Device();
    var stranger = new Device();
    connectGreeted(in, member);
    connectGreeted(out, stranger);
    // Lengths around the three forms of a WebSocket header.
    var sizes = List.of(1, 100, 200, 65_000, 70_000);
    for (int i = 0; i < sizes.size(); i++) {
      front.sockets.toConversation(ROOM, entry(i + 1, sizes.get(i)));
    }
    for (int i = 0; i < sizes.size(); i++) {
      assertEquals(entry(i + 1, sizes.get(i)), member.next());
    }
    front.sockets.subscribe(ROOM, List.of(out.account()));
    front.sockets.unsubscribe(ROOM, List.of(in.account()));
    front.sockets.toConversation(ROOM, entry(9, 1));
    front.sockets.toAccount(in.account(), entry(10, 1));
    assertEquals(9, stranger.next().getEntry().getEntry().getSeq());
    assertEquals(10, member.next().getEntry().getEntry().getSeq());
  }

  @Test
  void requestsAreAnsweredByNumber() throws Exception {
    var device = new Device();
    var socket = connectGreeted(newCaller(), device);
    send(socket, ClientFrame.newBuilder().setRequestId(5).setPing(Ping.newBuilder()).build());
    var pong = device.next();
    assertEquals(5, pong.getReplyTo());
    assertTrue(pong.hasPong());
    send(
        socket,
        ClientFrame.newBuilder()
            .setRequestId(6)
            .setSend(SendRequest.newBuilder().setEpoch(3))
            .build());
    var sent = device.next();
    assertEquals(6, sent.getReplyTo());
    assertEquals(3, sent.getSendResult().getAccepted().getSeq());
    send(
        socket, ClientFrame.newBuilder().setRequestId(7).setSend(SendRequest.newBuilder()).build());
    var error = device.next();
    assertEquals(7, error.getReplyTo());
    assertEquals(ErrorReason.ERROR_REASON_INVALID_VALUE, error.getError().getReason());
  }

  @Test
  void whatIsNotInTheContractEndsTheSocket() throws Exception {
    var device = new Device();
    var socket = connectGreeted(newCaller(), device);
    socket.sendBinary(ByteBuffer.wrap(new byte[] {1, 2, 3}), true).join();
    assertEquals(Goodbye.Reason.REASON_PROTOCOL, device.next().getGoodbye().getReason());
  }

  @Test
  void tooManyFramesAreRefusedThenEndTheSocket() throws Exception {
    var device = new Device();
    var socket = connectGreeted(newCaller(), device);
    var ping = ClientFrame.newBuilder().setRequestId(1).setPing(Ping.newBuilder()).build();
    for (int i = 0; i < 3_000 && !socket.isOutputClosed(); i++) {
      try {
        send(socket, ping);
      } catch (CompletionException e) {
        break;
      }
    }
    boolean wasLimited = false;
    for (var frame = device.next(); !frame.hasGoodbye(); frame = device.next()) {
      wasLimited |= frame.getError().getReason() == ErrorReason.ERROR_REASON_RATE_LIMITED_VALUE;
    }
    assertTrue(wasLimited);
  }

  @Test
  void anEndedSessionLosesItsSockets() throws Exception {
    var caller = newCaller();
    var device = new Device();
    connectGreeted(caller, device);
    front.sockets.endSession(caller.session(), Goodbye.Reason.REASON_SIGNED_OUT);
    assertEquals(Goodbye.Reason.REASON_SIGNED_OUT, device.next().getGoodbye().getReason());
  }

  @Test
  void aSessionHasSoManySockets() throws Exception {
    var caller = newCaller();
    var token = front.session(caller);
    for (int i = 0; i < TestFront.limits().socketsPerSessionMax(); i++) {
      connectGreeted(caller, new Device());
    }
    assertThrows(CompletionException.class, () -> connect(token, new Device()));
  }

  /// More sockets one after the other than may be open at once: each that has gone makes room.
  @Test
  void aClosedSocketMakesRoomForTheNext() throws Exception {
    var limits = new HttpConfig.Limits(3, 4, 64, Duration.ofSeconds(5), 1);
    try (var own = new TestFront(limits, _ -> {})) {
      var token = own.session(newCaller());
      for (int i = 0; i < 10; i++) {
        var device = new Device();
        var socket = connect(own, token, device);
        assertEquals(7, device.next().getHello().getVaultRevision());
        assertTrue(own.metrics().contains("crypho_http_connections 1.0"), own.metrics());
        socket.abort();
        var end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!own.metrics().contains("crypho_http_connections 0.0")) {
          assertTrue(System.nanoTime() < end, own.metrics());
          Thread.onSpinWait();
        }
      }
    }
  }

  /// A peer that shakes hands and then reads nothing is cut, and others get their frames meanwhile.
  @Test
  void aReaderThatStopsIsCutAndHoldsNobodyUp() throws Exception {
    var stuck = newCaller();
    var lively = newCaller();
    front.subscribed(stuck, ROOM);
    front.subscribed(lively, ROOM);
    var device = new Device();
    connectGreeted(lively, device);
    try (var raw = new Socket(InetAddress.getLoopbackAddress(), front.port())) {
      raw.setReceiveBufferSize(4_096);
      raw.getOutputStream()
          .write(
              ("GET /api/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
                      + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      + "Authorization: Bearer "
                      + front.session(stuck)
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertEquals('H', raw.getInputStream().read());
      int sent = 0;
      while (!front.metrics().contains("crypho_socket_slow_total 1.0") && sent < 2_000) {
        front.sockets.toConversation(ROOM, entry(++sent, 60_000));
        assertEquals(sent, device.next().getEntry().getEntry().getSeq());
      }
      assertTrue(front.metrics().contains("crypho_socket_slow_total 1.0"), "cut: " + sent);
    }
  }
}
