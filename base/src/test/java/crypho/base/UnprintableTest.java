package crypho.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class UnprintableTest {
  @Test
  void secretPrintsItsLengthOnly() {
    var secret = Secret.copyOf("hunter2".getBytes(StandardCharsets.UTF_8));
    assertEquals("Secret[7 bytes]", secret.toString());
  }

  @Test
  void wipedSecretIsNotUsedAgain() {
    var secret = Secret.copyOf(new byte[] {1, 2, 3});
    secret.close();
    assertThrows(IllegalStateException.class, secret::reveal);
  }

  @Test
  void personalPrintsAKindAndAHashThatFollowsTheValue() {
    var kari = Personal.email("kari@example.org");
    assertFalse(kari.toString().contains("kari"));
    assertEquals(kari.toString(), Personal.email("kari@example.org").toString());
    assertNotEquals(kari.toString(), Personal.email("ola@example.org").toString());
  }

  @Test
  void recordOfPersonalPartsPrintsNone() {
    record Profile(AccountId id, Personal name) {}
    var profile =
        new Profile(
            AccountId.parse("6fa459ea-ee8a-4ca4-894e-db77e160355e"),
            Personal.name("Kari Nordmann"));
    assertFalse(profile.toString().contains("Nordmann"));
  }
}
