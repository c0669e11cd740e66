package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.Personal;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.rpc.Call;
import crypho.server.rpc.RpcException;
import crypho.server.testing.TestAccounts;
import crypho.server.testing.Together;
import crypho.wire.v1.CompleteSignUpRequest;
import crypho.wire.v1.CompleteSignUpResponse;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.Language;
import crypho.wire.v1.Me;
import crypho.wire.v1.OpenSignUpRequest;
import crypho.wire.v1.OpenSignUpResponse;
import crypho.wire.v1.StartSignUpRequest;
import crypho.wire.v1.Unlock;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SignUpTest {
  private final TestAccounts world = TestAccounts.alone();

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void signsUpThroughTheMailedLink() {
    var kari = world.signUp("kari@example.org", "Kari Nordmann");
    var mail = world.mails.lastTo("kari@example.org");
    assertEquals(Template.SIGN_UP, mail.template());
    assertTrue(mail.places().getOrDefault("link", "").startsWith("https://crypho.test/signup#"));
    var me = kari.call("AccountService", "GetMe", TestAccounts.empty(), Me.class);
    assertEquals("kari@example.org", me.getEmail());
    assertEquals("Kari Nordmann", me.getDisplayName());
    assertEquals(kari.account.toString(), me.getAccountId());
    assertEquals(1, me.getKeys().getKeyGeneration());
    assertEquals(1, me.getUnlocksCount());
    assertEquals("", me.getDeviceId());
    assertEquals(1, me.getOwnedGroupsMax());
  }

  @Test
  void linkWorksOnce() {
    world.signUp("once@example.org", "Once");
    var token = ByteString.copyFrom(world.mails.lastTo("once@example.org").token());
    assertTrue(open(token).hasLinkExpired());
  }

  @Test
  void linkExpiresAfterADay() {
    world.askForLink("late@example.org");
    var token = ByteString.copyFrom(world.mails.lastTo("late@example.org").token());
    world.pass(Duration.ofHours(24).minusSeconds(1));
    assertTrue(open(token).hasOpened());
    world.pass(Duration.ofSeconds(1));
    assertTrue(open(token).hasLinkExpired());
  }

  @Test
  void addressWithAnAccountIsToldByMailAndTheCallerIsNot() {
    world.signUp("taken@example.org", "Taken");
    world.askForLink("taken@example.org");
    var mail = world.mails.lastTo("taken@example.org");
    assertEquals(Template.SIGN_UP_HAS_ACCOUNT, mail.template());
    assertEquals("https://crypho.test/login", mail.places().get("link"));
  }

  @Test
  void olderLinkOfAnAddressThatHasAnAccountByNowIsExpired() {
    world.askForLink("twice@example.org");
    var first = world.mails.lastTo("twice@example.org").token();
    world.signUp("twice@example.org", "Twice");
    assertTrue(open(ByteString.copyFrom(first)).hasLinkExpired());
  }

  @Test
  void fewLinksAnHourAreMailedToOneAddress() {
    for (int i = 0; i < 20; i++) {
      world.askForLink("flood@example.org");
    }
    var limit = SignUpService.LINKS_PER_HOUR_MAX;
    assertEquals(limit, world.mails.to("flood@example.org").size());
    world.pass(Duration.ofMinutes(61));
    world.askForLink("flood@example.org");
    assertEquals(limit + 1, world.mails.to("flood@example.org").size());
  }

  @Test
  void wrongCodeCreatesNothingAndTheLinkStaysGood() {
    world.askForLink("code@example.org");
    var token = ByteString.copyFrom(world.mails.lastTo("code@example.org").token());
    var person = world.opened(token, "Code");
    var right = world.completion(token, person);
    var wrong = right.toBuilder().setTotpCode(otherCode(right.getTotpCode())).build();
    assertTrue(complete(wrong).hasWrongCode());
    assertTrue(complete(right).hasCreated());
  }

  @Test
  void whatAClientSignedWronglyCreatesNothing() {
    world.askForLink("forged@example.org");
    var token = ByteString.copyFrom(world.mails.lastTo("forged@example.org").token());
    var person = world.opened(token, "Forged");
    var right = world.completion(token, person);
    assertInvalid(
        "keys.deposit_signature",
        right,
        edit -> edit.setKeys(edit.getKeys().toBuilder().setDepositPublicKey(right.getAuthKey())));
    assertInvalid(
        "passphrase_unlock.signature",
        right,
        edit ->
            edit.setPassphraseUnlock(
                edit.getPassphraseUnlock().toBuilder().setPublicKey(right.getAuthKey())));
    assertTrue(complete(right).hasCreated());
  }

  @Test
  void eachFieldIsChecked() {
    world.askForLink("fields@example.org");
    var token = ByteString.copyFrom(world.mails.lastTo("fields@example.org").token());
    var right = world.completion(token, world.opened(token, "Fields"));
    var shorter = ByteString.copyFrom(new byte[31]);
    assertMalformed("token", right, edit -> edit.setToken(shorter));
    assertMalformed("auth_key", right, edit -> edit.setAuthKey(shorter));
    assertMalformed("totp_code", right, edit -> edit.setTotpCode("12345"));
    assertInvalid("display_name", right, edit -> edit.setDisplayName("  "));
    assertInvalid("display_name", right, edit -> edit.setDisplayName("a\nb"));
    assertFails(
        ErrorReason.ERROR_REASON_TOO_LARGE,
        "display_name",
        right,
        edit -> edit.setDisplayName("a".repeat(101)));
    assertInvalid("language", right, edit -> edit.clearLanguage());
    assertInvalid(
        "kdf.memory_kib", right, edit -> edit.setKdf(edit.getKdf().toBuilder().setMemoryKib(1024)));
    assertInvalid(
        "kdf.memory_kib", right, edit -> edit.setKdf(edit.getKdf().toBuilder().setMemoryKib(-1)));
    assertMalformed(
        "keys.sealed_identity_key",
        right,
        edit -> edit.setKeys(edit.getKeys().toBuilder().clearSealedIdentityKey()));
    assertInvalid(
        "passphrase_unlock.kind",
        right,
        edit ->
            edit.setPassphraseUnlock(
                edit.getPassphraseUnlock().toBuilder()
                    .setKind(Unlock.Kind.KIND_DEVICE)
                    .setId("1123456789abcdef")));
    assertTrue(complete(right).hasCreated());
  }

  @Test
  void ofTwoCompletionsAtOnceOneCreatesTheAccount() throws Exception {
    world.askForLink("race@example.org");
    var token = ByteString.copyFrom(world.mails.lastTo("race@example.org").token());
    var request = world.completion(token, world.opened(token, "Race"));
    var answers = Together.call(4, () -> complete(request));
    assertEquals(1, answers.stream().filter(CompleteSignUpResponse::hasCreated).count());
  }

  @Test
  void browserGetsACookieAndNoToken() {
    world.askForLink("cookie@example.org");
    var token = ByteString.copyFrom(world.mails.lastTo("cookie@example.org").token());
    var request = world.completion(token, world.opened(token, "Cookie"));
    var call = new Call(null, Personal.address("192.0.2.9"), world.now(), true);
    var response =
        (CompleteSignUpResponse) world.callWith("AccountService", "CompleteSignUp", request, call);
    assertTrue(response.getCreated().getSessionToken().isEmpty());
    assertTrue(call.cookieChange() instanceof Call.CookieChange.Set set && set.isPersistent());
  }

  @Test
  void unknownTokenIsExpired() {
    assertTrue(open(ByteString.copyFrom(new byte[32])).hasLinkExpired());
  }

  @Test
  void badAddressIsRefused() {
    var request =
        StartSignUpRequest.newBuilder()
            .setEmail("nobody")
            .setLanguage(Language.LANGUAGE_NB)
            .build();
    var error =
        assertThrows(
            RpcException.class, () -> world.call("AccountService", "StartSignUp", request, null));
    assertEquals("email", error.info().getField());
  }

  @Test
  void everySignUpHasItsOwnIdAndSecret() {
    world.askForLink("own1@example.org");
    world.askForLink("own2@example.org");
    var one = open(ByteString.copyFrom(world.mails.lastTo("own1@example.org").token()));
    var two = open(ByteString.copyFrom(world.mails.lastTo("own2@example.org").token()));
    assertNotEquals(one.getOpened().getAccountId(), two.getOpened().getAccountId());
    assertNotEquals(one.getOpened().getTotpSecret(), two.getOpened().getTotpSecret());
    assertEquals(20, one.getOpened().getTotpSecret().size());
  }

  private OpenSignUpResponse open(ByteString token) {
    var request = OpenSignUpRequest.newBuilder().setToken(token).build();
    return (OpenSignUpResponse) world.call("AccountService", "OpenSignUp", request, null);
  }

  private CompleteSignUpResponse complete(CompleteSignUpRequest request) {
    return (CompleteSignUpResponse) world.call("AccountService", "CompleteSignUp", request, null);
  }

  private void assertInvalid(
      String field,
      CompleteSignUpRequest right,
      UnaryOperator<CompleteSignUpRequest.Builder> edit) {
    assertFails(ErrorReason.ERROR_REASON_INVALID, field, right, edit);
  }

  private void assertMalformed(
      String field,
      CompleteSignUpRequest right,
      UnaryOperator<CompleteSignUpRequest.Builder> edit) {
    assertFails(ErrorReason.ERROR_REASON_MALFORMED, field, right, edit);
  }

  private void assertFails(
      ErrorReason reason,
      String field,
      CompleteSignUpRequest right,
      UnaryOperator<CompleteSignUpRequest.Builder> edit) {
    var wrong = edit.apply(right.toBuilder()).build();
    var error = assertThrows(RpcException.class, () -> complete(wrong));
    assertEquals(reason, error.info().getReason());
    assertEquals(field, error.info().getField());
  }

  private static String otherCode(String code) {
    char last = code.charAt(5) == '9' ? '0' : (char) (code.charAt(5) + 1);
    return code.substring(0, 5) + last;
  }
}
