package crypho.bench;

import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.client.load.FrameScan;
import crypho.client.load.LoadListener;
import crypho.client.load.LoadLoop;
import crypho.client.load.LoadSocket;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Sends without end, remembers what was acknowledged where, and sends again what was not.
final class CrashSender implements LoadListener {
  private static final int WINDOW = 8;
  private static final int RETRY_MS = 150;

  private final LoadLoop loop;
  private final int number;
  private final BenchMessage[] makers = new BenchMessage[Layout.CONVERSATIONS_EACH];
  private final FrameScan scan = new FrameScan();

  /// By request id: what has no answer yet, in the order in which it was first sent.
  private final Map<Integer, Sent> waiting = new LinkedHashMap<>();

  private final Map<ConversationId, Map<Bytes, Long>> acknowledged = new ConcurrentHashMap<>();
  private final List<String> refusals = new ArrayList<>();
  private int requests;
  private final AtomicInteger acknowledgedCount = new AtomicInteger();
  private volatile boolean isFinishing;
  private volatile boolean isDone;

  private record Sent(int which, BenchMessage.Made message) {}

  CrashSender(LoadLoop loop, int number) {
    this.loop = loop;
    this.number = number;
    for (var which = 0; which < makers.length; which++) {
      makers[which] = new BenchMessage(Layout.direct(number, which), number);
    }
  }

  int number() {
    return number;
  }

  int acknowledged() {
    return acknowledgedCount.get();
  }

  boolean isDone() {
    return isDone;
  }

  List<String> refusals() {
    return refusals;
  }

  void finish() {
    isFinishing = true;
  }

  void connect() {
    var _ =
        loop.connect(number, People.token(number), this)
            .exceptionally(_ -> {
              again();
              return null;
            });
  }

  private void again() {
    CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS).execute(this::connect);
  }

  @Override
  public void onClosed(LoadSocket socket) {
    again();
  }

  @Override
  public void onFrame(LoadSocket socket, ByteBuf frame) {
    scan.read(frame);
    switch (scan.bodyField()) {
      case FrameScan.HELLO -> {
        for (var each : Map.copyOf(waiting).entrySet()) {
          send(socket, each.getKey(), each.getValue());
        }
        fill(socket);
      }
      case FrameScan.SEND_RESULT -> onAnswer(socket, frame);
      case FrameScan.ERROR -> {
        // Not taken on: sent again after a moment, as a client does.
        var request = scan.replyTo();
        var sent = waiting.get(request);
        if (sent != null) {
          CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS)
              .execute(() -> send(socket, request, sent));
        }
      }
      default -> {}
    }
  }

  private void onAnswer(LoadSocket socket, ByteBuf frame) {
    var sent = waiting.remove(scan.replyTo());
    if (sent == null) {
      return;
    }
    if (scan.readSendResult(frame)) {
      acknowledged
          .computeIfAbsent(Layout.direct(number, sent.which), _ -> new ConcurrentHashMap<>())
          .put(Bytes.wrap(sent.message.clientId().toByteArray()), scan.seq());
      acknowledgedCount.incrementAndGet();
    } else {
      refusals.add("sender " + number + " was refused");
    }
    fill(socket);
  }

  private void fill(LoadSocket socket) {
    while (!isFinishing && waiting.size() < WINDOW) {
      var which = ++requests % makers.length;
      var sent = new Sent(which, makers[which].next());
      waiting.put(requests, sent);
      send(socket, requests, sent);
    }
    isDone = isFinishing && waiting.isEmpty();
  }

  private void send(LoadSocket socket, int request, @Nullable Sent sent) {
    if (sent != null) {
      socket.send(makers[sent.which].frame(request, sent.message));
    }
  }

  /// What is wrong with a log of ours: acknowledged messages that are missing, elsewhere or twice.
  Stream<String> compare(ConversationId conversation, List<Bytes> log) {
    var mine = acknowledged.get(conversation);
    if (mine == null) {
      return Stream.of();
    }
    var faults = new ArrayList<String>();
    var places = new HashMap<Bytes, Long>();
    for (var i = 0; i < log.size(); i++) {
      if (places.put(log.get(i), i + 1L) != null) {
        faults.add("a message is doubled in " + conversation);
      }
    }
    mine.forEach((clientId, seq) -> {
      if (!seq.equals(places.get(clientId))) {
        faults.add("an acknowledged message is not at " + seq + " in " + conversation);
      }
    });
    return faults.stream();
  }
}
