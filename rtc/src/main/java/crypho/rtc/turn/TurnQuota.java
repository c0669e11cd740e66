package crypho.rtc.turn;

import java.util.HashMap;
import java.util.Map;

/// How many allocations a user may have over all engines of a process. Any thread: touched when an
/// allocation begins or ends, never per packet.
public final class TurnQuota {
  private final int perUserMax;
  private final int totalMax;
  private final Map<String, Integer> held = new HashMap<>();
  private int total;

  public TurnQuota(int perUserMax, int totalMax) {
    this.perUserMax = perUserMax;
    this.totalMax = totalMax;
  }

  /// Whether `user` may have one more; counts it if so.
  enum Outcome {
    GRANTED,
    USER_HAS_TOO_MANY,
    FULL
  }

  synchronized Outcome acquire(String user) {
    int now = held.getOrDefault(user, 0);
    if (now >= perUserMax) {
      return Outcome.USER_HAS_TOO_MANY;
    }
    if (total >= totalMax) {
      return Outcome.FULL;
    }
    held.put(user, now + 1);
    total++;
    return Outcome.GRANTED;
  }

  synchronized void release(String user) {
    int now = held.getOrDefault(user, 0);
    if (now <= 1) {
      held.remove(user);
    } else {
      held.put(user, now - 1);
    }
    total -= Math.min(now, 1);
  }

  public synchronized int total() {
    return total;
  }
}
