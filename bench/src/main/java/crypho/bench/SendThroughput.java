package crypho.bench;

import crypho.client.load.FrameScan;
import crypho.client.load.LoadSocket;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/// (a) Durable sends a second: 64 senders, each with a window of unanswered sends over its 8
/// conversations; all 128 people are connected and get what is sent.
final class SendThroughput {
  static final int WINDOW = 16;
  static final int WARM_UP_MS = 8_000;
  static final int MEASURED_MS = 15_000;

  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong delivered = new AtomicLong();
  private final Samples answers = new Samples();
  private volatile boolean isMeasuring;
  private volatile boolean isOver;

  /// One person who keeps its window full. On the crowd's thread.
  private final class Sender implements Crowd.Reaction {
    private final BenchMessage[] conversations = new BenchMessage[Layout.CONVERSATIONS_EACH];
    private final long[] sentAt = new long[4 * WINDOW];
    private int requests;

    Sender(int number) {
      for (var which = 0; which < conversations.length; which++) {
        conversations[which] = new BenchMessage(Layout.direct(number, which), number);
      }
    }

    void fill(LoadSocket socket) {
      for (var i = 0; i < WINDOW; i++) {
        sendNext(socket);
      }
    }

    private void sendNext(LoadSocket socket) {
      if (isOver) {
        return;
      }
      var request = ++requests;
      var conversation = conversations[request % conversations.length];
      sentAt[request % sentAt.length] = System.nanoTime();
      socket.send(conversation.frame(request, conversation.next()));
    }

    @Override
    public void onFrame(LoadSocket socket, FrameScan scan, ByteBuf frame) {
      switch (scan.bodyField()) {
        case FrameScan.SEND_RESULT -> {
          if (scan.readSendResult(frame)) {
            accepted.incrementAndGet();
          } else {
            refused.incrementAndGet();
          }
          if (isMeasuring) {
            answers.add(System.nanoTime() - sentAt[scan.replyTo() % sentAt.length]);
          }
          sendNext(socket);
        }
        case FrameScan.ERROR -> {
          refused.incrementAndGet();
          sendNext(socket);
        }
        case FrameScan.ENTRY -> delivered.incrementAndGet();
        default -> {}
      }
    }
  }

  static Row measure(ServerProcess server) throws IOException, InterruptedException {
    return new SendThroughput().run(server);
  }

  private Row run(ServerProcess server) throws IOException, InterruptedException {
    try (var crowd = new Crowd(server.address())) {
      crowd.connect(
          Layout.SENDERS,
          2 * Layout.SENDERS,
          _ ->
              (socket, scan, frame) -> {
                if (scan.bodyField() == FrameScan.ENTRY) {
                  delivered.incrementAndGet();
                }
              });
      var senders = new Sender[Layout.SENDERS];
      var sockets =
          crowd.connect(0, Layout.SENDERS, number -> senders[number] = new Sender(number));
      for (var number = 0; number < senders.length; number++) {
        var sender = senders[number];
        var socket = sockets.get(number);
        socket.execute(() -> sender.fill(socket));
      }
      Thread.sleep(WARM_UP_MS);
      var row = measured(server);
      isOver = true;
      if (crowd.lost() > 0 || refused.get() > 0) {
        System.err.println(
            "a: " + crowd.lost() + " sockets lost, " + refused.get() + " sends refused");
      }
      return row.put("refused", refused.doubleValue());
    }
  }

  private Row measured(ServerProcess server) throws InterruptedException {
    isMeasuring = true;
    var began = System.nanoTime();
    var before = accepted.get();
    var deliveredBefore = delivered.get();
    var serverBefore = server.serverCpuSeconds();
    var databaseBefore = server.databaseCpuSeconds();
    var ownBefore = Proc.cpuSeconds(ProcessHandle.current().pid());
    Thread.sleep(MEASURED_MS);
    isMeasuring = false;
    var seconds = (System.nanoTime() - began) / 1e9;
    var sends = accepted.get() - before;
    var serverCpu = server.serverCpuSeconds() - serverBefore;
    var databaseCpu = server.databaseCpuSeconds() - databaseBefore;
    var ownCpu = Proc.cpuSeconds(ProcessHandle.current().pid()) - ownBefore;
    var deliveries = delivered.get() - deliveredBefore;
    return row(sends, deliveries, seconds, serverCpu, databaseCpu, ownCpu, answers);
  }

  /// The row from what was counted in so many seconds.
  static Row row(
      long sends,
      long deliveries,
      double seconds,
      double serverCpu,
      double databaseCpu,
      double ownCpu,
      Samples answers) {
    return new Row("a durable sends")
        .put("sends_per_s", sends / seconds)
        .put("cpu_s_per_1000_sends", (serverCpu + databaseCpu) / sends * 1000)
        .put("server_cpu_s_per_1000", serverCpu / sends * 1000)
        .put("database_cpu_s_per_1000", databaseCpu / sends * 1000)
        .put("generator_cpu_s_per_1000", ownCpu / sends * 1000)
        .put("deliveries_per_s", deliveries / seconds)
        .put("p50_ms", answers.percentileMs(50))
        .put("p99_ms", answers.percentileMs(99));
  }
}
