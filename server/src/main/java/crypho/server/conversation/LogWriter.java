package crypho.server.conversation;

import crypho.base.ConversationId;
import crypho.server.db.Db;
import crypho.server.live.api.SocketFrames.Answer;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.SendResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything that appends to a log goes through here: one thread a shard, conversations spread
/// over the shards by id. While a shard's transaction commits, messages gather in its queue; the
/// next transaction takes them all (group commit): no artificial wait, and few flushes however many
/// senders. As each conversation has one writer, its entries are published in the order of the log.
///
/// Several processes on one database stay correct (the row locks decide); only the order of live
/// frames between them is then no longer certain, which clients heal by reading.
final class LogWriter implements AutoCloseable {
  static final int SHARDS = 2;
  static final int QUEUE_MAX = 8_192;
  static final long QUEUE_BYTES_MAX = 32L << 20;
  static final int BATCH_MAX = 512;
  static final long BATCH_BYTES_MAX = 4L << 20;
  private static final Duration TASK_WAIT_MAX = Duration.ofSeconds(30);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(2);
  private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);

  private sealed interface Item {}

  private record Message(Draft draft, long nowMs, Answer<SendResponse> answer) implements Item {
    int bytes() {
      return draft.message().size();
    }
  }

  private record Task(FutureTask<?> work) implements Item {}

  private record Stop() implements Item {}

  private final Db db;
  private final Publisher publisher;
  private final List<Shard> shards = new ArrayList<>();
  private volatile boolean isClosed;

  LogWriter(Db db, Publisher publisher) {
    this(db, publisher, SHARDS);
  }

  LogWriter(Db db, Publisher publisher, int shardCount) {
    this.db = db;
    this.publisher = publisher;
    for (int i = 0; i < shardCount; i++) {
      shards.add(new Shard("log-writer-" + i));
    }
    shards.forEach(shard -> shard.thread.start());
  }

  /// Never blocks. The answer comes once the message is durable, or refused, or could not be taken.
  void send(Draft draft, Instant now, Answer<SendResponse> answer) {
    if (db.isAway()) {
      answer.fail(RpcException.unavailable(RETRY_AFTER));
      return;
    }
    if (isClosed
        || !shard(draft.conversation()).offer(new Message(draft, now.toEpochMilli(), answer))) {
      answer.fail(RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED));
    }
  }

  /// Runs work that appends to the conversation's log, between batches, and waits for it. The work
  /// makes its own transaction and publishes after it.
  <T> T run(ConversationId conversation, Supplier<T> work) {
    db.refuseWhileAway();
    var task = new FutureTask<T>(work::get);
    if (isClosed || !shard(conversation).queue.offer(new Task(task))) {
      throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
    }
    try {
      return task.get(TASK_WAIT_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("work on a log", e.getCause());
    } catch (TimeoutException | CancellationException e) {
      task.cancel(false);
      throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
    }
  }

  private Shard shard(ConversationId conversation) {
    return shards.get(Math.floorMod(conversation.value().hashCode(), shards.size()));
  }

  /// Writes what has been taken on, refuses the rest.
  @Override
  public void close() {
    isClosed = true;
    for (var shard : shards) {
      shard.stop();
    }
  }

  private final class Shard {
    private final BlockingQueue<Item> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
    private final AtomicLong queuedBytes = new AtomicLong();
    private final Thread thread;

    Shard(String name) {
      thread = new Thread(this::loop, name);
      thread.setDaemon(true);
    }

    boolean offer(Message message) {
      if (queuedBytes.addAndGet(message.bytes()) > QUEUE_BYTES_MAX || !queue.offer(message)) {
        queuedBytes.addAndGet(-message.bytes());
        return false;
      }
      return true;
    }

    void stop() {
      try {
        if (queue.offer(new Stop(), CLOSE_WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
          thread.join(CLOSE_WAIT_MAX);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void loop() {
      var batch = new ArrayList<Message>();
      try {
        while (true) {
          var item = queue.take();
          long bytes = 0;
          while (item instanceof Message message) {
            batch.add(message);
            bytes += message.bytes();
            item = batch.size() < BATCH_MAX && bytes < BATCH_BYTES_MAX ? queue.poll() : null;
          }
          if (!batch.isEmpty()) {
            queuedBytes.addAndGet(-bytes);
            write(batch);
            batch.clear();
          }
          if (item instanceof Task(var work)) {
            work.run();
          } else if (item instanceof Stop) {
            refuseRest();
            return;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void refuseRest() {
      for (var item = queue.poll(); item != null; item = queue.poll()) {
        switch (item) {
          case Message message -> fail(message, overloaded());
          case Task(var work) -> work.cancel(false);
          case Stop() -> {}
        }
      }
    }

    private void write(List<Message> batch) {
      SendBatch.Result result;
      try {
        var drafts = batch.stream().map(Message::draft).toList();
        long nowMs = batch.getLast().nowMs();
        result = db.transact(handle -> SendBatch.run(handle, drafts, nowMs));
      } catch (RpcException e) {
        batch.forEach(message -> fail(message, e));
        return;
      } catch (RuntimeException e) {
        onDefect(batch, e);
        return;
      }
      try {
        result.published().forEach(each -> publisher.entry(each.conversation(), each.entry()));
      } catch (RuntimeException e) {
        LOG.error("publishing failed; clients heal by reading", e);
      }
      for (int i = 0; i < batch.size(); i++) {
        succeed(batch.get(i), result.answers().get(i));
      }
    }

    /// One message that breaks the batch must not take the others with it.
    private void onDefect(List<Message> batch, RuntimeException e) {
      if (batch.size() == 1) {
        LOG.error("a message could not be written", e);
        fail(batch.getFirst(), RpcException.of(ErrorReason.ERROR_REASON_INTERNAL));
      } else {
        batch.forEach(message -> write(List.of(message)));
      }
    }
  }

  private static RpcException overloaded() {
    return RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
  }

  private static void succeed(Message message, SendResponse answer) {
    try {
      message.answer().succeed(answer);
    } catch (RuntimeException e) {
      LOG.error("an answer could not be handed over", e);
    }
  }

  private static void fail(Message message, RpcException error) {
    try {
      message.answer().fail(error);
    } catch (RuntimeException e) {
      LOG.error("an answer could not be handed over", e);
    }
  }
}
