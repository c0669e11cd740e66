package crypho.bench;

import crypho.client.load.FrameScan;
import crypho.client.load.LoadSocket;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// (c) One message to 2,000 connected members, from its sending to its arrival at the last one;
/// many times, one after the other.
final class FanOut {
  private static final int WARM_UP = 150;
  private static final int MEASURED = 300;
  private static final int PAUSE_MS = 20;

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
    var members = Layout.CROWD_TO - Layout.CROWD_FROM;
    try (var crowd = new Crowd(server.address())) {
      var sockets = crowd.connect(Layout.CROWD_FROM, Layout.CROWD_TO, _ -> this::onFrame);
      var message = new BenchMessage(Layout.crowd(), Layout.CROWD_FROM);
      for (var i = 0; i < WARM_UP; i++) {
        once(sockets.getFirst(), message, i + 1);
      }
      var times = new Samples();
      var serverBefore = server.serverCpuSeconds();
      var ownBefore = Proc.cpuSeconds(ProcessHandle.current().pid());
      for (var i = 0; i < MEASURED; i++) {
        times.add(once(sockets.getFirst(), message, WARM_UP + i + 1));
      }
      var serverCpu = server.serverCpuSeconds() - serverBefore;
      var ownCpu = Proc.cpuSeconds(ProcessHandle.current().pid()) - ownBefore;
      var deliveries = (double) MEASURED * members;
      return new Row("c one message to 2,000")
          .put("p50_ms", times.percentileMs(50))
          .put("p99_ms", times.percentileMs(99))
          .put("deliveries_per_cpu_s", deliveries / serverCpu)
          .put("generator_deliveries_per_cpu_s", deliveries / ownCpu);
    }
  }

  private long once(LoadSocket sender, BenchMessage message, int request)
      throws IOException, InterruptedException {
    var next = new Round(Layout.CROWD_TO - Layout.CROWD_FROM);
    round = next;
    Thread.sleep(PAUSE_MS);
    var began = System.nanoTime();
    sender.send(message.frame(request, message.next()));
    try {
      return next.last.get(20, TimeUnit.SECONDS) - began;
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(
          "message " + request + " reached " + next.received + " of " + next.members, e);
    }
  }

  private void onFrame(LoadSocket socket, FrameScan scan, ByteBuf frame) {
    if (scan.bodyField() == FrameScan.ENTRY) {
      round.onReceived();
    }
  }
}
