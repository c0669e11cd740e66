package crypho.bench;

import crypho.client.load.FrameScan;
import crypho.client.load.LoadListener;
import crypho.client.load.LoadLoop;
import crypho.client.load.LoadSocket;
import crypho.wire.v1.ClientFrame;
import crypho.wire.v1.Ping;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/// Many connected people on one thread.
final class Crowd implements AutoCloseable {
  private static final int OPENING_MAX = 256;
  private static final int WAIT_SECONDS_MAX = 120;

  /// The server asks for a ping every 30 s and cuts who is silent.
  private static final int PING_ROUNDS = 20;

  private static final int PING_ROUND_MS = 1_000;
  private static final int TRIES_MAX = 20;
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS);

  private final LoadLoop loop;
  private final List<LoadSocket> sockets = new CopyOnWriteArrayList<>();
  private final Thread pings = Thread.ofVirtual().name("pings").start(this::ping);
  private final AtomicInteger lost = new AtomicInteger();
  private volatile boolean isClosing;

  Crowd(InetSocketAddress server) {
    this.loop = new LoadLoop(server, 1);
  }

  LoadLoop loop() {
    return loop;
  }

  /// One person's reaction to frames after Hello. Runs on the crowd's one thread; `scan` has read
  /// the frame already.
  interface Reaction {
    void onFrame(LoadSocket socket, FrameScan scan, ByteBuf frame);
  }

  /// Counts what comes without looking further.
  static Reaction ignoring() {
    return (socket, scan, frame) -> {};
  }

  /// Connects people `from` to `to` (exclusive) and waits until each has got Hello.
  List<LoadSocket> connect(int from, int to, IntFunction<Reaction> reactions)
      throws IOException, InterruptedException {
    var hellos = new CountDownLatch(to - from);
    var opening = new Semaphore(OPENING_MAX);
    var failures = new AtomicLong();
    var added = new LoadSocket[to - from];
    for (var number = from; number < to; number++) {
      var at = number - from;
      opening.acquire();
      var listener = new Greeted(reactions.apply(number), opening, hellos);
      var _ =
          open(number, listener, TRIES_MAX)
              .whenComplete((socket, failure) -> {
                if (failure == null) {
                  added[at] = socket;
                } else {
                  if (failures.getAndIncrement() == 0) {
                    System.err.println("connecting: " + failure);
                  }
                  opening.release();
                  hellos.countDown();
                }
              });
    }
    if (!hellos.await(WAIT_SECONDS_MAX, TimeUnit.SECONDS) || failures.get() > 0) {
      throw new IOException(
          failures.get()
              + " of "
              + (to - from)
              + " could not connect, "
              + hellos.getCount()
              + " got no Hello");
    }
    sockets.addAll(List.of(added));
    return List.of(added);
  }

  /// A server that is still letting the last crowd go may refuse at first.
  private CompletableFuture<LoadSocket> open(int number, LoadListener listener, int tries) {
    return loop.connect(number, People.token(number), listener)
        .exceptionallyCompose(failure ->
            tries == 1
                ? CompletableFuture.failedFuture(failure)
                : CompletableFuture.supplyAsync(() -> tries - 1, LATER)
                    .thenCompose(left -> open(number, listener, left)));
  }

  /// Each socket pings once in so many rounds, so that the pings are spread.
  private void ping() {
    var frame = ClientFrame.newBuilder().setPing(Ping.getDefaultInstance()).build();
    for (var round = 0; !isClosing; round = (round + 1) % PING_ROUNDS) {
      for (var i = round; i < sockets.size(); i += PING_ROUNDS) {
        sockets.get(i).send(frame);
      }
      try {
        Thread.sleep(PING_ROUND_MS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /// How many sockets the server has closed.
  int lost() {
    return lost.get();
  }

  private final class Greeted implements LoadListener {
    private final Reaction reaction;
    private final Semaphore opening;
    private final CountDownLatch hellos;
    private boolean isGreeted;

    Greeted(Reaction reaction, Semaphore opening, CountDownLatch hellos) {
      this.reaction = reaction;
      this.opening = opening;
      this.hellos = hellos;
    }

    @Override
    public void onFrame(LoadSocket socket, ByteBuf frame) {
      var scan = SCAN.get();
      scan.read(frame);
      if (!isGreeted && scan.bodyField() == FrameScan.HELLO) {
        isGreeted = true;
        opening.release();
        hellos.countDown();
      }
      reaction.onFrame(socket, scan, frame);
    }

    @Override
    public void onClosed(LoadSocket socket) {
      if (!isClosing) {
        lost.incrementAndGet();
      }
      if (!isGreeted) {
        opening.release();
      }
    }
  }

  private static final ThreadLocal<FrameScan> SCAN = ThreadLocal.withInitial(FrameScan::new);

  /// Runs `task` on the crowd's thread and waits.
  static void onLoop(LoadSocket socket, Runnable task) throws InterruptedException {
    var done = new CompletableFuture<Boolean>();
    socket.execute(() -> {
      task.run();
      done.complete(true);
    });
    try {
      done.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the load generator's thread is stuck", e);
    }
  }

  @Override
  public void close() {
    isClosing = true;
    pings.interrupt();
    sockets.forEach(LoadSocket::close);
    loop.close();
  }
}
