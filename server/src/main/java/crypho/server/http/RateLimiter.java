package crypho.server.http;

import crypho.server.rpc.RateLimit;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// Token buckets by key, in bounded memory: the least recently used are forgotten.
///
/// The generic cell rate algorithm: one number a key, the time at which its bucket would be full
/// again. Reads no clock.
public final class RateLimiter {
  private static final int SHARDS = 16;
  private static final int KEYS_PER_SHARD_MAX = 8_192;

  private final Map<Key, Long>[] shards;
  private final int factor;

  private record Key(String what, Object who) {}

  /// @param factor what every limit is multiplied by
  public RateLimiter(int factor) {
    this.factor = factor;
    this.shards = newShards();
  }

  /// Takes one token out of the bucket of `who` for `what`.
  ///
  /// @return zero where it was there, otherwise how long until it will be
  public Duration take(String what, Object who, RateLimit limit, long nowNanos) {
    var key = new Key(what, who);
    var shard = shards[Math.floorMod(key.hashCode(), SHARDS)];
    long period = limit.period().toNanos();
    long interval = Math.max(1, period / ((long) limit.burst() * factor));
    synchronized (shard) {
      long full = Math.max(shard.getOrDefault(key, nowNanos), nowNanos) + interval;
      long wait = full - nowNanos - period;
      if (wait > 0) {
        return Duration.ofMillis(Math.ceilDiv(wait, 1_000_000L));
      }
      shard.put(key, full);
      return Duration.ZERO;
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static Map<Key, Long>[] newShards() {
    var made = new Map[SHARDS];
    for (int i = 0; i < SHARDS; i++) {
      made[i] =
          new LinkedHashMap<Key, Long>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Key, Long> eldest) {
              return size() > KEYS_PER_SHARD_MAX;
            }
          };
    }
    return (Map<Key, Long>[]) made;
  }
}
