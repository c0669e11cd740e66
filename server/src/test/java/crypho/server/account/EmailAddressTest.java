package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EmailAddressTest {
  @ParameterizedTest
  @CsvSource({
    "' Kari.Nordmann@Example.ORG ', kari.nordmann@example.org",
    "a+tag@example.org, a+tag@example.org",
    "post@blåbær.no, post@xn--blbr-roah.no",
    "ørjan@example.org, ørjan@example.org",
    "root@localhost, root@localhost"
  })
  void normalises(String text, String expected) {
    var address = EmailAddress.parse(text);
    assertNotNull(address);
    assertEquals(expected, address.value());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "@",
        "a@",
        "@b.no",
        "a b@c.no",
        "a@b c.no",
        "a@b..no",
        "a@-b.no",
        ".a@b.no",
        "a.@b.no",
        "a@b.no\r\nBcc: c@d.no",
        "a@[127.0.0.1]",
        "<a@b.no>",
        "\"a\"@b.no",
        "a,b@c.no"
      })
  void refuses(String text) {
    assertNull(EmailAddress.parse(text));
  }

  @Test
  void refusesWhatIsTooLong() {
    assertNull(EmailAddress.parse("a".repeat(65) + "@example.org"));
    assertNull(EmailAddress.parse("a@" + "b.".repeat(130) + "no"));
  }

  @Test
  void isNotPrinted() {
    assertFalse(new EmailAddress("kari@example.org").toString().contains("kari"));
  }
}
