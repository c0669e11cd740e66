package crypho.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import crypho.client.load.LoadListener;
import crypho.client.load.LoadLoop;
import crypho.client.load.LoadSocket;
import crypho.wire.v1.ConversationHead;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import crypho.wire.v1.ServerFrame;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/// (f) 5,000 people whose server was killed come back all at once. Each holds half of its
/// conversation's log, and is caught up when it has got Hello and read the rest.
final class Returning {
  private static final int KNOWN = Layout.HISTORY / 2;
  static final int WAIT_SECONDS_MAX = 120;

  // As our browser client does it: packages engine, socket.ts and rpc.ts.
  private static final int KNOCK_MS_MIN = 500;
  private static final int KNOCK_MS_MAX = 30_000;
  private static final int HELLO_WITHIN_MS = 15_000;
  private static final int CALL_RETRY_MS = 400;

  private final LoadLoop loop;
  private final int people = Layout.RETURNING_TO - Layout.RETURNING_FROM;
  private final Set<Integer> caughtUp = ConcurrentHashMap.newKeySet();
  private final Map<Integer, Integer> attempts = new ConcurrentHashMap<>();
  private final AtomicInteger refusedBeforeReady = new AtomicInteger();
  private final AtomicInteger refusedAfterReady = new AtomicInteger();
  private final AtomicInteger readsRepeated = new AtomicInteger();
  private volatile boolean isReady;
  private final CompletableFuture<Long> all = new CompletableFuture<>();

  private Returning(LoadLoop loop) {
    this.loop = loop;
  }

  /// What came of it: the row, and the server that runs now.
  record Result(Row row, ServerProcess server) {}

  static Result measure(Path home, Path data, ServerProcess old, List<String> settings)
      throws IOException, InterruptedException {
    var port = old.port();
    try (var crowd = new Crowd(old.address())) {
      crowd.connect(Layout.RETURNING_FROM, Layout.RETURNING_TO, _ -> Crowd.ignoring());
      old.kill();
    }
    try (var loop = new LoadLoop(old.address(), 1)) {
      var returning = new Returning(loop);
      var killed = System.nanoTime();
      for (var i = Layout.RETURNING_FROM; i < Layout.RETURNING_TO; i++) {
        returning.comeBack(i);
      }
      var server = ServerProcess.start(home, data, port, settings);
      var ready = System.nanoTime();
      returning.isReady = true;
      var serverBefore = server.serverCpuSeconds();
      var databaseBefore = server.databaseCpuSeconds();
      var ownBefore = Proc.cpuSeconds(ProcessHandle.current().pid());
      try {
        var last = returning.all.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        return new Result(
            row(killed, ready, last, server.readySeconds(), returning.refused())
                .put("refused_after_ready", returning.refusedAfterReady.get())
                .put("reads_repeated", returning.readsRepeated.get())
                .put("server_cpu_s", server.serverCpuSeconds() - serverBefore)
                .put("database_cpu_s", server.databaseCpuSeconds() - databaseBefore)
                .put("generator_cpu_s", Proc.cpuSeconds(ProcessHandle.current().pid()) - ownBefore),
            server);
      } catch (ExecutionException | TimeoutException e) {
        server.close();
        throw new IOException(
            returning.caughtUp.size() + " of " + returning.people + " came back", e);
      }
    }
  }

  /// The row from three moments, in nanoseconds.
  static Row row(long killed, long ready, long last, double readySeconds, int retries) {
    return new Row("f 5,000 come back after a restart")
        .put("caught_up_s", (last - ready) / 1e9)
        .put("since_kill_s", (last - killed) / 1e9)
        .put("ready_s", readySeconds)
        .put("retries", retries);
  }

  private void comeBack(int number) {
    var person = new Person(number);
    var _ =
        loop.connect(number, People.token(number), person)
            .whenComplete((socket, failure) -> {
              if (failure == null) {
                person.opened(socket);
              } else {
                later(number);
              }
            });
  }

  /// A delay that doubles, its upper half by chance, as our browser client waits: 5,000 who knock
  /// without pause would measure themselves.
  static int delayMs(int tries) {
    var longest = Math.min(KNOCK_MS_MAX, KNOCK_MS_MIN << Math.min(tries - 1, 10));
    return ThreadLocalRandom.current().nextInt(longest / 2, longest);
  }

  private void later(int number) {
    (isReady ? refusedAfterReady : refusedBeforeReady).incrementAndGet();
    var tries = attempts.merge(number, 1, Integer::sum);
    after(delayMs(tries), () -> comeBack(number));
  }

  private int refused() {
    return refusedBeforeReady.get() + refusedAfterReady.get();
  }

  private static void after(int millis, Runnable work) {
    CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(work);
  }

  private final class Person implements LoadListener {
    private final int number;
    private volatile boolean isGreeted;

    Person(int number) {
      this.number = number;
    }

    /// Gives up a connection that says nothing.
    void opened(LoadSocket socket) {
      after(
          HELLO_WITHIN_MS,
          () -> {
            if (!isGreeted) {
              socket.close();
            }
          });
    }

    /// Cut before it was served: it comes again, as anybody would.
    @Override
    public void onClosed(LoadSocket socket) {
      if (!caughtUp.contains(number)) {
        later(number);
      }
    }

    @Override
    public void onFrame(LoadSocket socket, ByteBuf frame) {
      try {
        var parsed = ServerFrame.parseFrom(frame.nioBuffer());
        if (parsed.hasHello()) {
          isGreeted = true;
          attempts.remove(number);
          parsed.getHello().getConversationsList().stream()
              .filter(head -> head.getLastSeq() > KNOWN)
              .forEach(head -> read(head, 0));
        }
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("not a frame", e);
      }
    }

    private void read(ConversationHead head, int tries) {
      var request =
          ReadLogRequest.newBuilder()
              .setConversationId(head.getConversationId())
              .setAfterSeq(KNOWN)
              .build();
      var _ =
          loop.call(
                  number,
                  People.token(number),
                  "crypho.v1.ConversationService/ReadLog",
                  request.toByteArray())
              .whenComplete((body, failure) -> onRead(head, tries, body, failure));
    }

    private void onRead(ConversationHead head, int tries, byte[] body, Throwable failure) {
      if (failure != null) {
        readsRepeated.incrementAndGet();
        var longest = CALL_RETRY_MS << Math.min(tries, 8);
        after(50 + ThreadLocalRandom.current().nextInt(longest), () -> read(head, tries + 1));
        return;
      }
      try {
        var entries = ReadLogResponse.parseFrom(body).getEntriesList();
        if (entries.isEmpty() || entries.getLast().getSeq() < head.getLastSeq()) {
          throw new IllegalStateException("the log lacks its end");
        }
        caughtUp.add(number);
        if (caughtUp.size() == people) {
          all.complete(System.nanoTime());
        }
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("not a log", e);
      }
    }
  }
}
