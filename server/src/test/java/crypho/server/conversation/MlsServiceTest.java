package crypho.server.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.mls.BcDevice;
import crypho.mls.GroupId;
import crypho.mls.MemberId;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.ClaimKeyPackagesRequest;
import crypho.wire.v1.ClaimKeyPackagesResponse;
import crypho.wire.v1.CommitRefusal;
import crypho.wire.v1.CommitRequest;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.ConversationKind;
import crypho.wire.v1.CreateConversationRequest;
import crypho.wire.v1.CreateConversationResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.Empty;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.GetGroupInfoResponse;
import crypho.wire.v1.GetWelcomeResponse;
import crypho.wire.v1.KeyPackageCount;
import crypho.wire.v1.LeaveResponse;
import crypho.wire.v1.Marker;
import crypho.wire.v1.PutDepositsRequest;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.PutMarkerRequest;
import crypho.wire.v1.PutMarkerResponse;
import crypho.wire.v1.ReadDepositsRequest;
import crypho.wire.v1.ReadDepositsResponse;
import crypho.wire.v1.Role;
import crypho.wire.v1.SetRoleRequest;
import crypho.wire.v1.SetRoleResponse;
import crypho.wire.v1.Signal;
import crypho.wire.v1.UploadKeyPackagesRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The service with the real rules: the bytes are another implementation's (BouncyCastle), the
/// database is PostgreSQL, the calls are the contract's methods.
final class MlsServiceTest {
  private static final int DEVICES_MAX = 4;
  private static final int PURPOSE_AT = 1;

  private ServiceFixture it = start();

  private static ServiceFixture start() {
    var fixture = new ServiceFixture(new Limits(2, 100, DEVICES_MAX), new MlsGroupRules());
    // BouncyCastle looks at the wall clock when it checks a key package.
    fixture.now = Instant.now();
    return fixture;
  }

  @BeforeEach
  void everyMethodIsThere() {
    assertEquals(19, it.registry.entries().size());
  }

  @AfterEach
  void stop() {
    it.close();
  }

  /// A registered device with real keys, of a new account.
  private BcDevice device() {
    return deviceOf(it.person().account());
  }

  private BcDevice deviceOf(AccountId account) {
    var device = new BcDevice(it.device(account), BcDevice.DOMAIN);
    it.register(device.member, device.signatureKey());
    return device;
  }

  private ConversationId create(BcDevice owner) {
    var id = it.newId();
    var answer = createWith(owner, id, owner.create(new GroupId(id, 0)));
    assertTrue(answer.hasCreated(), answer.toString());
    it.deposit(owner.member, id);
    return id;
  }

  private CreateConversationResponse createWith(BcDevice owner, ConversationId id, Bytes info) {
    return it.call(
        owner.member,
        "CreateConversation",
        CreateConversationRequest.newBuilder()
            .setConversationId(id.toString())
            .setKind(ConversationKind.CONVERSATION_KIND_GROUP)
            .setGroupInfo(ServiceFixture.bytes(info))
            .build());
  }

  private static CommitRequest.Builder request(ConversationId id, long epoch, BcDevice.Made made) {
    var bundle = made.bundle();
    var out =
        CommitRequest.newBuilder()
            .setConversationId(id.toString())
            .setEpoch(epoch)
            .setCommit(ServiceFixture.bytes(bundle.commit()))
            .setGroupInfo(ServiceFixture.bytes(bundle.groupInfo()));
    var welcome = bundle.welcome();
    return welcome == null ? out : out.setWelcome(ServiceFixture.bytes(welcome));
  }

  /// The other devices process it as they would after reading the log.
  private CommitResponse accepted(
      BcDevice by, BcDevice.Made made, CommitRequest.Builder request, BcDevice... others) {
    var answer = it.submit(by.member, request);
    assertTrue(answer.hasAccepted(), answer.toString());
    by.follow(made);
    for (var other : others) {
      other.process(made.bundle().commit());
    }
    return answer;
  }

  private static CommitRefusal refused(CommitResponse answer) {
    assertTrue(answer.hasRefused(), answer.toString());
    return answer.getRefused().getReason();
  }

