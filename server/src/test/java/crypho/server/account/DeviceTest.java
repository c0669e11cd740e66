package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.Bytes;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import crypho.server.testing.RecordingMails;
import crypho.server.testing.TestAccounts;
import crypho.server.testing.TestAccounts.Person;
import crypho.server.testing.Together;
import crypho.wire.v1.Changed.What;
import crypho.wire.v1.CompleteLogInRequest;
import crypho.wire.v1.CompleteLogInResponse;
import crypho.wire.v1.Device;
import crypho.wire.v1.GetAccountsRequest;
import crypho.wire.v1.GetAccountsResponse;
import crypho.wire.v1.ListDevicesResponse;
import crypho.wire.v1.LogInRequest;
import crypho.wire.v1.LogInResponse;
import crypho.wire.v1.Me;
import crypho.wire.v1.RegisterDeviceRequest;
import crypho.wire.v1.RegisterDeviceResponse;
import crypho.wire.v1.RotateAccountKeyRequest;
import crypho.wire.v1.RotateAccountKeyResponse;
import crypho.wire.v1.UnlinkDeviceRequest;
import crypho.wire.v1.UnlinkDeviceResponse;
import crypho.wire.v1.Unlock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DeviceTest {
  private final List<Bytes> packages = new CopyOnWriteArrayList<>();
  private final TestAccounts world =
      new TestAccounts(
          new AccountAssembly.Seams(
              List.of(), List.of(), (_, _, _, _, stored, _) -> packages.addAll(stored)));

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void linksADeviceAndBindsTheSession() {
    var person = world.signUp("links@example.org", "Links");
    var device = person.link();
    assertEquals(device.getDeviceId(), person.caller().device().hex());
    var me = person.call("AccountService", "GetMe", TestAccounts.empty(), Me.class);
    assertEquals(device.getDeviceId(), me.getDeviceId());
    assertEquals(2, me.getUnlocksCount());
    assertEquals(1, devices(person).size());
    assertEquals(device.getSealedName(), devices(person).getFirst().getSealedName());
    assertFalse(packages.isEmpty());
    assertEquals(
        0, world.mails.to("links@example.org").stream().filter(DeviceTest::isNewDevice).count());
  }

  @Test
  void mailsAboutTheSecondDeviceAndTellsTheFirst() {
    var person = world.join("second@example.org", "Second");
    world.live.clear();
    logInAgain(person);
    person.link();
    assertEquals(Template.NEW_DEVICE, world.mails.lastTo("second@example.org").template());
    assertTrue(world.live.changes(person.account).contains(What.WHAT_DEVICES));
  }

  @Test
  void sameRegistrationAgainIsAnsweredAlikeAndAnotherIsRefused() {
    var person = world.signUp("again@example.org", "Again");
    var request = registration(person, person.keys.newDevice());
    assertTrue(register(person.caller(), request).hasRegistered());
    assertTrue(register(person.caller(), request).hasRegistered());
    var other = registration(person, person.keys.newDevice());
    assertInvalid("device.device_id", () -> register(person.caller(), other));
  }

  @Test
  void falseCertificatesAndTakenKeysAreRefused() {
    var person = world.signUp("false@example.org", "False");
    var right = registration(person, person.keys.newDevice());
    var other = ByteString.copyFrom(new byte[32]);
    var forgedDevice = right.getDevice().toBuilder().setSigningKey(other);
    assertInvalid(
        "device.certificate",
        () -> register(person.caller(), right.toBuilder().setDevice(forgedDevice).build()));
    var forgedUnlock = right.getUnlock().toBuilder().setPublicKey(other);
    assertInvalid(
        "unlock.public_key",
        () -> register(person.caller(), right.toBuilder().setUnlock(forgedUnlock).build()));
    var unsigned = right.getUnlock().toBuilder().setSignature(ByteString.copyFrom(new byte[64]));
    assertInvalid(
        "unlock.signature",
        () -> register(person.caller(), right.toBuilder().setUnlock(unsigned).build()));
    assertInvalid(
        "key_packages",
        () -> register(person.caller(), right.toBuilder().clearKeyPackages().build()));
    assertTrue(register(person.caller(), right).hasRegistered());
    logInAgain(person);
    assertInvalid("device", () -> register(person.caller(), right));
  }

  @Test
  void atMostTwentyDevices() {
    var person = world.join("many@example.org", "Many");
    for (int i = 1; i < DeviceService.DEVICES_MAX; i++) {
      logInAgain(person);
      person.link();
    }
    logInAgain(person);
    var answer = register(person.caller(), registration(person, person.keys.newDevice()));
    assertEquals(DeviceService.DEVICES_MAX, answer.getTooManyDevices().getDevicesMax());
  }

  @Test
  void unlinkingEndsTheSessionAtOnceAndSaysWhatRemains() {
    var person = world.join("unlinks@example.org", "Unlinks");
    var firstToken = person.token();
    var first = person.caller();
    logInAgain(person);
    person.link();
    var remaining = unlink(person, first.device().hex());
    assertEquals(2, remaining.size());
    assertTrue(world.live.ended().contains(first.session()));
    var second = person.token();
    person.useToken(firstToken);
    assertNull(person.callerOrNull());
    person.useToken(second);
    assertEquals(remaining, unlink(person, first.device().hex()));
    assertInvalid("device_id", () -> unlink(person, person.caller().device().hex()));
  }

  @Test
  void certificatesOfFormerDevicesAreKeptForThoseWhoMayKnowThem() {
    var person = world.signUp("former@example.org", "Former");
    var first = person.link();
    logInAgain(person);
    person.link();
    unlink(person, first.getDeviceId());
    var unlinkedAt = world.now();
    world.pass(Duration.ofDays(400));
    logInAgain(person);
    person.link();

    var asked = former(person, person, first.getDeviceId()).getAccounts(0);
    assertEquals(1, asked.getFormerDevicesCount());
    var kept = asked.getFormerDevices(0);
    assertEquals(
        first.toBuilder().clearSealedName().setUnlinkedAtMs(unlinkedAt.toEpochMilli()).build(),
        kept);
    assertTrue(asked.getDevicesList().stream().noneMatch(each -> isSame(each, first)));
    assertEquals(
        0, former(person, person, "ffffffffffffffff").getAccounts(0).getFormerDevicesCount());

    var stranger = world.join("curious@example.org", "Curious");
    var answer = former(stranger, person, first.getDeviceId());
    assertEquals(0, answer.getAccountsCount());
    // Nor by naming the device under an account that one may know.
    assertEquals(
        0, former(stranger, stranger, first.getDeviceId()).getAccounts(0).getFormerDevicesCount());

    // What was lost or stolen is not linked again.
    logInAgain(person);
    assertInvalid("device", () -> register(person.caller(), registration(person, first)));
  }

  @Test
  void anAccountKeepsItsNewestFormerDevices() {
    var person = world.join("bounded@example.org", "Bounded");
    var devices = new DeviceSql();
    var made = new ArrayList<Device>();
    for (int i = 0; i < 3; i++) {
      world.pass(Duration.ofMinutes(1));
      var device = person.keys.newDevice();
      made.add(device);
      world
          .database
          .db()
          .run(transaction -> {
            var keys = AccountCodec.device("device", device);
            devices.insert(
                transaction,
                new LinkedDevice(
                    person.account, keys, Bytes.EMPTY, false, world.now(), world.now()));
            devices.unlink(transaction, person.account, keys.device(), 2, world.now());
          });
    }
    var request =
        GetAccountsRequest.newBuilder()
            .addAccountIds(person.account.toString())
            .addAllFormerDeviceIds(made.stream().map(Device::getDeviceId).toList())
            .build();
    var answer = person.call("AccountService", "GetAccounts", request, GetAccountsResponse.class);
    assertEquals(
        made.subList(1, 3).stream().map(Device::getDeviceId).collect(Collectors.toSet()),
        answer.getAccounts(0).getFormerDevicesList().stream()
            .map(Device::getDeviceId)
            .collect(Collectors.toSet()));
    var tooMany = GetAccountsRequest.newBuilder();
    for (int i = 0; i <= AccountRoutes.FORMER_DEVICES_ASKED_MAX; i++) {
      tooMany.addFormerDeviceIds(String.format("d%015x", i));
    }
    assertInvalid(
        "former_device_ids",
        () -> world.call("AccountService", "GetAccounts", tooMany.build(), person.caller()));
  }

  private static boolean isSame(Device one, Device other) {
    return one.getDeviceId().equals(other.getDeviceId());
  }

  private static GetAccountsResponse former(Person asking, Person about, String device) {
    var request =
        GetAccountsRequest.newBuilder()
            .addAccountIds(about.account.toString())
            .addFormerDeviceIds(device)
            .build();
    return asking.call("AccountService", "GetAccounts", request, GetAccountsResponse.class);
  }

  @Test
  void nobodyUnlinksAnothersDevice() {
    var victim = world.join("victim@example.org", "Victim");
    var thief = world.join("thief@example.org", "Thief");
    unlink(thief, victim.caller().device().hex());
    assertNotNull(victim.callerOrNull());
  }

  @Test
  void rotatesToEveryRemainingWayInAndNoOther() {
    var person = world.join("rotates@example.org", "Rotates");
    var waysIn = waysIn(person);
    person.keys.rotate();
    var sealed = waysIn.stream().map(person.keys::reseal).toList();
    var tooFew = rotation(person, sealed.subList(0, 1));
    assertEquals(2, rotate(person, tooFew).getConflict().getUnlocksCount());
    var foreign = sealed.getFirst().toBuilder().setPublicKey(ByteString.copyFrom(new byte[32]));
    assertInvalid(
        "unlocks.public_key",
        () -> rotate(person, rotation(person, List.of(foreign.build(), sealed.getLast()))));
    var right = rotation(person, sealed);
    assertTrue(rotate(person, right).hasRotated());
    assertTrue(rotate(person, right).hasRotated());
    var me = person.call("AccountService", "GetMe", TestAccounts.empty(), Me.class);
    assertEquals(right.getKeys(), me.getKeys());
    assertEquals(Set.copyOf(sealed), Set.copyOf(me.getUnlocksList()));
  }

  @Test
  void rotationKeepsEarlierKeysAndIdentity() {
    var person = world.join("keeps@example.org", "Keeps");
    person.keys.rotate();
    var first = rotation(person, waysIn(person).stream().map(person.keys::reseal).toList());
    assertTrue(rotate(person, first).hasRotated());
    person.keys.rotate();
    var next = rotation(person, waysIn(person).stream().map(person.keys::reseal).toList());
    var forgotten =
        next.toBuilder()
            .setKeys(
                next.getKeys().toBuilder()
                    .setSealedPreviousKeys(0, next.getKeys().getSealedPreviousKeys(1)))
            .build();
    assertInvalid("keys.sealed_previous_keys", () -> rotate(person, forgotten));
    var other = next.toBuilder();
    other.getKeysBuilder().setIdentityPublicKey(ByteString.copyFrom(new byte[32]));
    assertInvalid("keys.identity_public_key", () -> rotate(person, other.build()));
    assertTrue(rotate(person, next).hasRotated());
  }

  @Test
  void ofRotationsAtOnceOneWins() throws Exception {
    var person = world.join("contends@example.org", "Contends");
    var waysIn = waysIn(person);
    person.keys.rotate();
    var caller = person.caller();
    var answers = Together.call(3, () -> contend(person, waysIn, caller));
    assertEquals(1, answers.stream().filter(RotateAccountKeyResponse::hasRotated).count());
    assertEquals(2, answers.stream().filter(RotateAccountKeyResponse::hasConflict).count());
  }

  @Test
  void registrationUnderAnEarlierAccountKeyIsStale() {
    var person = world.join("stale@example.org", "Stale");
    var early = registration(person, person.keys.newDevice());
    person.keys.rotate();
    var sealed = waysIn(person).stream().map(person.keys::reseal).toList();
    assertTrue(rotate(person, rotation(person, sealed)).hasRotated());
    logInAgain(person);
    assertTrue(register(person.caller(), early).hasStaleKey());
  }

  @Test
  void strangersAreLeftOutOfTheDirectory() {
    var one = world.join("one@example.org", "One");
    var stranger = world.join("stranger@example.org", "Stranger");
    var request =
        GetAccountsRequest.newBuilder()
            .addAccountIds(one.account.toString())
            .addAccountIds(stranger.account.toString())
            .build();
    var response = one.call("AccountService", "GetAccounts", request, GetAccountsResponse.class);
    assertEquals(1, response.getAccountsCount());
    assertEquals("One", response.getAccounts(0).getDisplayName());
    assertEquals(1, response.getAccounts(0).getDevicesCount());
  }

  private RotateAccountKeyResponse contend(Person person, List<Unlock> waysIn, Caller caller) {
    RotateAccountKeyRequest request;
    synchronized (person) {
      request = rotation(person, waysIn.stream().map(person.keys::reseal).toList());
    }
    return (RotateAccountKeyResponse)
        world.call("AccountService", "RotateAccountKey", request, caller);
  }

  /// A new session without a device, in the place of the present one.
  private void logInAgain(Person person) {
    world.pass(Duration.ofMinutes(1));
    var first = LogInRequest.newBuilder().setEmail(person.email).setAuthKey(person.authKey).build();
    var ticket =
        ((LogInResponse) world.call("AccountService", "LogIn", first, null))
            .getSecondFactorRequired()
            .getTicket();
    var second =
        CompleteLogInRequest.newBuilder().setTicket(ticket).setTotpCode(person.totpCode()).build();
    var response =
        (CompleteLogInResponse) world.call("AccountService", "CompleteLogIn", second, null);
    person.useToken(response.getLoggedIn().getSessionToken());
  }

  private static RegisterDeviceRequest registration(Person person, Device device) {
    return RegisterDeviceRequest.newBuilder()
        .setDevice(device)
        .setUnlock(person.keys.deviceUnlock(device))
        .addKeyPackages(person.keys.bytes(300))
        .build();
  }

  private RegisterDeviceResponse register(Caller caller, RegisterDeviceRequest request) {
    return (RegisterDeviceResponse) world.call("AccountService", "RegisterDevice", request, caller);
  }

  private List<Unlock> unlink(Person person, String device) {
    var request = UnlinkDeviceRequest.newBuilder().setDeviceId(device).build();
    return person
        .call("AccountService", "UnlinkDevice", request, UnlinkDeviceResponse.class)
        .getUnlocksList();
  }

  /// Unlinking a device that never was is answered with every way in.
  private List<Unlock> waysIn(Person person) {
    return unlink(person, "ffffffffffffffff");
  }

  private static RotateAccountKeyRequest rotation(Person person, List<Unlock> sealed) {
    return RotateAccountKeyRequest.newBuilder()
        .setKeys(person.keys.keys())
        .addAllUnlocks(sealed)
        .build();
  }

  private static RotateAccountKeyResponse rotate(Person person, RotateAccountKeyRequest request) {
    return person.call(
        "AccountService", "RotateAccountKey", request, RotateAccountKeyResponse.class);
  }

  private static List<Device> devices(Person person) {
    return person
        .call("AccountService", "ListDevices", TestAccounts.empty(), ListDevicesResponse.class)
        .getDevicesList();
  }

  private static boolean isNewDevice(RecordingMails.Mail mail) {
    return mail.template() == Template.NEW_DEVICE;
  }

  private static void assertInvalid(String field, Runnable call) {
    var error = assertThrows(RpcException.class, call::run);
    assertEquals(field, error.info().getField());
  }
}
