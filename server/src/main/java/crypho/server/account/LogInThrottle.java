package crypho.server.account;

import crypho.base.Bytes;
import crypho.base.Personal;
import crypho.server.rpc.RpcException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Slows guessing down. Failures are counted three ways, each with a delay that doubles from a
/// number of free tries on:
///
/// | counted for | free | longest delay | because |
/// | --- | --- | --- | --- |
/// | account from one address | 5 | 15 min | one guesser |
/// | one address, any account | 30 | 15 min | one guesser who tries many accounts |
/// | account, from anywhere | 20 | 30 s | many guessers; short, so that the owner gets through |
///
/// An address from which the account was logged in to before does not wait for what others did. A
/// try counts as failed when it begins, and is taken back when it succeeds, so that many at the
/// same time get no further than one after the other. Counters are forgotten an hour after the last
/// failure. Kept in memory, bounded, for one process; addresses are stored nowhere.
///
/// Never reads a clock. May be called by any thread.
final class LogInThrottle {
  private static final Duration FORGOTTEN_AFTER = Duration.ofHours(1);
  private static final int COUNTERS_MAX = 100_000;
  private static final int TRUSTED_MAX = 100_000;

  private enum Scope {
    PAIR(5, Duration.ofMinutes(15)),
    ADDRESS(30, Duration.ofMinutes(15)),
    ACCOUNT(20, Duration.ofSeconds(30));

    private final int free;
    private final Duration delayMax;

    Scope(int free, Duration delayMax) {
      this.free = free;
      this.delayMax = delayMax;
    }

    /// How long after the last of `failures` the next try may begin.
    Duration delay(int failures) {
      if (failures < free) {
        return Duration.ZERO;
      }
      int doublings = Math.min(failures - free, 30);
      var delay = Duration.ofSeconds(1L << doublings);
      return delay.compareTo(delayMax) > 0 ? delayMax : delay;
    }
  }

  private record Key(Scope scope, Bytes account, String address) {}

  private record Counter(int failures, Instant last) {}

  private record Trusted(Bytes account, String address) {}

  /// A try under way.
  final class Try {
    private final List<Key> keys;
    private final Trusted trusted;

    private Try(List<Key> keys, Trusted trusted) {
      this.keys = keys;
      this.trusted = trusted;
    }

    /// It was right: the pair starts anew, and the address is known to be the owner's.
    void succeed() {
      succeeded(this);
    }

    /// It was not judged (an accident on our side): as if it had not been.
    void cancel() {
      takeBack(keys);
    }
  }

  private final Map<Key, Counter> counters = bounded(COUNTERS_MAX);
  private final Map<Trusted, Boolean> trusted = bounded(TRUSTED_MAX);

  /// Begins a try, or refuses it.
  ///
  /// @param account names the account, whether or not it exists
  /// @throws RpcException RATE_LIMITED with the time to wait
  synchronized Try begin(Bytes account, Personal address, Instant now) {
    var pair = new Trusted(account, address.value());
    var keys = new ArrayDeque<Key>();
    keys.add(new Key(Scope.PAIR, account, address.value()));
    keys.add(new Key(Scope.ADDRESS, Bytes.EMPTY, address.value()));
    if (!trusted.containsKey(pair)) {
      keys.add(new Key(Scope.ACCOUNT, account, ""));
    }
    var wait = Duration.ZERO;
    for (var key : keys) {
      var left = waitLeft(key, now);
      wait = left.compareTo(wait) > 0 ? left : wait;
    }
    if (wait.isPositive()) {
      throw RpcException.rateLimited(wait);
    }
    for (var key : keys) {
      counters.put(key, new Counter(failures(key, now) + 1, now));
    }
    return new Try(List.copyOf(keys), pair);
  }

  private synchronized void succeeded(Try done) {
    trusted.put(done.trusted, true);
    takeBack(done.keys);
    counters.remove(done.keys.getFirst());
  }

  private synchronized void takeBack(List<Key> keys) {
    for (var key : keys) {
      counters.computeIfPresent(
          key,
          (_, counter) ->
              counter.failures <= 1 ? null : new Counter(counter.failures - 1, counter.last));
    }
  }

  private Duration waitLeft(Key key, Instant now) {
    var counter = counters.get(key);
    if (counter == null) {
      return Duration.ZERO;
    }
    var delay = key.scope.delay(failures(key, now));
    return Duration.between(now, counter.last.plus(delay));
  }

  private int failures(Key key, Instant now) {
    var counter = counters.get(key);
    if (counter == null || Duration.between(counter.last, now).compareTo(FORGOTTEN_AFTER) > 0) {
      return 0;
    }
    return counter.failures;
  }

  /// Forgets what was not touched for longest once there are too many.
  private static <K, V> Map<K, V> bounded(int max) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > max;
      }
    };
  }
}
