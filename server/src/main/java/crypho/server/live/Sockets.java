package crypho.server.live;

import com.google.protobuf.InvalidProtocolBufferException;
import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.server.http.SocketUpgrade;
import crypho.server.live.api.HelloPart;
import crypho.server.live.api.Live;
import crypho.server.live.api.SocketFrames;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.SessionId;
import crypho.wire.v1.ClientFrame;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.Goodbye;
import crypho.wire.v1.Hello;
import crypho.wire.v1.Pong;
import crypho.wire.v1.ServerFrame;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.websocketx.WebSocketFrameEncoder;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All sockets: fan-out for features ([Live]), frames from devices ([SocketFrames]).
public final class Sockets implements Live, SocketUpgrade {
  private static final Logger LOG = LoggerFactory.getLogger(Sockets.class);
  private static final int PING_INTERVAL_MS = 30_000;
  private static final Duration SWEEP_EVERY = Duration.ofSeconds(5);

  /// Connections that read their subscriptions and heads at once; others wait for their turn.
  private static final int GREETINGS_AT_ONCE_MAX = 12;

  private static final int MARKERS_AT_ONCE_MAX = 64;
  private static final long CLOSING_RETRY_MS = 1_000;
  private static final long CLOSING_SPREAD_MS = 4_000;

  private final int socketsPerSessionMax;
  private final int rateFactor;
  private final Counter deliveries;
  private final Counter slow;
  private final Map<EventLoop, SocketLoop> loops = new ConcurrentHashMap<>();
  private final Map<SessionId, Integer> perSession = new ConcurrentHashMap<>();
  private final Semaphore greetings = new Semaphore(GREETINGS_AT_ONCE_MAX, true);
  private final Semaphore markers = new Semaphore(MARKERS_AT_ONCE_MAX);
  private volatile @Nullable SocketFrames frames;
  private volatile List<HelloPart> helloParts = List.of();
  private volatile boolean isClosing;

  public Sockets(int socketsPerSessionMax, int rateFactor, MeterRegistry meters) {
    this.socketsPerSessionMax = socketsPerSessionMax;
    this.rateFactor = rateFactor;
    this.deliveries =
        Counter.builder("crypho.socket.deliveries")
            .description("Frames written to sockets on behalf of others")
            .register(meters);
    this.slow =
        Counter.builder("crypho.socket.slow")
            .description("Sockets cut because their reader was too slow")
            .register(meters);
    Gauge.builder("crypho.socket.open", () -> perSession.values().stream().mapToInt(i -> i).sum())
        .description("Open sockets")
        .register(meters);
  }

  /// Features that answer frames; they need this object themselves, so they come after it.
  public void serve(SocketFrames answers, List<HelloPart> parts) {
    frames = answers;
    helloParts = List.copyOf(parts);
  }

  @Override
  public boolean mayOpen(Caller caller) {
    return !isClosing
        && frames != null
        && perSession.getOrDefault(caller.session(), 0) < socketsPerSessionMax;
  }

  @Override
  public void opened(Caller caller, ServerWebSocket webSocket, BooleanSupplier isStillValid) {
    var channel = ((WebSocketInternal) webSocket).channelHandlerContext().channel();
    var encoder = channel.pipeline().context(WebSocketFrameEncoder.class);
    var features = frames;
    if (encoder == null || features == null) {
      webSocket.close();
      return;
    }
    var loop = loops.computeIfAbsent(channel.eventLoop(), this::newLoop);
    var socket = new Socket(loop, caller, encoder, System.nanoTime());
    var isGreeting = new AtomicBoolean(true);
    perSession.merge(caller.session(), 1, Integer::sum);
    loop.add(socket);
    webSocket.closeHandler(_ -> {
      perSession.compute(caller.session(), (_, n) -> n == null || n == 1 ? null : n - 1);
      loop.remove(socket, isGreeting.getAndSet(false));
    });
    webSocket.exceptionHandler(_ -> socket.cut());
    webSocket.textMessageHandler(_ -> protocolError(socket));
    webSocket.binaryMessageHandler(buffer -> onFrame(features, socket, buffer));
    Thread.ofVirtual().start(() -> greet(features, socket, isGreeting, isStillValid));
  }

  private SocketLoop newLoop(EventLoop eventLoop) {
    var loop = new SocketLoop(eventLoop, deliveries, slow);
    var _ =
        eventLoop.scheduleAtFixedRate(
            () -> loop.sweep(System.nanoTime()),
            SWEEP_EVERY.toMillis(),
            SWEEP_EVERY.toMillis(),
            TimeUnit.MILLISECONDS);
    return loop;
  }