  private BcDevice.Deposit upload(BcDevice device) {
    var deposit = device.deposit();
    it.<UploadKeyPackagesRequest, KeyPackageCount>call(
        device.member,
        "UploadKeyPackages",
        UploadKeyPackagesRequest.newBuilder()
            .addKeyPackages(ServiceFixture.bytes(deposit.message()))
            .build());
    return deposit;
  }

  private ClaimKeyPackagesResponse claim(BcDevice who, ConversationId id, AccountId account) {
    return it.call(
        who.member,
        "ClaimKeyPackages",
        ClaimKeyPackagesRequest.newBuilder()
            .setConversationId(id.toString())
            .addAccountIds(account.toString())
            .build());
  }

  private GetGroupInfoResponse groupInfo(BcDevice who, ConversationId id) {
    return it.call(who.member, "GetGroupInfo", ServiceFixture.conversation(id));
  }

  /// A group of two people, each with one device, in epoch 1 with complete deposits.
  private record Pair(BcDevice owner, BcDevice member, ConversationId id) {}

  private Pair pair() {
    return pair(false);
  }

  private Pair pair(boolean sharesHistory) {
    var owner = device();
    var member = device();
    it.befriend(owner.member, member.member);
    var id = create(owner);
    assertTrue(it.send(owner.member, id, 0, 100).hasAccepted());
    var deposit = upload(member);
    assertEquals(1, claim(owner, id, member.member.account()).getClaimedCount());
    var made = owner.commit(List.of(deposit), List.of());
    accepted(
        owner,
        made,
        request(id, 0, made)
            .addAddedAccountIds(member.member.account().toString())
            .setSharesHistory(sharesHistory));
    GetWelcomeResponse welcome =
        it.call(member.member, "GetWelcome", ServiceFixture.conversation(id));
    member.join(Bytes.wrap(welcome.getWelcome().toByteArray()), deposit);
    it.deposit(owner.member, id);
    return new Pair(owner, member, id);
  }

  /// With another device of the owner's, in epoch 2: BouncyCastle cannot leave a tree of one.
  private Pair pairAndSpare() {
    var two = pair();
    var spare = deviceOf(two.owner.member.account());
    var info = Bytes.wrap(groupInfo(spare, two.id).getGroupInfo().toByteArray());
    var made = spare.external(info, null);
    accepted(spare, made, request(two.id, 1, made), two.owner, two.member);
    it.deposit(two.owner.member, two.id);
    return two;
  }

  @Test
  void aWelcomeBringsTheNextDeviceInAndBothSend() {
    var two = pair();
    assertTrue(it.send(two.owner.member, two.id, 1, 1).hasAccepted());
    assertTrue(it.send(two.member.member, two.id, 1, 1).hasAccepted());
    var made = two.member.commit(List.of(), List.of());
    accepted(two.member, made, request(two.id, 1, made), two.owner);
    var again = two.owner.commit(List.of(), List.of());
    accepted(two.owner, again, request(two.id, 2, again), two.member);
    assertEquals(3, groupInfo(two.member, two.id).getEpoch());
  }

  @Test
  void aDeviceLetsItselfInByTheGroupInfo() {
    var two = pair();
    var second = deviceOf(two.member.member.account());
    var info = Bytes.wrap(groupInfo(second, two.id).getGroupInfo().toByteArray());
    var made = second.external(info, null);
    accepted(second, made, request(two.id, 1, made), two.owner, two.member);
    it.deposit(two.owner.member, two.id);
    assertTrue(it.send(second.member, two.id, 2, 1).hasAccepted());

    var stranger = device();
    assertEquals(
        ErrorReason.ERROR_REASON_NOT_FOUND,
        assertThrows(RpcException.class, () -> groupInfo(stranger, two.id)).info().getReason());
  }

  @Test
  void oneCommitWinsAnEpochAndTheSameOneGetsTheSameAnswer() {
    var two = pair();
    var first = two.owner.commit(List.of(), List.of());
    var second = two.member.commit(List.of(), List.of());
    var request = request(two.id, 1, first);
    var answer = it.submit(two.owner.member, request);
    assertTrue(answer.hasAccepted(), answer.toString());
    assertEquals(answer, it.submit(two.owner.member, request), "the same bundle again");
    var late = it.submit(two.member.member, request(two.id, 1, second));
    assertEquals(2, late.getConflict().getEpoch(), late.toString());
  }

