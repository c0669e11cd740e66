package crypho.rtc.bwe;

import crypho.testkit.Gen;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// A bottleneck of a given capacity with a queue that drops at its end, a delay, jitter and random
/// loss, in virtual time; flows share it. One tick is a millisecond.
final class Network {
  static final long MILLI = 1_000_000;

  private record Happening(long atNanos, long order, Runnable what) {}

  /// What the path does from now on.
  double capacityBps = 1e6;

  long queueNanosMax = 300 * MILLI;
  long delayNanos = 50 * MILLI;
  long jitterNanos = 0;
  double loss = 0;

  final List<Flow> flows = new ArrayList<>();
  private final Gen gen;
  private final PriorityQueue<Happening> future =
      new PriorityQueue<>(
          Comparator.comparingLong(Happening::atNanos).thenComparingLong(Happening::order));
  private long order;
  private long now = 1_000 * MILLI;
  private long busyUntil;

  Network(Gen gen) {
    this.gen = gen;
  }

  long now() {
    return now;
  }

  /// Adds a flow that sends as much as it may, up to `wantedBps`, in frames of a given interval.
  Flow flow(long wantedBps, int frameMillis) {
    var flow = new Flow(this, wantedBps, frameMillis);
    flows.add(flow);
    return flow;
  }

  /// How long a packet sent now would wait for those before it.
  long queueNanos() {
    return Math.max(0, busyUntil - now);
  }

  void at(long nanos, Runnable what) {
    future.add(new Happening(nanos, order++, what));
  }

  void run(double seconds) {
    var end = now + (long) (seconds * 1e9);
    while (now < end) {
      now += MILLI;
      for (var next = future.peek(); next != null && next.atNanos <= now; next = future.peek()) {
        future.remove();
        next.what.run();
      }
      for (var flow : flows) {
        flow.tick(now);
      }
    }
  }

  /// Sends a packet into the bottleneck; `arrive` runs at the time it is given, where it is.
  void send(int bytes, java.util.function.LongConsumer arrive) {
    var start = Math.max(now, busyUntil);
    if (start - now > queueNanosMax) {
      return;
    }
    busyUntil = start + (long) (bytes * 8 / capacityBps * 1e9);
    if (gen.chance(loss)) {
      return;
    }
    var jitter = jitterNanos == 0 ? 0 : Math.abs(gen.anyLong() % jitterNanos);
    var arrival = busyUntil + delayNanos + jitter;
    at(arrival, () -> arrive.accept(arrival));
  }
}
