package crypho.router;

import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Hands decrypted packets from the loop that received them to another one that has consumers of
/// their producers: whole read batches, so that the other loop is woken once a batch and copies
/// into its rings what it then forwards as if it had come from its own socket. At most
/// [#BATCHES_MAX] wait; one more drops the oldest, since a loop that does not keep up is better
/// served by what is new.
///
/// [#add] and [#publish] on the sending loop, [#take] on the receiving one; only whole batches pass
/// the lock.
final class HandOver {
  static final int BATCHES_MAX = 32;
  static final int BATCH_BYTES_MAX = 128 * 1024;
  static final int BATCH_PACKETS_MAX = 256;
  private static final int BATCH_BYTES_MIN = 8 * 1024;

  /// One batch. Reused.
  private static final class Batch {
    byte[] data = new byte[BATCH_BYTES_MIN];
    final @Nullable Producer[] producers = new @Nullable Producer[BATCH_PACKETS_MAX];
    final int[] sources = new int[BATCH_PACKETS_MAX];
    final int[] ends = new int[BATCH_PACKETS_MAX];
    int count;

    int used() {
      return count == 0 ? 0 : ends[count - 1];
    }

    void clear() {
      Arrays.fill(producers, 0, count, null);
      count = 0;
    }
  }

  final RouterLoop to;
  private final ArrayDeque<Batch> waiting = new ArrayDeque<>(BATCHES_MAX);
  private final ArrayDeque<Batch> free = new ArrayDeque<>(BATCHES_MAX);
  private boolean isWoken;
  private long leftBehind;

  /// The sender's.
  private Batch filling = new Batch();

  HandOver(RouterLoop to) {
    this.to = to;
  }

  /// Takes what waits at the original of a copy that lives on the other loop.
  void add(Producer original, Producer copy) {
    for (var i = 0; i < original.pendingCount; i++) {
      var packet = original.waiting(i);
      var batch = filling;
      if (batch.count == BATCH_PACKETS_MAX || batch.used() + packet.length > BATCH_BYTES_MAX) {
        publish();
        batch = filling;
      }
      var at = batch.used();
      if (at + packet.length > batch.data.length) {
        batch.data = Arrays.copyOf(batch.data, 2 * batch.data.length);
      }
      System.arraycopy(packet.data, packet.header.offset(), batch.data, at, packet.length);
      batch.producers[batch.count] = copy;
      batch.sources[batch.count] = packet.source;
      batch.ends[batch.count] = at + packet.length;
      batch.count++;
    }
  }

  /// Passes on what was added.
  void publish() {
    if (filling.count == 0) {
      return;
    }
    boolean wakes;
    synchronized (this) {
      if (waiting.size() == BATCHES_MAX) {
        var oldest = waiting.remove();
        leftBehind += oldest.count;
        oldest.clear();
        free.add(oldest);
      }
      waiting.add(filling);
      var next = free.poll();
      filling = next == null ? new Batch() : next;
      wakes = !isWoken;
      isWoken = true;
    }
    if (wakes) {
      to.execute(this::take);
    }
  }

  private void take() {
    for (var batch = next(null); batch != null; batch = next(batch)) {
      var start = 0;
      for (var i = 0; i < batch.count; i++) {
        var producer = batch.producers[i];
        if (producer != null) {
          to.onHandedOver(producer, batch.sources[i], batch.data, start, batch.ends[i] - start);
        }
        start = batch.ends[i];
      }
      to.onReadEnd();
    }
  }

  private synchronized @Nullable Batch next(@Nullable Batch done) {
    if (done != null) {
      done.clear();
      free.add(done);
    }
    var out = waiting.poll();
    isWoken = out != null;
    return out;
  }

  /// Packets dropped because the other loop did not keep up.
  synchronized long leftBehind() {
    return leftBehind;
  }
}
