package crypho.bench;

import crypho.client.load.FrameScan;
import crypho.client.load.LoadSocket;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/// (b) From the moment at which a message should be sent to its arrival on the other side's socket,
/// at 1,000 sends a second. Open loop: the times are laid down beforehand, so that a stall of the
/// server counts against every message that it delays.
final class SendLatency {
  private static final int SENDS_PER_SECOND = 1_000;
  private static final int WARM_UP_SECONDS = 6;
  private static final int MEASURED_SECONDS = 20;

  /// When each message is due, and in which of so many conversations.
  record Schedule(int conversations, long start) {
    static final int ALL = (WARM_UP_SECONDS + MEASURED_SECONDS) * SENDS_PER_SECOND;

    Schedule(int conversations) {
      this(conversations, System.nanoTime() + 100_000_000L);
    }

    long measuredFrom() {
      return start + WARM_UP_SECONDS * 1_000_000_000L;
    }

    /// Waits for the moment at which the message with this index is due, and gives it.
    long awaitDue(int index) {
      var due = start + index * (1_000_000_000L / SENDS_PER_SECOND);
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      return due;
    }

    /// A stride that is coprime to 512 visits all conversations and spreads the senders.
    int which(int index) {
      return (int) (index * 37L % conversations);
    }
  }

  private final Samples receipts = new Samples();
  private long measuredFrom = Long.MAX_VALUE;
  private long refused;

  static Row measure(ServerProcess server) throws IOException, InterruptedException {
    return new SendLatency().run(server);
  }

  private Row run(ServerProcess server) throws IOException, InterruptedException {
    try (var crowd = new Crowd(server.address())) {
      crowd.connect(Layout.SENDERS, 2 * Layout.SENDERS, _ -> this::onReceived);
      var sockets = crowd.connect(0, Layout.SENDERS, _ -> this::onAnswered);
      var conversations = new BenchMessage[Layout.SENDERS * Layout.CONVERSATIONS_EACH];
      for (var i = 0; i < conversations.length; i++) {
        var sender = i / Layout.CONVERSATIONS_EACH;
        conversations[i] =
            new BenchMessage(Layout.direct(sender, i % Layout.CONVERSATIONS_EACH), sender);
      }
      var schedule = new Schedule(conversations.length);
      measuredFrom = schedule.measuredFrom();
      for (var i = 0; i < Schedule.ALL; i++) {
        var due = schedule.awaitDue(i);
        var which = schedule.which(i);
        var socket = sockets.get(which / Layout.CONVERSATIONS_EACH);
        socket.send(conversations[which].frame(i + 1, conversations[which].next(due)));
      }
      Thread.sleep(1_000);
      Crowd.onLoop(sockets.getFirst(), () -> {});
      return row(receipts, refused);
    }
  }

  static Row row(Samples receipts, long refused) {
    var missing = (double) MEASURED_SECONDS * SENDS_PER_SECOND - receipts.size();
    return new Row("b send to receipt at 1,000/s")
        .put("p50_ms", receipts.percentileMs(50))
        .put("p99_ms", receipts.percentileMs(99))
        .put("max_ms", receipts.maxMs())
        .put("missing", missing)
        .put("refused", (double) refused);
  }

  private void onReceived(LoadSocket socket, FrameScan scan, ByteBuf frame) {
    if (scan.bodyField() == FrameScan.ENTRY) {
      scan.readEntry(frame);
      var due = frame.getLong(scan.clientIdAt());
      if (due >= measuredFrom) {
        receipts.add(System.nanoTime() - due);
      }
    }
  }

  private void onAnswered(LoadSocket socket, FrameScan scan, ByteBuf frame) {
    var isRefused =
        scan.bodyField() == FrameScan.ERROR
            || (scan.bodyField() == FrameScan.SEND_RESULT && !scan.readSendResult(frame));
    if (isRefused) {
      refused++;
    }
  }
}