  @Test
  void whatIsNotTheSendersOwnIsRefused() {
    var two = pair();
    var made = two.owner.commit(List.of(), List.of());
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED,
        refused(it.submit(two.member.member, request(two.id, 1, made))),
        "another's commit under one's own session");
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_FUTURE_EPOCH,
        refused(it.submit(two.owner.member, request(two.id, 7, made))));
    var other = two.owner.commit(List.of(), List.of());
    var mixed = request(two.id, 1, made).setGroupInfo(request(two.id, 1, other).getGroupInfo());
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_GROUP_INFO_MISMATCH,
        refused(it.submit(two.owner.member, mixed)));
    var cut = made.bundle().commit().toArray();
    cut[cut.length / 2] ^= 1;
    var broken =
        it.submit(two.owner.member, request(two.id, 1, made).setCommit(ByteString.copyFrom(cut)));
    assertTrue(broken.hasRefused(), broken.toString());
    assertTrue(it.submit(two.owner.member, request(two.id, 1, made)).hasAccepted());
  }

  @Test
  void keysThatNobodyRegisteredStayOut() {
    var two = pair();
    var ghost = new BcDevice(it.device(two.member.member.account()), BcDevice.DOMAIN);
    var made = two.owner.commit(List.of(ghost.deposit()), List.of());
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_UNREGISTERED_KEY,
        refused(it.submit(two.owner.member, request(two.id, 1, made))));

    var fake = new BcDevice(device().member, BcDevice.DOMAIN);
    var upload =
        UploadKeyPackagesRequest.newBuilder()
            .addKeyPackages(ServiceFixture.bytes(fake.deposit().message()))
            .build();
    assertEquals(
        ErrorReason.ERROR_REASON_INVALID,
        assertThrows(RpcException.class, () -> it.call(fake.member, "UploadKeyPackages", upload))
            .info()
            .getReason());
    var id = it.newId();
    assertEquals(
        ErrorReason.ERROR_REASON_MALFORMED,
        assertThrows(
                RpcException.class, () -> createWith(fake, id, fake.create(new GroupId(id, 0))))
            .info()
            .getReason());
  }

  @Test
  void keyPackagesAreGivenOutOnceAndGoWhenTheyExpire() {
    var owner = device();
    var other = device();
    it.befriend(owner.member, other.member);
    var id = create(owner);
    var once = ServiceFixture.bytes(upload(other).message());
    var last = ServiceFixture.bytes(other.deposit().message());
    it.<UploadKeyPackagesRequest, KeyPackageCount>call(
        other.member,
        "UploadKeyPackages",
        UploadKeyPackagesRequest.newBuilder().setLastResort(last).build());
    assertEquals(once, claim(owner, id, other.member.account()).getClaimed(0).getKeyPackage());
    assertEquals(last, claim(owner, id, other.member.account()).getClaimed(0).getKeyPackage());
    assertEquals(last, claim(owner, id, other.member.account()).getClaimed(0).getKeyPackage());

    upload(other);
    assertEquals(1, count(other));
    it.now = it.now.plus(Duration.ofDays(31));
    assertEquals(0, count(other));
    assertEquals(0, claim(owner, id, other.member.account()).getClaimedCount());
    assertEquals(
        1, claim(owner, id, device().member.account()).getRefusedAccountIdsCount(), "no contact");
  }

  private int count(BcDevice device) {
    KeyPackageCount count = it.call(device.member, "CountKeyPackages", Empty.getDefaultInstance());
    return count.getAvailable();
  }

  @Test
  void aRemovalTurnsTheEpochAndTheRemovedReadNoFurther() {
    var two = pairAndSpare();
    assertTrue(it.send(two.owner.member, two.id, 2, 1).hasAccepted());
    var made = two.owner.commit(List.of(), List.of(1));
    var account = two.member.member.account().toString();
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_MEMBERSHIP_MISMATCH,
        refused(it.submit(two.owner.member, request(two.id, 2, made))));
    var request = request(two.id, 2, made).addRemovedAccountIds(account);
    long seq = accepted(two.owner, made, request).getAccepted().getSeq();
    it.deposit(two.owner.member, two.id);
    assertTrue(it.send(two.owner.member, two.id, 3, 2).hasAccepted());
    assertTrue(it.send(two.member.member, two.id, 3, 3).hasNotAMember());
    var read = it.read(two.member.member, two.id, 0).getEntriesList();
    assertEquals(seq, read.getLast().getSeq(), "up to the removal, nothing after");
  }

  @Test
  void anUnlinkedDeviceMustGoFirst() {
    var two = pairAndSpare();
    it.unlink(two.member.member);
    var blocked = it.send(two.owner.member, two.id, 2, 1);
    assertEquals(1, blocked.getRemovalsPending().getPendingRemovalsCount(), blocked.toString());
    var update = two.owner.commit(List.of(), List.of());
    var answer = it.submit(two.owner.member, request(two.id, 2, update));
    assertEquals(CommitRefusal.COMMIT_REFUSAL_PENDING_REMOVALS, refused(answer));
    assertEquals(
        two.member.member.device().hex(), answer.getRefused().getPendingRemovals(0).getDeviceId());
    var made = two.owner.commit(List.of(), List.of(1));
    accepted(two.owner, made, request(two.id, 2, made));
    it.deposit(two.owner.member, two.id);
    assertTrue(it.send(two.owner.member, two.id, 3, 1).hasAccepted());
  }

  @Test
  void aGroupAboveItsLimitIsRefusedWithTheLimit() {
    var owner = device();
    var id = create(owner);
    var added = new ArrayList<BcDevice.Deposit>();
    for (int i = 0; i < DEVICES_MAX; i++) {
      added.add(deviceOf(owner.member.account()).deposit());
    }
    var made = owner.commit(added, List.of());
    var answer = it.submit(owner.member, request(id, 0, made));
    assertEquals(CommitRefusal.COMMIT_REFUSAL_GROUP_TOO_LARGE, refused(answer));
    assertEquals(DEVICES_MAX, answer.getRefused().getLimit());
    var fewer = owner.commit(added.subList(1, added.size()), List.of());
    accepted(owner, fewer, request(id, 0, fewer));
  }

  @Test
  void aGroupIsHandedOverLeftAndDeleted() {
    var two = pair();
    LeaveResponse stays = it.call(two.owner.member, "Leave", ServiceFixture.conversation(two.id));
    assertTrue(stays.hasOwnerMustHandOver());
    assertEquals(
        ErrorReason.ERROR_REASON_FORBIDDEN,
        assertThrows(RpcException.class, () -> delete(two.member, two.id)).info().getReason());
    SetRoleResponse handed =
        it.call(
            two.owner.member,
            "SetRole",
            SetRoleRequest.newBuilder()
                .setConversationId(two.id.toString())
                .setAccountId(two.member.member.account().toString())
                .setRole(Role.ROLE_OWNER)
                .build());
    assertTrue(handed.hasChanged(), handed.toString());
    assertEquals(
        Role.ROLE_ADMIN, it.get(two.owner.member, two.id).getHead().getRole(), "no longer owner");
    LeaveResponse left = it.call(two.owner.member, "Leave", ServiceFixture.conversation(two.id));
    assertTrue(left.hasLeft());
    delete(two.member, two.id);
    for (var who : List.of(two.owner, two.member)) {
      assertEquals(
          ErrorReason.ERROR_REASON_NOT_FOUND,
          assertThrows(RpcException.class, () -> it.get(who.member, two.id)).info().getReason());
    }
    int rows =
        it.database
            .jdbi()
            .withHandle(h ->
                h.createQuery("SELECT count(*) FROM conversation_entry")
                    .mapTo(Integer.class)
                    .one());
    assertEquals(0, rows);
  }

  private void delete(BcDevice who, ConversationId id) {
    it.<crypho.wire.v1.ConversationRequest, Empty>call(
        who.member, "DeleteConversation", ServiceFixture.conversation(id));
  }

  @Test
  void markersAreKeptAndSignalsPassedOn() {
    var two = pair();
    assertTrue(marker(two.member, two.id, 1, 1).hasStored());
    assertTrue(marker(two.member, two.id, 1, 2).hasStored());
    var markers = it.get(two.owner.member, two.id).getMarkersList();
    assertEquals(1, markers.size(), "one an account");
    assertEquals(
        envelope(two.member.member, two.id, 1, 2, Fields.PURPOSE_MARKER),
        markers.getFirst().getMessage());
    assertEquals(1, marker(two.member, two.id, 0, 3).getStaleEpoch().getEpoch());

    it.frames.clear();
    var signal =
        Signal.newBuilder()
            .setEpoch(1)
            .setMessage(envelope(two.member.member, two.id, 1, 4, Fields.PURPOSE_SIGNAL))
            .build();
    it.socket.signal(ServiceFixture.caller(two.member.member), two.id, signal, it.now);
    it.socket.signal(ServiceFixture.caller(two.owner.member), two.id, signal, it.now);
    assertEquals(List.of("all SIGNAL"), it.frames, "another's is dropped");
  }

  private PutMarkerResponse marker(BcDevice who, ConversationId id, long epoch, long name) {
    return it.call(
        who.member,
        "PutMarker",
        PutMarkerRequest.newBuilder()
            .setConversationId(id.toString())
            .setMarker(
                Marker.newBuilder()
                    .setEpoch(epoch)
                    .setMessage(envelope(who.member, id, epoch, name, Fields.PURPOSE_MARKER)))
            .build());
  }

  private static ByteString envelope(
      MemberId who, ConversationId id, long epoch, long name, int purpose) {
    var bytes = ServiceFixture.message(who, id, 0, epoch, name, 50).getMessage().toByteArray();
    bytes[PURPOSE_AT] = (byte) purpose;
    return ByteString.copyFrom(bytes);
  }

  @Test
  void theFirstDepositCountsAndOnlyItsOwnerReplacesIt() {
    var two = pair();
    var owner = two.owner.member;
    var member = two.member.member;
    var made = two.owner.commit(List.of(), List.of());
    accepted(two.owner, made, request(two.id, 1, made), two.member);
    assertTrue(it.send(owner, two.id, 2, 1).hasDepositIncomplete());
    put(
        owner,
        two.id,
        deposit(owner, owner.account(), 2, 1),
        deposit(owner, member.account(), 2, 1));
    assertTrue(it.send(owner, two.id, 2, 1).hasAccepted());
    put(owner, two.id, deposit(owner, member.account(), 2, 9));
    assertEquals(1, mark(member, two.id, 2), "the first one counts");
    put(member, two.id, deposit(member, member.account(), 2, 7));
    assertEquals(7, mark(member, two.id, 2), "an own device replaces a false one");
  }

  @Test
  void earlierEpochsAreDepositedForThoseWhoMayReadThem() {
    var open = pair(true);
    var closed = pair(false);
    var early =
        put(
            open.owner.member,
            open.id,
            deposit(open.owner.member, open.member.member.account(), 0, 5));
    assertTrue(early.hasStored(), early.toString());
    assertEquals(5, mark(open.member.member, open.id, 0));
    var other = closed.member.member.account();
    var refused = put(closed.owner.member, closed.id, deposit(closed.owner.member, other, 0, 5));
    assertEquals(other.toString(), refused.getRefused().getAccountId(), refused.toString());
    var never = put(open.owner.member, open.id, deposit(open.owner.member, other, 9, 5));
    assertTrue(never.hasRefused(), never.toString());
  }

  private PutDepositsResponse put(MemberId who, ConversationId id, Deposit... deposits) {
    return it.call(
        who,
        "PutDeposits",
        PutDepositsRequest.newBuilder()
            .setConversationId(id.toString())
            .addAllDeposits(List.of(deposits))
            .build());
  }

  private static Deposit deposit(MemberId by, AccountId to, long epoch, int mark) {
    var sealed = new byte[80];
    sealed[0] = (byte) mark;
    return Deposit.newBuilder()
        .setEpoch(epoch)
        .setAccountId(to.toString())
        .setSealedKey(ByteString.copyFrom(sealed))
        .setKeyGeneration(1)
        .setDepositorAccountId(by.account().toString())
        .setDepositorDeviceId(by.device().hex())
        .setSignature(ByteString.copyFrom(new byte[64]))
        .build();
  }

  /// By which [#deposit] made it.
  private int mark(MemberId who, ConversationId id, long epoch) {
    ReadDepositsResponse read =
        it.call(
            who,
            "ReadDeposits",
            ReadDepositsRequest.newBuilder()
                .setConversationId(id.toString())
                .setFromEpoch(epoch)
                .build());
    var found = read.getDepositsList().stream().filter(each -> each.getEpoch() == epoch).toList();
    assertFalse(found.isEmpty(), Set.of(epoch).toString());
    return found.getFirst().getSealedKey().byteAt(0);
  }
}
