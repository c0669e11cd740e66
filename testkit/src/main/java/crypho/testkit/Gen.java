package crypho.testkit;

import java.util.List;
import java.util.SplittableRandom;

/// Draws values for a property from one seed; `size` grows with the try, so that the first failure
/// is small. One owner thread.
public final class Gen {
  private final SplittableRandom random;
  private final long seed;
  private final int size;

  public Gen(long seed, int size) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    this.size = size;
  }

  /// What `SEED` takes to draw the same again.
  public String name() {
    return seed + ":" + size;
  }

  /// How large a case may get, from 1.
  public int size() {
    return size;
  }

  /// From `from` (inclusive) to `to` (exclusive).
  public int intBetween(int from, int to) {
    return random.nextInt(from, to);
  }

  /// From 0 (inclusive) to `bound` (exclusive).
  public int below(int bound) {
    return random.nextInt(bound);
  }

  public long anyLong() {
    return random.nextLong();
  }

  /// True with the given probability, from 0 to 1.
  public boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  public byte[] bytes(int length) {
    var out = new byte[length];
    random.nextBytes(out);
    return out;
  }

  public <T> T oneOf(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /// A generator of its own, so that one actor's draws do not move another's.
  public Gen split() {
    return new Gen(random.nextLong(), size);
  }
}
