package crypho.server.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import org.junit.jupiter.api.Test;

/// The delivery rules in a world that goes wrong. Each seed is one world; `SEED=seed:size` runs one
/// again, `TRIES=n` runs more.
final class DeliverySimTest {
  private static final int STEPS = 600;

  @Seeded(tries = 1_000)
  void whatWasAcknowledgedArrivesOnceAndEveryoneConverges(Gen gen) {
    var world = new SimWorld(gen);
    try {
      world.run(STEPS);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          e.getMessage()
              + "\n"
              + world.tail()
              + "\nagain: SEED="
              + gen.name()
              + " mvn -pl server -am test -Dtest=DeliverySimTest"
              + " -Dsurefire.failIfNoSpecifiedTests=false",
          e);
    }
  }

  @Test
  void oneSeedIsOneWorld() {
    for (long seed = 1; seed <= 5; seed++) {
      var one = new SimWorld(new Gen(seed, 50));
      one.run(STEPS);
      var other = new SimWorld(new Gen(seed, 50));
      other.run(STEPS);
      assertEquals(one.trace, other.trace);
      assertTrue(one.server.log.size() > 10, "something happened");
    }
  }
}
