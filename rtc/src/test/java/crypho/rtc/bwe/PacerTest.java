package crypho.rtc.bwe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.bwe.Pacer.Priority;
import org.junit.jupiter.api.Test;

final class PacerTest {
  private static final long SECOND = 1_000_000_000;

  @Test
  void withoutCongestionABurstOfMediaGoesAtOnce() {
    var pacer = new Pacer(1_000_000);
    for (var i = 0; i < 1_000; i++) {
      assertTrue(pacer.maySend(0, Priority.VIDEO));
      pacer.onSent(0, 1_200);
    }
    assertEquals(0, pacer.readyNanos(0));
    assertFalse(pacer.maySend(0, Priority.RETRANSMISSION));
    assertFalse(pacer.maySend(0, Priority.PADDING));
    assertTrue(pacer.maySend(SECOND, Priority.PADDING));
  }

  @Test
  void withCongestionVideoGoesAtTheRateAndAudioAlways() {
    var pacer = new Pacer(1_000_000);
    pacer.onEstimate(0, 1_000_000, true);
    var bytes = 0;
    for (var now = 0L; now < 10 * SECOND; now += 1_000_000) {
      while (pacer.maySend(now, Priority.VIDEO)) {
        pacer.onSent(now, 1_200);
        bytes += 1_200;
      }
      assertTrue(pacer.maySend(now, Priority.AUDIO));
      assertFalse(pacer.maySend(now, Priority.RETRANSMISSION));
      assertFalse(pacer.maySend(now, Priority.PADDING));
      assertTrue(pacer.maySend(pacer.readyNanos(now), Priority.VIDEO));
    }
    assertEquals(Pacer.FACTOR * 1_000_000 / 8 * 10, bytes, 20_000);
  }

  @Test
  void debtIsBounded() {
    var pacer = new Pacer(1_000_000);
    pacer.onSent(0, 10_000_000);
    pacer.onEstimate(0, 1_000_000, true);
    assertFalse(pacer.maySend(0, Priority.VIDEO));
    assertTrue(pacer.readyNanos(0) <= 2 * Pacer.BURST_NANOS);
  }
}