  /// Subscriptions first, heads after: what happens in between comes as a frame behind Hello.
  private void greet(
      SocketFrames features,
      Socket socket,
      AtomicBoolean isGreeting,
      BooleanSupplier isStillValid) {
    var caller = socket.caller();
    try {
      greetings.acquire();
      try {
        var read = features.subscriptions(caller);
        var isRegistered = new CountDownLatch(1);
        socket
            .loop()
            .post(loop -> {
              if (isGreeting.getAndSet(false)) {
                loop.subscriptionsRead(socket, read);
              }
              isRegistered.countDown();
            });
        if (!isRegistered.await(10, TimeUnit.SECONDS)) {
          socket.loop().post(_ -> socket.cut());
          return;
        }
        var now = Instant.now();
        var hello =
            Hello.newBuilder()
                .setServerTimeMs(now.toEpochMilli())
                .setPingIntervalMs(PING_INTERVAL_MS);
        for (var part : helloParts) {
          part.fill(caller, hello, now);
        }
        // The session may have ended before this socket was known to the loop.
        if (!isStillValid.getAsBoolean()) {
          var reason = Goodbye.Reason.REASON_SIGNED_OUT;
          socket.loop().post(loop -> loop.endSession(caller.session(), reason));
          return;
        }
        var frame = ServerFrame.newBuilder().setHello(hello).build();
        socket.loop().post(_ -> socket.greet(frame));
      } finally {
        greetings.release();
      }
    } catch (RpcException e) {
      socket.loop().post(_ -> socket.cut());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("event=socket.greeting_failed session={}", caller.session().value(), e);
      socket.loop().post(_ -> socket.cut());
    }
  }

  private static void protocolError(Socket socket) {
    socket.leave(Frames.goodbye(Goodbye.Reason.REASON_PROTOCOL, 0));
  }

  private void onFrame(SocketFrames features, Socket socket, Buffer buffer) {
    if (!socket.isOpen()) {
      return;
    }
    ClientFrame frame;
    try {
      frame = ClientFrame.parseFrom(buffer.getBytes());
    } catch (InvalidProtocolBufferException e) {
      protocolError(socket);
      return;
    }
    if (!socket.mayTakeFrame(System.nanoTime(), rateFactor)) {
      tooMany(socket, frame.getRequestId());
      return;
    }
    switch (frame.getBodyCase()) {
      case PING ->
          reply(
              socket,
              ServerFrame.newBuilder()
                  .setReplyTo(frame.getRequestId())
                  .setPong(Pong.getDefaultInstance())
                  .build());
      case SEND -> send(features, socket, frame);
      case SIGNAL -> signal(features, socket, frame);
      case PUT_MARKER -> putMarker(features, socket, frame);
      case BODY_NOT_SET -> protocolError(socket);
    }
  }

  private static void tooMany(Socket socket, int requestId) {
    if (socket.strike()) {
      // Behind the errors that were answered before.
      var goodbye = Frames.goodbye(Goodbye.Reason.REASON_RATE_LIMITED, 10_000);
      socket.loop().post(_ -> socket.leave(goodbye));
    } else {
      fail(socket, requestId, RpcException.rateLimited(Duration.ofSeconds(1)));
    }
  }

