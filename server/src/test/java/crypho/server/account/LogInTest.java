package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.server.rpc.RpcException;
import crypho.server.testing.TestAccounts;
import crypho.server.testing.TestAccounts.Person;
import crypho.wire.v1.CompleteLogInRequest;
import crypho.wire.v1.CompleteLogInResponse;
import crypho.wire.v1.Empty;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.LogInRequest;
import crypho.wire.v1.LogInResponse;
import crypho.wire.v1.StartLogInRequest;
import crypho.wire.v1.StartLogInResponse;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LogInTest {
  private final TestAccounts world = TestAccounts.alone();

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void logsInWithPassphraseAndCode() {
    var kari = world.join("kari@example.org", "Kari");
    world.pass(Duration.ofMinutes(1));
    var ticket = firstStep(kari, kari.authKey).getSecondFactorRequired().getTicket();
    var loggedIn = secondStep(ticket, kari.totpCode(), false).getLoggedIn();
    assertEquals(kari.email, loggedIn.getMe().getEmail());
    kari.useToken(loggedIn.getSessionToken());
    assertNull(kari.caller().deviceOrNull());
    kari.link();
    assertNotNull(kari.caller().deviceOrNull());
  }

  @Test
  void eachCodeWorksOnce() {
    var person = world.signUp("codes@example.org", "Codes");
    var ticket = firstStep(person, person.authKey).getSecondFactorRequired().getTicket();
    assertTrue(secondStep(ticket, person.totpCode(), false).hasWrongCode());
    world.pass(Duration.ofSeconds(30));
    assertTrue(secondStep(ticket, person.totpCode(), false).hasLoggedIn());
    assertTrue(secondStep(ticket, person.totpCode(), false).hasTicketExpired());
  }

  @Test
  void ticketIsGoodForFiveCodesAndFiveMinutes() {
    var person = world.signUp("ticket@example.org", "Ticket");
    world.pass(Duration.ofMinutes(1));
    var ticket = firstStep(person, person.authKey).getSecondFactorRequired().getTicket();
    var wrong = person.totpCode().equals("000000") ? "000001" : "000000";
    for (int i = 0; i < LogInService.CODES_MAX; i++) {
      assertTrue(secondStep(ticket, wrong, false).hasWrongCode());
    }
    assertTrue(secondStep(ticket, person.totpCode(), false).hasTicketExpired());
    world.pass(Duration.ofMinutes(1));
    var late = firstStep(person, person.authKey).getSecondFactorRequired().getTicket();
    world.pass(LogInService.TICKET_LASTS);
    assertTrue(secondStep(late, person.totpCode(), false).hasTicketExpired());
  }

  @Test
  void wrongPassphrasesAreSlowedDown() {
    var person = world.signUp("guessed@example.org", "Guessed");
    var wrong = ByteString.copyFrom(new byte[32]);
    int judged = 0;
    RpcException refusal = null;
    while (refusal == null) {
      try {
        assertTrue(firstStep(person, wrong).hasWrongCredentials());
        judged++;
      } catch (RpcException e) {
        refusal = e;
      }
    }
    assertTrue(judged <= 6);
    assertEquals(ErrorReason.ERROR_REASON_RATE_LIMITED, refusal.info().getReason());
    world.pass(Duration.ofMillis(refusal.info().getRetryAfterMs()));
    assertTrue(firstStep(person, person.authKey).hasSecondFactorRequired());
  }

  @Test
  void unknownAddressGetsAStableSaltOfTheSameForm() {
    var person = world.signUp("known@example.org", "Known");
    var one = kdf("nobody@example.org");
    assertEquals(one, kdf("Nobody@EXAMPLE.org"));
    assertFalse(one.equals(kdf("someone@example.org")));
    var real = kdf(person.email).getKdf();
    assertEquals(one.getKdf().toBuilder().setSalt(real.getSalt()).build(), real);
    var request =
        LogInRequest.newBuilder().setEmail("nobody@example.org").setAuthKey(person.authKey);
    var response = (LogInResponse) world.call("AccountService", "LogIn", request.build(), null);
    assertTrue(response.hasWrongCredentials());
  }

  @Test
  void sessionSlidesAndEndsWithItsDevice() {
    var person = world.join("slides@example.org", "Slides");
    for (int i = 0; i < 4; i++) {
      world.pass(Duration.ofDays(60));
      assertNotNull(person.callerOrNull());
    }
    world.live.clear();
    world.pass(SessionService.LASTS);
    assertNull(person.callerOrNull());
    assertTrue(world.accounts.expire(world.now()) >= 1);
    assertTrue(
        world
            .database
            .jdbi()
            .withHandle(handle -> world.directory.devicesOf(handle, Set.of(person.account)))
            .isEmpty());
    assertFalse(world.live.ended().isEmpty());
  }

  @Test
  void sharedComputerEndsAfterTwelveHoursHoweverUsed() {
    var person = world.signUp("shared@example.org", "Shared");
    world.pass(Duration.ofMinutes(1));
    var ticket = firstStep(person, person.authKey).getSecondFactorRequired().getTicket();
    person.useToken(secondStep(ticket, person.totpCode(), true).getLoggedIn().getSessionToken());
    person.link();
    world.pass(Duration.ofHours(6));
    assertNotNull(person.callerOrNull());
    world.pass(Duration.ofHours(6));
    assertNull(person.callerOrNull());
  }

  @Test
  void loggingOutEndsSessionAndDeviceAtOnce() {
    var person = world.join("out@example.org", "Out");
    person.call("AccountService", "LogOut", TestAccounts.empty(), Empty.class);
    assertNull(person.callerOrNull());
    var devices =
        world
            .database
            .jdbi()
            .withHandle(handle -> world.directory.devicesOf(handle, Set.of(person.account)));
    assertTrue(devices.isEmpty());
  }

  @Test
  void badFieldsAreRefused() {
    assertThrows(RpcException.class, () -> kdf("no address"));
    assertThrows(RpcException.class, () -> secondStep(ByteString.EMPTY, "123456", false));
    var ticket = ByteString.copyFrom(new byte[32]);
    assertThrows(RpcException.class, () -> secondStep(ticket, "12345x", false));
    assertTrue(secondStep(ticket, "123456", false).hasTicketExpired());
  }

  private StartLogInResponse kdf(String email) {
    var request = StartLogInRequest.newBuilder().setEmail(email).build();
    return (StartLogInResponse) world.call("AccountService", "StartLogIn", request, null);
  }

  private LogInResponse firstStep(Person person, ByteString authKey) {
    var request = LogInRequest.newBuilder().setEmail(person.email).setAuthKey(authKey).build();
    return (LogInResponse) world.call("AccountService", "LogIn", request, null);
  }

  private CompleteLogInResponse secondStep(ByteString ticket, String code, boolean isShared) {
    var request =
        CompleteLogInRequest.newBuilder()
            .setTicket(ticket)
            .setTotpCode(code)
            .setIsSharedComputer(isShared)
            .build();
    return (CompleteLogInResponse) world.call("AccountService", "CompleteLogIn", request, null);
  }
}
