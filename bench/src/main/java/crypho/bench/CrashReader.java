package crypho.bench;

import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.client.load.FrameScan;
import crypho.client.load.LoadListener;
import crypho.client.load.LoadLoop;
import crypho.client.load.LoadSocket;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import crypho.wire.v1.ServerFrame;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Follows one conversation by its socket, heals gaps from the log, and keeps the client ids in
/// order of their seq.
final class CrashReader implements LoadListener {
  private static final String READ_LOG = "crypho.v1.ConversationService/ReadLog";
  private static final int RETRY_MS = 150;

  private final LoadLoop loop;
  private final int number;
  private final ConversationId conversation;
  private final FrameScan scan = new FrameScan();

  /// Entry `i` has seq `i + 1`. Guarded by itself: the comparison reads it from another thread.
  private final List<Bytes> held = new ArrayList<>();

  CrashReader(LoadLoop loop, int number, ConversationId conversation) {
    this.loop = loop;
    this.number = number;
    this.conversation = conversation;
  }

  int number() {
    return number;
  }

  ConversationId conversation() {
    return conversation;
  }

  void connect() {
    var _ =
        loop.connect(number, People.token(number), this)
            .exceptionally(_ -> {
              again(this::connect);
              return null;
            });
  }

  private static void again(Runnable task) {
    CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS).execute(task);
  }

  @Override
  public void onClosed(LoadSocket socket) {
    again(this::connect);
  }

  @Override
  public void onFrame(LoadSocket socket, ByteBuf frame) {
    var start = frame.readerIndex();
    scan.read(frame);
    if (scan.bodyField() == FrameScan.HELLO) {
      heal();
    } else if (scan.bodyField() == FrameScan.ENTRY) {
      try {
        frame.readerIndex(start);
        var event = ServerFrame.parseFrom(frame.nioBuffer()).getEntry();
        if (event.getConversationId().equals(conversation.toString())) {
          var clientId = Bytes.wrap(event.getEntry().getClientId().toByteArray());
          if (!append(event.getEntry().getSeq(), clientId)) {
            heal();
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException("not a frame", e);
      }
    }
  }

  /// False where entries before this one are missing.
  private boolean append(long seq, Bytes clientId) {
    synchronized (held) {
      if (seq == held.size() + 1L) {
        held.add(clientId);
      }
      return seq <= held.size();
    }
  }

  private void heal() {
    long after;
    synchronized (held) {
      after = held.size();
    }
    var _ =
        read(loop, number, conversation, after)
            .whenComplete((page, failure) -> {
              if (failure != null) {
                again(this::heal);
                return;
              }
              for (var entry : page.getEntriesList()) {
                var clientId = Bytes.wrap(entry.getClientId().toByteArray());
                var _ = append(entry.getSeq(), clientId);
              }
              if (page.getHasMore()) {
                heal();
              }
            });
  }

  private static CompletableFuture<ReadLogResponse> read(
      LoadLoop loop, int number, ConversationId conversation, long after) {
    var request =
        ReadLogRequest.newBuilder()
            .setConversationId(conversation.toString())
            .setAfterSeq(after)
            .setLimit(500)
            .build();
    return loop.call(number, People.token(number), READ_LOG, request.toByteArray())
        .thenApply(body -> {
          try {
            return ReadLogResponse.parseFrom(body);
          } catch (IOException e) {
            throw new IllegalStateException("not a log", e);
          }
        });
  }

  /// The whole log as the server has it; fails where it has a gap.
  static List<Bytes> log(LoadLoop loop, int number, ConversationId conversation)
      throws IOException, InterruptedException {
    var all = new ArrayList<Bytes>();
    ReadLogResponse page;
    do {
      try {
        page = read(loop, number, conversation, all.size()).get(30, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new IOException("reading a log", e);
      }
      for (var entry : page.getEntriesList()) {
        if (entry.getSeq() != all.size() + 1L) {
          throw new IOException("a gap before " + entry.getSeq() + " in " + conversation);
        }
        all.add(Bytes.wrap(entry.getClientId().toByteArray()));
      }
    } while (page.getHasMore());
    return all;
  }

  boolean awaitEqual(List<Bytes> log, long endNanos) throws InterruptedException {
    while (true) {
      synchronized (held) {
        if (held.equals(log)) {
          return true;
        }
      }
      if (System.nanoTime() > endNanos) {
        return false;
      }
      Thread.sleep(50);
    }
  }
}
