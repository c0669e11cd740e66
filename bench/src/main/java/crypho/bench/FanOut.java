package crypho.bench;

import crypho.client.load.FrameScan;
import crypho.client.load.LoadSocket;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleSupplier;
import java.util.function.IntConsumer;

/// (c) One message to 2,000 connected members, from its sending to its arrival at the last one;
/// many times, one after the other.
final class FanOut {
  private static final int WARM_UP = 150;
  private static final int MEASURED = 300;
  private static final int PAUSE_MS = 20;
  private static final int MEMBERS = Layout.CROWD_TO - Layout.CROWD_FROM;

  /// Touched on the crowd's thread only, but for the future.
  private static final class Round {
    private final int members;
    private final CompletableFuture<Long> last = new CompletableFuture<>();
    private int received;

    Round(int members) {
      this.members = members;
    }

    void onReceived() {
      received++;
      if (received == members) {
        last.complete(System.nanoTime());
      }
    }
  }

  private volatile Round round = new Round(Integer.MAX_VALUE);

  static Row measure(ServerProcess server) throws IOException, InterruptedException {
    return new FanOut().run(server);
  }

  private Row run(ServerProcess server) throws IOException, InterruptedException {
    try (var crowd = new Crowd(server.address())) {
      var sockets = crowd.connect(Layout.CROWD_FROM, Layout.CROWD_TO, _ -> this::onFrame);
      var message = new BenchMessage(Layout.crowd(), Layout.CROWD_FROM);
      var sender = sockets.getFirst();
      return rounds(
          request -> sender.send(message.frame(request, message.next())), server::serverCpuSeconds);
    }
  }

  /// The rounds themselves, whoever's server it is.
  ///
  /// @param send sends the message with this number to everybody; each that arrives is reported to
  ///   [#onReceived]
  Row rounds(IntConsumer send, DoubleSupplier serverCpuSeconds)
      throws IOException, InterruptedException {
    for (var i = 0; i < WARM_UP; i++) {
      once(send, i + 1);
    }
    var times = new Samples();
    var serverBefore = serverCpuSeconds.getAsDouble();
    var ownBefore = Proc.cpuSeconds(ProcessHandle.current().pid());
    for (var i = 0; i < MEASURED; i++) {
      times.add(once(send, WARM_UP + i + 1));
    }
    var serverCpu = serverCpuSeconds.getAsDouble() - serverBefore;
    var ownCpu = Proc.cpuSeconds(ProcessHandle.current().pid()) - ownBefore;
    var deliveries = (double) MEASURED * MEMBERS;
    return new Row("c one message to 2,000")
        .put("p50_ms", times.percentileMs(50))
        .put("p99_ms", times.percentileMs(99))
        .put("deliveries_per_cpu_s", deliveries / serverCpu)
        .put("generator_deliveries_per_cpu_s", deliveries / ownCpu);
  }

  private long once(IntConsumer send, int request) throws IOException, InterruptedException {
    var next = new Round(MEMBERS);
    round = next;
    Thread.sleep(PAUSE_MS);
    var began = System.nanoTime();
    send.accept(request);
    try {
      return next.last.get(20, TimeUnit.SECONDS) - began;
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(
          "message " + request + " reached " + next.received + " of " + next.members, e);
    }
  }

  private void onFrame(LoadSocket socket, FrameScan scan, ByteBuf frame) {
    if (scan.bodyField() == FrameScan.ENTRY) {
      onReceived();
    }
  }

  /// One of the members has got the message. On the crowd's thread.
  void onReceived() {
    round.onReceived();
  }
}
