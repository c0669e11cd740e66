package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.base.Personal;
import crypho.server.rpc.RpcException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class LogInThrottleTest {
  private static final Bytes ACCOUNT = Bytes.fromHex("01");
  private static final Personal HOME = Personal.address("192.0.2.1");
  private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");

  private final LogInThrottle throttle = new LogInThrottle();

  @Test
  void tenThousandTriesInADayFromOneAddressReachFewHashes() {
    var day = Duration.ofDays(1);
    int passed = 0;
    for (int i = 0; i < 10_000; i++) {
      if (passes(HOME, START.plus(day.multipliedBy(i).dividedBy(10_000)))) {
        passed++;
      }
    }
    assertTrue(passed < 120, () -> "the delay grows to a quarter of an hour");
    assertTrue(passed >= 90, () -> "and no further");
  }

  @Test
  void triesAtTheSameTimeGetNoFurther() {
    int passed = 0;
    for (int i = 0; i < 1_000; i++) {
      passed += passes(HOME, START) ? 1 : 0;
    }
    assertTrue(passed <= 6);
  }

  @Test
  void ownerIsNotLockedOutForLongByManyOthers() {
    var now = START;
    for (int i = 0; i < 10_000; i++) {
      now = now.plusSeconds(1);
      passes(Personal.address("203.0.113." + i), now);
    }
    var later = now.plusSeconds(30);
    assertDoesNotThrow(() -> throttle.begin(ACCOUNT, HOME, later));
  }

  @Test
  void ownerWhoLoggedInHereBeforeDoesNotWaitForOthersAtAll() {
    throttle.begin(ACCOUNT, HOME, START).succeed();
    for (int i = 0; i < 1_000; i++) {
      passes(Personal.address("203.0.113." + i), START);
    }
    assertThrows(
        RpcException.class, () -> throttle.begin(ACCOUNT, Personal.address("198.51.100.1"), START));
    assertDoesNotThrow(() -> throttle.begin(ACCOUNT, HOME, START));
  }

  @Test
  void successAndAccidentsAreNotCounted() {
    for (int i = 0; i < 1_000; i++) {
      throttle.begin(ACCOUNT, HOME, START).succeed();
      throttle.begin(ACCOUNT, HOME, START).cancel();
    }
  }

  @Test
  void isForgottenAfterAnHour() {
    while (passes(HOME, START)) {}
    assertTrue(passes(HOME, START.plus(Duration.ofMinutes(61))));
    assertTrue(passes(HOME, START.plus(Duration.ofMinutes(61))));
  }

  private boolean passes(Personal from, Instant now) {
    try {
      var _ = throttle.begin(ACCOUNT, from, now);
      return true;
    } catch (RpcException e) {
      return false;
    }
  }
}