  private static void send(SocketFrames features, Socket socket, ClientFrame frame) {
    int request = frame.getRequestId();
    if (socket.pending >= Socket.PENDING_MAX) {
      fail(socket, request, RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED));
      return;
    }
    socket.pending++;
    var answer =
        new Reply<crypho.wire.v1.SendResponse>(
            socket,
            request,
            response ->
                ServerFrame.newBuilder().setReplyTo(request).setSendResult(response).build());
    try {
      features.send(socket.caller(), frame.getSend(), Instant.now(), answer);
    } catch (RpcException e) {
      answer.fail(e);
    } catch (RuntimeException e) {
      LOG.error("event=socket.send_failed", e);
      answer.fail(RpcException.of(ErrorReason.ERROR_REASON_INTERNAL));
    }
  }

  /// Encodes the answer on the thread that has it, and hands it to the socket's loop.
  private static final class Reply<A> extends AtomicBoolean implements SocketFrames.Answer<A> {
    private static final long serialVersionUID = 1;
    private final transient Socket socket;
    private final int requestId;
    private final transient java.util.function.Function<A, ServerFrame> frame;

    Reply(Socket socket, int requestId, java.util.function.Function<A, ServerFrame> frame) {
      this.socket = socket;
      this.requestId = requestId;
      this.frame = frame;
    }

    @Override
    public void succeed(A response) {
      finish(frame.apply(response));
    }

    @Override
    public void fail(RpcException error) {
      finish(Frames.error(requestId, error.info()));
    }

    private void finish(ServerFrame answer) {
      if (!compareAndSet(false, true)) {
        return;
      }
      var encoded = requestId == 0 ? null : Frames.encode(answer);
      socket
          .loop()
          .post(loop -> {
            socket.pending--;
            if (encoded != null) {
              loop.toSocket(socket, encoded);
            }
          });
    }
  }

  private static void signal(SocketFrames features, Socket socket, ClientFrame frame) {
    var signal = frame.getSignal();
    try {
      var conversation = ConversationId.parse(signal.getConversationId());
      if (socket.loop().isSubscribed(socket.caller(), conversation)) {
        features.signal(socket.caller(), conversation, signal, Instant.now());
      }
    } catch (RpcException e) {
      fail(socket, frame.getRequestId(), e);
    } catch (IllegalArgumentException e) {
      fail(socket, frame.getRequestId(), RpcException.malformed("signal.conversation_id"));
    }
  }

  private void putMarker(SocketFrames features, Socket socket, ClientFrame frame) {
    int request = frame.getRequestId();
    if (!markers.tryAcquire()) {
      fail(socket, request, RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED));
      return;
    }
    Thread.ofVirtual()
        .start(() -> {
          try {
            var result = features.putMarker(socket.caller(), frame.getPutMarker(), Instant.now());
            reply(
                socket,
                ServerFrame.newBuilder().setReplyTo(request).setMarkerResult(result).build());
          } catch (RpcException e) {
            fail(socket, request, e);
          } catch (RuntimeException e) {
            LOG.error("event=socket.marker_failed", e);
            fail(socket, request, RpcException.of(ErrorReason.ERROR_REASON_INTERNAL));
          } finally {
            markers.release();
          }
        });
  }

  private static void fail(Socket socket, int requestId, RpcException error) {
    reply(socket, Frames.error(requestId, error.info()));
  }

  /// Answers a request; one with the id 0 wants no answer.
  private static void reply(Socket socket, ServerFrame frame) {
    if (frame.getReplyTo() != 0) {
      var encoded = Frames.encode(frame);
      socket.loop().post(loop -> loop.toSocket(socket, encoded));
    }
  }

  private void toLoops(ServerFrame frame, Consumer<SocketLoopFrame> each) {
    var all = List.copyOf(loops.values());
    if (all.isEmpty()) {
      return;
    }
    var encoded = Frames.encode(frame);
    encoded.retain(all.size());
    for (var loop : all) {
      each.accept(new SocketLoopFrame(loop, encoded));
    }
    encoded.release();
  }

  private record SocketLoopFrame(SocketLoop loop, ByteBuf frame) {}

  @Override
  public void toAccount(AccountId account, ServerFrame frame) {
    toLoops(frame, it -> it.loop().post(loop -> loop.toAccount(account, it.frame())));
  }

  @Override
  public void toConversation(ConversationId conversation, ServerFrame frame) {
    toLoops(frame, it -> it.loop().post(loop -> loop.toConversation(conversation, it.frame())));
  }

  @Override
  public void subscribe(ConversationId conversation, Collection<AccountId> accounts) {
    var all = List.copyOf(accounts);
    toAll(loop -> all.forEach(account -> loop.subscribe(conversation, account)));
  }

  @Override
  public void unsubscribe(ConversationId conversation, Collection<AccountId> accounts) {
    var all = List.copyOf(accounts);
    toAll(loop -> all.forEach(account -> loop.unsubscribe(conversation, account)));
  }

  @Override
  public void close(ConversationId conversation) {
    toAll(loop -> loop.close(conversation));
  }

  @Override
  public void endSession(SessionId session, Goodbye.Reason reason) {
    toAll(loop -> loop.endSession(session, reason));
  }

  private void toAll(SocketLoop.Operation operation) {
    loops.values().forEach(loop -> loop.post(operation));
  }

  @Override
  public void drain(Duration most) {
    isClosing = true;
    toAll(loop -> loop.leaveAll(CLOSING_RETRY_MS, CLOSING_SPREAD_MS));
    var end = System.nanoTime() + most.toNanos();
    while (!perSession.isEmpty() && System.nanoTime() < end) {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
