package crypho.rtc.bwe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class PacerTest {
  private static final long SECOND = 1_000_000_000;
  private static final long MILLI = 1_000_000;
  private static final int BPS = 2_000_000;
  private static final int PACKET_BYTES = 1_200;

  /// Octets that a client gets within so many seconds that asks for all it can get.
  private static long storm(Pacer pacer, int seconds, boolean isCongested) {
    var bytes = 0L;
    for (var now = 0L; now < seconds * SECOND; now += MILLI) {
      while (pacer.maySend(now, BPS, isCongested)) {
        pacer.onSent(PACKET_BYTES);
        bytes += PACKET_BYTES;
      }
    }
    return bytes;
  }

  @Test
  void aStormOfRequestsIsHeldToTheEstimate() {
    assertEquals(BPS / 8.0 * 10, (double) storm(new Pacer(), 10, false), 30_000);
  }

  @Test
  void andToHalfOfItWhileThereIsCongestion() {
    assertEquals(BPS / 16.0 * 10, (double) storm(new Pacer(), 10, true), 30_000);
  }

  @Test
  void whatIsLostNowAndThenIsMadeGoodAtOnce() {
    var pacer = new Pacer();
    // 5 % of the estimate, in bursts of a tenth of a second.
    for (var burst = 0L; burst < 100; burst++) {
      for (var bytes = 0; bytes < BPS / 8 / 20 / 10; bytes += PACKET_BYTES) {
        assertTrue(pacer.maySend(burst * 100 * MILLI, BPS, false));
        pacer.onSent(PACKET_BYTES);
      }
    }
  }

  @Test
  void aPauseSavesUpOneBurstAndNoMore() {
    var pacer = new Pacer();
    assertTrue(pacer.maySend(0, BPS, false));
    assertTrue(pacer.maySend(3_600 * SECOND, BPS, false));
    pacer.onSent(BPS / 8 / 10);
    assertFalse(pacer.maySend(3_600 * SECOND, BPS, false));
  }
}
