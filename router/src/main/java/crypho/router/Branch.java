package crypho.router;

import crypho.wire.router.v1.ConsumerState;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What of a room lives on one loop: transports with their producers and consumers. Tells their
/// states, each at most once in [#STATES_NANOS] and at most [#EVENTS_MAX] at a time, so that events
/// are bounded by time and not by what clients do. One owner thread: the loop's.
final class Branch {
  static final long STATES_NANOS = 100_000_000L;
  static final long SCORES_NANOS = 1_000_000_000L;
  static final int EVENTS_MAX = 256;

  /// Levels of audio that wait for the room's own loop.
  private static final int LEVELS_MAX = 64;

  final Router router;
  final RouterLoop loop;
  final List<Transport> transports = new ArrayList<>();

  /// Transports that are here or about to be; any thread.
  final AtomicInteger places = new AtomicInteger();

  private @Nullable Producer[] speaking = new @Nullable Producer[LEVELS_MAX];
  private int[] levels = new int[LEVELS_MAX];
  private int levelCount;
  private long statesDueNanos = Long.MIN_VALUE;
  private long scoresDueNanos = Long.MIN_VALUE;
  private int firstTold;

  Branch(Router router, RouterLoop loop) {
    this.router = router;
    this.loop = loop;
  }

  /// An audio packet of a producer that is received here.
  void onLevel(Producer producer, int level, long nowNanos) {
    if (loop == router.loop) {
      router.floor.onLevel(producer, level, nowNanos);
    } else if (levelCount < LEVELS_MAX) {
      speaking[levelCount] = producer;
      levels[levelCount++] = level;
    }
  }

  void onTick(long nowNanos) {
    if (levelCount > 0) {
      passLevelsOn(nowNanos);
    }
    if (nowNanos >= statesDueNanos) {
      statesDueNanos = nowNanos + STATES_NANOS;
      var isScoring = nowNanos >= scoresDueNanos;
      if (isScoring) {
        scoresDueNanos = nowNanos + SCORES_NANOS;
      }
      tellStates(isScoring);
    }
  }

  private void passLevelsOn(long nowNanos) {
    var from = speaking;
    var with = levels;
    var count = levelCount;
    speaking = new @Nullable Producer[LEVELS_MAX];
    levels = new int[LEVELS_MAX];
    levelCount = 0;
    router.loop.execute(() -> {
      for (var i = 0; i < count; i++) {
        var producer = from[i];
        if (producer != null) {
          router.floor.onLevel(producer, with[i], nowNanos);
        }
      }
    });
  }

  /// Begins each time where the last one stopped, so that everyone's turn comes.
  private void tellStates(boolean isScoring) {
    var told = 0;
    var size = transports.size();
    for (var i = 0; i < size; i++) {
      var transport = transports.get((firstTold + i) % size);
      if (told >= EVENTS_MAX) {
        firstTold = (firstTold + i) % size;
        return;
      }
      for (var consumer : transport.consumers) {
        told += tellState(consumer) ? 1 : 0;
        told += isScoring && tellScore(consumer) ? 1 : 0;
      }
      if (isScoring) {
        for (var producer : transport.producers) {
          told += tellScore(producer) ? 1 : 0;
        }
      }
    }
  }

  private boolean tellState(Consumer consumer) {
    var suspension = consumer.suspension();
    var layers = consumer.layersNow();
    if (suspension == consumer.toldSuspension && layers == consumer.toldLayers) {
      return false;
    }
    consumer.toldSuspension = suspension;
    consumer.toldLayers = layers;
    var state = ConsumerState.newBuilder().setConsumerId(consumer.id).setSuspension(suspension);
    if (layers != Consumer.NO_LAYERS) {
      state.setLayers(Consumer.layers(layers));
    }
    router.tell(ControlEvent.newBuilder().setConsumerState(state).build());
    return true;
  }

  private boolean tellScore(Consumer consumer) {
    var score = consumer.score();
    if (score == consumer.toldScore) {
      return false;
    }
    consumer.toldScore = score;
    router.tell(
        ControlEvent.newBuilder()
            .setScore(Score.newBuilder().setConsumerId(consumer.id).setScore(score))
            .build());
    return true;
  }

  private boolean tellScore(Producer producer) {
    var score = producer.score.next(producer);
    if (score == producer.toldScore) {
      return false;
    }
    producer.toldScore = score;
    router.tell(
        ControlEvent.newBuilder()
            .setScore(Score.newBuilder().setProducerId(producer.id).setScore(score))
            .build());
    return true;
  }
}
