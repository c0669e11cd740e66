package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.rpc.RpcException;
import crypho.server.testing.TestAccounts;
import crypho.server.testing.TestAccounts.Person;
import crypho.wire.v1.ChangePassphraseRequest;
import crypho.wire.v1.ChangePassphraseResponse;
import crypho.wire.v1.ChangeProfileRequest;
import crypho.wire.v1.Changed.What;
import crypho.wire.v1.ConfirmEmailChangeRequest;
import crypho.wire.v1.ConfirmEmailChangeResponse;
import crypho.wire.v1.Language;
import crypho.wire.v1.LogInRequest;
import crypho.wire.v1.LogInResponse;
import crypho.wire.v1.Me;
import crypho.wire.v1.StartEmailChangeRequest;
import crypho.wire.v1.StartEmailChangeResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ProfileTest {
  private final TestAccounts world = TestAccounts.alone();

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void changesNameAndLanguageAndTellsOwnDevices() {
    var person = world.join("name@example.org", "Before");
    world.live.clear();
    var request =
        ChangeProfileRequest.newBuilder()
            .setDisplayName("  Åse  ")
            .setLanguage(Language.LANGUAGE_EN)
            .build();
    var me = person.call("AccountService", "ChangeProfile", request, Me.class);
    assertEquals("Åse", me.getDisplayName());
    assertEquals(Language.LANGUAGE_EN, me.getLanguage());
    assertTrue(world.live.changes(person.account).contains(What.WHAT_PROFILE));
    var nothing = ChangeProfileRequest.getDefaultInstance();
    assertEquals(me, person.call("AccountService", "ChangeProfile", nothing, Me.class));
    var bad = ChangeProfileRequest.newBuilder().setDisplayName("").build();
    assertThrows(
        RpcException.class, () -> person.call("AccountService", "ChangeProfile", bad, Me.class));
  }

  @Test
  void changesThePassphraseAtOnce() {
    var person = world.join("pass@example.org", "Pass");
    var next = person.keys.bytes(32);
    var right = passphrase(person, person.authKey, next);
    assertTrue(
        change(person, right.toBuilder().setCurrentAuthKey(next).build()).hasWrongPassphrase());
    var stale = right.toBuilder();
    stale.getNewUnlockBuilder().setKeyGeneration(2);
    assertTrue(change(person, stale.build()).hasStaleKey());
    var unsigned = right.toBuilder();
    unsigned.getNewUnlockBuilder().setSignature(ByteString.copyFrom(new byte[64]));
    assertThrows(RpcException.class, () -> change(person, unsigned.build()));
    assertTrue(logIn(person.email, person.authKey).hasSecondFactorRequired());
    assertTrue(change(person, right).hasChanged());
    assertEquals(Template.PASSPHRASE_CHANGED, world.mails.lastTo(person.email).template());
    assertTrue(logIn(person.email, person.authKey).hasWrongCredentials());
    assertTrue(logIn(person.email, next).hasSecondFactorRequired());
    assertNotNull(person.callerOrNull());
    var me = person.call("AccountService", "GetMe", TestAccounts.empty(), Me.class);
    assertEquals(right.getNewKdf(), me.getKdf());
    assertTrue(me.getUnlocksList().contains(right.getNewUnlock()));
  }

  @Test
  void changesTheAddressOnceItIsConfirmed() {
    var person = world.join("old@example.org", "Moves");
    assertTrue(startChange(person, "new@example.org", person.keys.bytes(32)).hasWrongPassphrase());
    assertTrue(startChange(person, "New@example.org", person.authKey).hasMailSent());
    var mail = world.mails.lastTo("new@example.org");
    assertEquals(Template.CONFIRM_EMAIL, mail.template());
    assertTrue(logIn("old@example.org", person.authKey).hasSecondFactorRequired());
    assertTrue(confirm(mail.token()).hasChanged());
    assertEquals(Template.EMAIL_CHANGED, world.mails.lastTo("old@example.org").template());
    var me = person.call("AccountService", "GetMe", TestAccounts.empty(), Me.class);
    assertEquals("new@example.org", me.getEmail());
    assertTrue(logIn("new@example.org", person.authKey).hasSecondFactorRequired());
    assertTrue(logIn("old@example.org", person.authKey).hasWrongCredentials());
    assertTrue(confirm(mail.token()).hasLinkExpired());
    world.signUp("old@example.org", "Another");
  }

  @Test
  void confirmationExpiresAndIsReplacedByALaterOne() {
    var person = world.join("slow@example.org", "Slow");
    startChange(person, "slow1@example.org", person.authKey);
    var first = world.mails.lastTo("slow1@example.org").token();
    startChange(person, "slow2@example.org", person.authKey);
    var second = world.mails.lastTo("slow2@example.org").token();
    assertTrue(confirm(first).hasLinkExpired());
    world.pass(Duration.ofHours(24));
    assertTrue(confirm(second).hasLinkExpired());
  }

  @Test
  void addressOfAnotherAccountIsNotTaken() {
    var person = world.join("wants@example.org", "Wants");
    world.signUp("has@example.org", "Has");
    assertTrue(startChange(person, "has@example.org", person.authKey).hasMailSent());
    assertEquals(Template.SIGN_UP_HAS_ACCOUNT, world.mails.lastTo("has@example.org").template());
    startChange(person, "free@example.org", person.authKey);
    var token = world.mails.lastTo("free@example.org").token();
    world.signUp("free@example.org", "Faster");
    assertTrue(confirm(token).hasLinkExpired());
  }

  private static ChangePassphraseRequest passphrase(
      Person person, ByteString current, ByteString next) {
    return ChangePassphraseRequest.newBuilder()
        .setCurrentAuthKey(current)
        .setNewAuthKey(next)
        .setNewKdf(person.keys.kdf())
        .setNewUnlock(person.keys.passphraseUnlock())
        .build();
  }

  private static ChangePassphraseResponse change(Person person, ChangePassphraseRequest request) {
    return person.call(
        "AccountService", "ChangePassphrase", request, ChangePassphraseResponse.class);
  }

  private static StartEmailChangeResponse startChange(
      Person person, String email, ByteString authKey) {
    var request =
        StartEmailChangeRequest.newBuilder().setNewEmail(email).setAuthKey(authKey).build();
    return person.call(
        "AccountService", "StartEmailChange", request, StartEmailChangeResponse.class);
  }

  private ConfirmEmailChangeResponse confirm(byte[] token) {
    var request =
        ConfirmEmailChangeRequest.newBuilder().setToken(ByteString.copyFrom(token)).build();
    return (ConfirmEmailChangeResponse)
        world.call("AccountService", "ConfirmEmailChange", request, null);
  }

  private LogInResponse logIn(String email, ByteString authKey) {
    var request = LogInRequest.newBuilder().setEmail(email).setAuthKey(authKey).build();
    return (LogInResponse) world.call("AccountService", "LogIn", request, null);
  }
}
