package crypho.rtc.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ActiveSpeakerTest {
  private static final long MS = 1_000_000;
  private static final int LOUD = 20;
  private static final int QUIET = 70;
  private static final int SILENT = 127;

  private final ActiveSpeaker speaker = new ActiveSpeaker(4);
  private long now;

  @BeforeEach
  void threeAreThere() {
    for (var slot = 0; slot < 3; slot++) {
      speaker.add(slot, now);
    }
  }

  /// Lets time pass with a packet of each every `step` ms; returns the last decision.
  private int talk(int millis, int step, int... levels) {
    var dominant = speaker.decide(now);
    for (var end = now + millis * MS; now < end; now += step * MS) {
      for (var slot = 0; slot < levels.length; slot++) {
        if (levels[slot] >= 0) {
          speaker.onLevel(slot, levels[slot], now);
        }
      }
      dominant = speaker.decide(now);
    }
    return dominant;
  }

  @Test
  void nobodySpeaksInSilence() {
    assertEquals(ActiveSpeaker.NOBODY, talk(5_000, 20, SILENT, QUIET, SILENT));
  }

  @Test
  void theOneWhoSpeaksHasTheFloorAndKeepsItInSilence() {
    assertEquals(1, talk(1_000, 20, QUIET, LOUD, QUIET));
    assertEquals(1, talk(10_000, 20, QUIET, QUIET, QUIET));
  }

  @Test
  void theFloorGoesToWhoSpeaksOn() {
    assertEquals(0, talk(1_000, 20, LOUD, QUIET, QUIET));
    assertEquals(2, talk(2_000, 20, QUIET, QUIET, LOUD));
  }

  @Test
  void aCoughDoesNotTakeTheFloor() {
    assertEquals(0, talk(1_000, 20, LOUD, QUIET, QUIET));
    assertEquals(0, talk(80, 20, LOUD, 5, QUIET));
    assertEquals(0, talk(1_000, 20, LOUD, QUIET, QUIET));
  }

  @Test
  void whoInterruptsASpeakerDoesNotFlipTheFloor() {
    assertEquals(0, talk(1_000, 20, LOUD, QUIET, QUIET));
    assertEquals(0, talk(2_000, 20, LOUD, LOUD, QUIET));
  }

  @Test
  void longerPacketsAndDiscontinuousTransmissionCountTheSame() {
    assertEquals(0, talk(1_020, 60, LOUD, -1, -1));
    assertEquals(1, talk(2_040, 60, -1, LOUD, -1));
  }

  @Test
  void whoLeavesLosesTheFloor() {
    assertEquals(0, talk(1_000, 20, LOUD, QUIET, QUIET));
    speaker.remove(0);
    assertEquals(ActiveSpeaker.NOBODY, talk(500, 20, LOUD, QUIET, QUIET));
    assertEquals(1, talk(1_000, 20, -1, LOUD, QUIET));
  }

  @Seeded(tries = 50)
  void theFloorIsAlwaysSomeonesWhoIsThere(Gen gen) {
    var isThere = new boolean[] {true, true, true, false};
    for (var i = 0; i < 200; i++) {
      var slot = gen.below(4);
      if (gen.chance(0.05)) {
        isThere[slot] = !isThere[slot];
        if (isThere[slot]) {
          speaker.add(slot, now);
        } else {
          speaker.remove(slot);
        }
      }
      var dominant =
          talk(gen.below(200), 20, gen.below(128), gen.below(128), gen.below(128), gen.below(128));
      assertTrue(dominant == ActiveSpeaker.NOBODY || isThere[dominant]);
    }
  }

  @Test
  void ratesAndBudgetsChooseLayers() {
    var rates = new LayerRates(false);
    for (var i = 0; i < 100; i++) {
      rates.onPacket(0, i % 2, 125, i * 10L * MS);
      rates.onPacket(2, 0, 1_250, i * 10L * MS);
    }
    var at = 999 * MS;
    assertEquals(50_000, rates.bitrateBps(0, 0, at));
    assertEquals(100_000, rates.bitrateBps(0, 1, at));
    assertEquals(0, rates.bitrateBps(1, 7, at));
    assertEquals(2 << 3 | 7, rates.best(1_000_000, 3, 7, at));
    assertEquals(7, rates.best(999_999, 3, 7, at));
    assertEquals(0, rates.best(99_999, 3, 7, at));
    assertEquals(LayerRates.NONE, rates.best(49_999, 3, 7, at));
    assertEquals(LayerRates.NONE, rates.best(1L << 40, 3, 7, at + 2_000 * MS));
  }
}
