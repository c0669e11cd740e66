package crypho.client.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import crypho.wire.v1.ClientFrame;
import crypho.wire.v1.Hello;
import crypho.wire.v1.Ping;
import crypho.wire.v1.ServerFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One connection to /api/socket. Its end is final: the owner opens another and reads what it
/// missed from the logs, since frames promise nothing.
///
/// Events come one after the other, on a thread of the HTTP client; they must not block for long.
@SuppressWarnings("FutureReturnValueIgnored")
public final class LiveSocket implements AutoCloseable {
  private static final Duration OPEN_MAX = Duration.ofSeconds(20);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
  private static final int FRAME_BYTES_MAX = 4 << 20;

  private final Consumer<ServerFrame> events;
  private final Map<Integer, CompletableFuture<ServerFrame>> waiting = new ConcurrentHashMap<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final CompletableFuture<Hello> hello = new CompletableFuture<>();
  private final CompletableFuture<Integer> closed = new CompletableFuture<>();

  /// The JDK's socket takes one message at a time: each waits for the one before.
  private CompletableFuture<WebSocket> lastSend;

  private LiveSocket(Consumer<ServerFrame> events) {
    this.events = events;
    this.lastSend = new CompletableFuture<>();
  }

  /// Connects and waits for Hello.
  public static LiveSocket open(RpcClient rpc, Consumer<ServerFrame> events) throws IOException {
    var socket = new LiveSocket(events);
    var scheme = "https".equals(rpc.server().getScheme()) ? "wss" : "ws";
    var uri = URI.create(scheme + "://" + rpc.server().getAuthority() + "/api/socket");
    rpc.http()
        .newWebSocketBuilder()
        .header("Authorization", rpc.bearer())
        .connectTimeout(OPEN_MAX)
        .buildAsync(uri, socket.new Frames())
        .whenComplete((opened, failure) -> {
          if (failure != null) {
            socket.end(failure);
          } else {
            socket.lastSend.complete(opened);
          }
        });
    await(socket.hello, OPEN_MAX);
    Thread.ofVirtual().name("crypho-ping").start(socket::pingUntilClosed);
    return socket;
  }

  public Hello hello() {
    return hello.join();
  }

  /// Completes with the close code; 1006 where the connection broke.
  public CompletableFuture<Integer> closed() {
    return closed.copy();
  }

  /// Sends a frame that is answered. The request id is set here.
  public ServerFrame ask(ClientFrame.Builder frame) throws IOException {
    var request = requests.incrementAndGet();
    var answer = new CompletableFuture<ServerFrame>();
    waiting.put(request, answer);
    try {
      send(frame.setRequestId(request).build());
      return await(answer, ANSWER_MAX);
    } finally {
      waiting.remove(request);
    }
  }

  /// Sends a frame that is not answered.
  public synchronized void send(ClientFrame frame) {
    var bytes = ByteBuffer.wrap(frame.toByteArray());
    lastSend = lastSend.thenCompose(socket -> socket.sendBinary(bytes, true));
  }

  private void pingUntilClosed() {
    var interval = Math.max(1_000, hello().getPingIntervalMs() / 2);
    while (!closed.isDone()) {
      try {
        closed.get(interval, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        send(ClientFrame.newBuilder().setPing(Ping.getDefaultInstance()).build());
      } catch (InterruptedException | ExecutionException e) {
        return;
      }
    }
  }

  private void end(Throwable why) {
    hello.completeExceptionally(why);
    closed.complete(1006);
    waiting.values().forEach(answer -> answer.completeExceptionally(why));
    lastSend.completeExceptionally(why);
  }

  private static <T> T await(CompletableFuture<T> future, Duration longest) throws IOException {
    try {
      return future.get(longest.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | CompletionException e) {
      throw new IOException("the socket", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      lastSend = lastSend.thenCompose(socket -> socket.sendClose(WebSocket.NORMAL_CLOSURE, ""));
    }
    closed.complete(WebSocket.NORMAL_CLOSURE);
  }

  private final class Frames implements WebSocket.Listener {
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      var bytes = new byte[data.remaining()];
      data.get(bytes);
      partial.writeBytes(bytes);
      if (partial.size() > FRAME_BYTES_MAX) {
        socket.abort();
        end(new IOException("a frame beyond the limit"));
        return null;
      }
      if (last) {
        try {
          onFrame(ServerFrame.parseFrom(partial.toByteArray()));
        } catch (InvalidProtocolBufferException e) {
          socket.abort();
          end(e);
          return null;
        }
        partial.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      end(new IOException("closed by the server with " + code));
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      end(error);
    }

    private void onFrame(ServerFrame frame) {
      if (frame.hasHello()) {
        hello.complete(frame.getHello());
      }
      var answer = frame.getReplyTo() == 0 ? null : waiting.remove(frame.getReplyTo());
      if (answer != null) {
        answer.complete(frame);
      } else {
        events.accept(frame);
      }
    }
  }
}
