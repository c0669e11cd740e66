package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// A large group made by one real commit: within the limits, and judged in time. `LEAVES=1000`
/// makes it the largest that we take; every build makes a smaller one.
final class LargeGroupTest {
  private static final int LEAVES =
      Integer.parseInt(Objects.requireNonNullElse(System.getenv("LEAVES"), "200"));

  @Test
  void everybodyIsAddedAtOnceAndThenSomebodyRenewsItsKeys() {
    var world = World.created();
    var committer = world.at(0);
    var deposits = new ArrayList<BcDevice.Deposit>();
    for (var i = 1; i < LEAVES; i++) {
      deposits.add(world.device(i).deposit());
    }
    var made = committer.commit(deposits, List.of());
    var started = System.nanoTime();
    var outcome =
        assertInstanceOf(CommitOutcome.Accepted.class, world.judge(committer, made.bundle()));
    assertInTime(made.bundle(), started);
    assertEquals(LEAVES, outcome.state().roster().size());

    world.state = outcome.state();
    committer.group = made.next();
    var update = committer.commit(List.of(), List.of());
    var again = System.nanoTime();
    var renewed =
        assertInstanceOf(CommitOutcome.Accepted.class, world.judge(committer, update.bundle()));
    assertInTime(update.bundle(), again);
    assertTrue(renewed.state().encode().size() < MlsLimits.STATE_BYTES_MAX);
  }

  private static void assertInTime(CommitBundle bundle, long started) {
    var took = Duration.ofNanos(System.nanoTime() - started);
    assertTrue(took.compareTo(Duration.ofSeconds(30)) < 0, () -> took + " for " + bundle.commit());
  }
}
