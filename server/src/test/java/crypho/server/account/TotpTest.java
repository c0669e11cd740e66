package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TotpTest {
  private static final byte[] SECRET = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);
  private static final long NEVER = Long.MIN_VALUE;

  /// RFC 6238 appendix B gives eight digits for SHA-1; six are their last six.
  @ParameterizedTest
  @CsvSource({
    "59, 94287082",
    "1111111109, 07081804",
    "1111111111, 14050471",
    "1234567890, 89005924",
    "2000000000, 69279037",
    "20000000000, 65353130"
  })
  void givesTheCodesOfTheRfc(long epochSecond, String eightDigits) {
    var now = Instant.ofEpochSecond(epochSecond);
    assertEquals(eightDigits.substring(2), Totp.codeAt(SECRET, Totp.stepAt(now)));
  }

  /// RFC 4226 appendix D.
  @ParameterizedTest
  @CsvSource({"0, 755224", "1, 287082", "2, 359152", "3, 969429", "4, 338314", "9, 520489"})
  void givesTheCodesOfTheCounterRfc(long counter, String code) {
    assertEquals(code, Totp.codeAt(SECRET, counter));
  }

  @Test
  void takesOneStepBeforeAndAfterAndNoMore() {
    var now = Instant.ofEpochSecond(1_000_000);
    long step = Totp.stepAt(now);
    for (long off = -1; off <= 1; off++) {
      var code = Totp.codeAt(SECRET, step + off);
      assertEquals(OptionalLong.of(step + off), Totp.matchingStep(SECRET, code, now, NEVER));
    }
    for (long off : new long[] {-2, 2}) {
      var code = Totp.codeAt(SECRET, step + off);
      assertEquals(OptionalLong.empty(), Totp.matchingStep(SECRET, code, now, NEVER));
    }
  }

  @Test
  void takesACodeOnceAndNoneBeforeIt() {
    var now = Instant.ofEpochSecond(1_000_000);
    long step = Totp.stepAt(now);
    var code = Totp.codeAt(SECRET, step);
    assertTrue(Totp.matchingStep(SECRET, code, now, step - 1).isPresent());
    assertTrue(Totp.matchingStep(SECRET, code, now, step).isEmpty());
    var before = Totp.codeAt(SECRET, step - 1);
    assertTrue(Totp.matchingStep(SECRET, before, now, step).isEmpty());
  }

  @Test
  void knowsTheFormOfACode() {
    assertTrue(Totp.hasForm("012345"));
    assertFalse(Totp.hasForm("12345"));
    assertFalse(Totp.hasForm("1234567"));
    assertFalse(Totp.hasForm("12345a"));
    assertFalse(Totp.hasForm("١٢٣٤٥٦"));
  }
}
