package crypho.server.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.mls.MemberId;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.AcknowledgeWelcomeRequest;
import crypho.wire.v1.CommitRefusal;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.CreateConversationResponse;
import crypho.wire.v1.Empty;
import crypho.wire.v1.GetGroupInfoResponse;
import crypho.wire.v1.GetWelcomeResponse;
import crypho.wire.v1.LeaveResponse;
import crypho.wire.v1.ListConversationsResponse;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import crypho.wire.v1.ResetGroupRequest;
import crypho.wire.v1.Role;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.SetRoleRequest;
import crypho.wire.v1.SetRoleResponse;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The service on a real PostgreSQL, through the methods that the platform calls.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConversationServiceTest {
  private ServiceFixture it = fixture();

  private static ServiceFixture fixture() {
    return new ServiceFixture(new Limits(2, 1_000, 1_000));
  }

  @BeforeAll
  void start() {
    assertEquals(19, it.registry.entries().size(), "all methods of the contract");
  }

  @AfterAll
  void stop() {
    it.close();
  }

  /// A group of two with complete deposits: its owner, a member, and the epoch that they are in.
  private record Pair(MemberId owner, MemberId member, ConversationId id, ModelGroup.State group) {}

  private Pair pair() {
    var owner = it.person();
    var member = it.person();
    it.befriend(owner, member);
    var id = it.newId();
    var first = ModelGroup.first(0, owner, 1);
    assertTrue(it.create(owner, id, first).hasCreated());
    it.deposit(owner, id);
    var add = new ModelGroup.Commit(first.transcript(), false, List.of(member), List.of(), 2);
    var answer =
        it.submit(owner, it.commit(id, first, add).addAddedAccountIds(member.account().toString()));
    assertEquals(1, answer.getAccepted().getSeq(), answer.toString());
    assertTrue(it.deposit(owner, id).getStored().getMissingAccountIdsList().isEmpty());
    return new Pair(owner, member, id, first.after(add));
  }

  private static ModelGroup.Commit turn(ModelGroup.State base, List<String> removed, long nonce) {
    return new ModelGroup.Commit(base.transcript(), false, List.of(), removed, nonce);
  }

  @Test
  void messagesAreStoredOnceAndReadByBoth() {
    var it2 = pair();
    var first = it.send(it2.owner(), it2.id(), 1, 10);
    assertEquals(2, first.getAccepted().getSeq(), first.toString());
    assertEquals(first, it.send(it2.owner(), it2.id(), 1, 10), "the same message again");
    assertEquals(3, it.send(it2.member(), it2.id(), 1, 10).getAccepted().getSeq());
    var read = it.read(it2.member(), it2.id(), 0);
    assertEquals(3, read.getEntriesCount());
    assertEquals(
        ServiceFixture.message(it2.owner(), it2.id(), 0, 1, 10, 500).getMessage(),
        read.getEntries(1).getMessage());
    assertFalse(read.getHasMore());
  }

  @Test
  void anotherEpochThanTheCurrentIsRefused() {
    var it2 = pair();
    assertEquals(1, it.send(it2.owner(), it2.id(), 0, 1).getStaleEpoch().getEpoch());
    assertEquals(1, it.send(it2.owner(), it2.id(), 9, 2).getStaleEpoch().getEpoch());
  }

  @Test
  void messagesWaitForDeposits() {
    var it2 = pair();
    var commit = turn(it2.group(), List.of(), 3);
    assertTrue(it.submit(it2.member(), it.commit(it2.id(), it2.group(), commit)).hasAccepted());
    assertTrue(it.send(it2.owner(), it2.id(), 2, 1).hasDepositIncomplete());
    it.deposit(it2.member(), it2.id());
    assertTrue(it.send(it2.owner(), it2.id(), 2, 1).hasAccepted());
  }

  @Test
  void oneCommitWinsAnEpochAndItsRepetitionGetsTheSameAnswer() throws Exception {
    var it2 = pair();
    var attempts =
        IntStream.range(0, 8)
            .mapToObj(i -> {
              var who = i % 2 == 0 ? it2.owner() : it2.member();
              var commit = it.commit(it2.id(), it2.group(), turn(it2.group(), List.of(), i));
              return (Callable<CommitResponse>) () -> it.submit(who, commit);
            })
            .toList();
    var winners = 0;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var done : threads.invokeAll(attempts)) {
        if (done.get().hasAccepted()) {
          winners++;
        } else {
          assertEquals(2, done.get().getConflict().getEpoch());
        }
      }
    }
    assertEquals(1, winners);
    for (var attempt : attempts) {
      var again = attempt.call();
      assertTrue(again.hasConflict() || again.getAccepted().getSeq() == 2);
    }
  }

  @Test
  void aRemovedMemberReadsUpToItsRemovalAndSendsNothing() {
    var it2 = pair();
    it.send(it2.owner(), it2.id(), 1, 1);
    var out = turn(it2.group(), List.of(it2.member().device().hex()), 3);
    var removal = it.commit(it2.id(), it2.group(), out);
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_MEMBERSHIP_MISMATCH,
        it.submit(it2.owner(), removal).getRefused().getReason(),
        "the accounts must agree");
    removal.addRemovedAccountIds(it2.member().account().toString());
    assertEquals(3, it.submit(it2.owner(), removal).getAccepted().getSeq());
    it.deposit(it2.owner(), it2.id());
    assertTrue(it.send(it2.owner(), it2.id(), 2, 2).hasAccepted());
    assertTrue(it.send(it2.member(), it2.id(), 2, 3).hasNotAMember());
    assertEquals(3, it.read(it2.member(), it2.id(), 0).getEntriesCount());
    ListConversationsResponse heads =
        it.call(it2.member(), "ListConversations", Empty.getDefaultInstance());
    var head = heads.getConversations(0);
    assertEquals(3, head.getLastSeq());
    assertFalse(head.getIsCurrent());
    assertThrows(
        RpcException.class,
        () -> it.call(it2.member(), "GetGroupInfo", ServiceFixture.conversation(it2.id())));
    assertThrows(RpcException.class, () -> it.read(it.person(), it2.id(), 0), "a stranger");
  }

  @Test
  void onlyManagersChangeMembersAndOnlyByConsent() {
    var it2 = pair();
    var stranger = it.person();
    var add =
        new ModelGroup.Commit(it2.group().transcript(), false, List.of(stranger), List.of(), 4);
    var request =
        it.commit(it2.id(), it2.group(), add).addAddedAccountIds(stranger.account().toString());
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED,
        it.submit(it2.owner(), request).getRefused().getReason(),
        "no contact");
    it.befriend(it2.member(), stranger);
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED,
        it.submit(it2.member(), request).getRefused().getReason(),
        "no manager");
    SetRoleResponse promoted =
        it.call(
            it2.owner(),
            "SetRole",
            SetRoleRequest.newBuilder()
                .setConversationId(it2.id().toString())
                .setAccountId(it2.member().account().toString())
                .setRole(Role.ROLE_ADMIN)
                .build());
    assertEquals(2, promoted.getChanged().getSeq());
    assertEquals(3, it.submit(it2.member(), request).getAccepted().getSeq());
    GetWelcomeResponse welcome =
        it.call(stranger, "GetWelcome", ServiceFixture.conversation(it2.id()));
    assertEquals(3, welcome.getCommitSeq());
    it.call(
        stranger,
        "AcknowledgeWelcome",
        AcknowledgeWelcomeRequest.newBuilder()
            .setConversationId(it2.id().toString())
            .setCommitSeq(3)
            .build());
    welcome = it.call(stranger, "GetWelcome", ServiceFixture.conversation(it2.id()));
    assertTrue(welcome.getWelcome().isEmpty());
    assertEquals(3, it.read(stranger, it2.id(), 0).getEntries(0).getSeq(), "from its joining");
  }

  @Test
  void leavingBlocksMessagesUntilACommitHasTakenTheDevicesOut() {
    var it2 = pair();
    LeaveResponse left = it.call(it2.owner(), "Leave", ServiceFixture.conversation(it2.id()));
    assertTrue(left.hasOwnerMustHandOver());
    left = it.call(it2.member(), "Leave", ServiceFixture.conversation(it2.id()));
    assertTrue(left.hasLeft());
    var refused = it.send(it2.owner(), it2.id(), 1, 1);
    assertEquals(
        it2.member().device().hex(),
        refused.getRemovalsPending().getPendingRemovals(0).getDeviceId());
    var blind = turn(it2.group(), List.of(), 3);
    assertEquals(
        CommitRefusal.COMMIT_REFUSAL_PENDING_REMOVALS,
        it.submit(it2.owner(), it.commit(it2.id(), it2.group(), blind)).getRefused().getReason());
    var out = turn(it2.group(), List.of(it2.member().device().hex()), 4);
    assertTrue(it.submit(it2.owner(), it.commit(it2.id(), it2.group(), out)).hasAccepted());
    it.deposit(it2.owner(), it2.id());
    assertTrue(it.send(it2.owner(), it2.id(), 2, 1).hasAccepted());
    assertEquals(2, it.read(it2.member(), it2.id(), 0).getEntriesCount());
  }

  @Test
  void anUnlinkedDeviceMustGo() {
    var it2 = pair();
    it.devices.remove(it2.member().device());
    it.database
        .db()
        .run(handle ->
            it.events.onDeviceUnlinked(handle, it2.member().account(), it2.member().device()));
    assertTrue(it.send(it2.owner(), it2.id(), 1, 1).hasRemovalsPending());
    var out = turn(it2.group(), List.of(it2.member().device().hex()), 4);
    assertTrue(it.submit(it2.owner(), it.commit(it2.id(), it2.group(), out)).hasAccepted());
    assertTrue(
        it.get(it2.owner(), it2.id()).getMembersList().stream()
            .allMatch(crypho.wire.v1.Member::getIsCurrent),
        "the account stays");
  }

  @Test
  void erasingTakesTheCiphertextAway() {
    var it2 = pair();
    it.send(it2.member(), it2.id(), 1, 1);
    it.send(it2.owner(), it2.id(), 1, 1);
    var erase = ServiceFixture.message(it2.member(), it2.id(), 0, 1, 2, 100).setErasesSeq(3);
    SendResponse refused = it.call(it2.member(), "Send", erase.build());
    assertTrue(refused.hasEraseNotAllowed());
    SendResponse done = it.call(it2.member(), "Send", erase.setErasesSeq(2).build());
    assertEquals(4, done.getAccepted().getSeq());
    assertTrue(it.read(it2.owner(), it2.id(), 1).getEntries(0).hasErased());
    var byOwner = ServiceFixture.message(it2.owner(), it2.id(), 0, 1, 3, 100).setErasesSeq(4);
    done = it.call(it2.owner(), "Send", byOwner.build());
    assertTrue(done.hasAccepted());
  }

  @Test
  void aResetBeginsANewGeneration() {
    var it2 = pair();
    var next = ModelGroup.first(1, it2.member(), 5);
    var request =
        ResetGroupRequest.newBuilder()
            .setConversationId(it2.id().toString())
            .setGeneration(0)
            .setGroupInfo(ServiceFixture.bytes(next.encode()))
            .build();
    CommitResponse done = it.call(it2.member(), "ResetGroup", request);
    assertEquals(1, done.getAccepted().getGeneration());
    assertEquals(done, it.call(it2.member(), "ResetGroup", request), "again");
    assertEquals(1, it.send(it2.owner(), it2.id(), 1, 1).getStaleEpoch().getGeneration());
    GetGroupInfoResponse info =
        it.call(it2.owner(), "GetGroupInfo", ServiceFixture.conversation(it2.id()));
    assertEquals(1, info.getGeneration());
    assertEquals(2, info.getCommitSeq());
    var external =
        new ModelGroup.Commit(next.transcript(), true, List.of(it2.owner()), List.of(), 6);
    assertEquals(
        1, it.submit(it2.owner(), it.commit(it2.id(), next, external)).getAccepted().getEpoch());
  }

  @Test
  void directConversationsAreOneAPairAndEndWithTheContact() {
    var one = it.person();
    // Comes after the other for the database, and before it for Java, whose UUIDs are signed.
    var other = it.device(new AccountId(new UUID(-1, 1)));
    var id = it.newId();
    var first = ModelGroup.first(0, one, 1);
    assertTrue(it.createDirect(one, other, id, first).hasNotAContact());
    it.befriend(one, other);
    assertTrue(it.createDirect(one, other, id, first).hasCreated());
    assertTrue(it.createDirect(one, other, id, first).hasCreated(), "again");
    var second = it.createDirect(other, one, it.newId(), ModelGroup.first(0, other, 1));
    assertEquals(id.toString(), second.getExists().getConversationId());
    it.deposit(one, id);
    assertTrue(it.send(one, id, 0, 1).hasAccepted());
    it.database
        .db()
        .run(handle -> it.events.onContactRemoved(handle, other.account(), one.account()));
    assertThrows(RpcException.class, () -> it.read(one, id, 0));
    assertTrue(it.send(one, id, 0, 2).hasNotAMember());
    var left =
        it.database
            .jdbi()
            .withHandle(handle ->
                handle
                    .createQuery(
                        "SELECT count(*) FROM conversation_entry e WHERE NOT EXISTS"
                            + " (SELECT FROM conversation c WHERE c.row_id = e.conversation)")
                    .mapTo(Long.class)
                    .one());
    assertEquals(0, left);
  }

  @Test
  void ownedGroupsAreLimited() {
    var owner = it.person();
    for (int i = 0; i < 2; i++) {
      assertTrue(it.create(owner, it.newId(), ModelGroup.first(0, owner, i)).hasCreated());
    }
    CreateConversationResponse third = it.create(owner, it.newId(), ModelGroup.first(0, owner, 3));
    assertEquals(2, third.getOwnedGroupsLimit().getOwnedGroupsMax());
  }

  @Test
  void theLogIsReadInPagesBothWays() {
    var it2 = pair();
    for (int i = 0; i < 25; i++) {
      it.send(it2.owner(), it2.id(), 1, i);
    }
    var request = ReadLogRequest.newBuilder().setConversationId(it2.id().toString()).setLimit(10);
    ReadLogResponse up = it.call(it2.member(), "ReadLog", request.setAfterSeq(0).build());
    assertEquals(10, up.getEntriesCount());
    assertTrue(up.getHasMore());
    ReadLogResponse down = it.call(it2.member(), "ReadLog", request.setBeforeSeq(27).build());
    assertEquals(17, down.getEntries(0).getSeq());
    assertEquals(26, down.getEntries(9).getSeq());
    ReadLogResponse commits =
        it.call(it2.member(), "ReadLog", request.setAfterSeq(0).setCommitsOnly(true).build());
    assertEquals(1, commits.getEntriesCount());
  }

  @Test
  void aForgedEnvelopeIsRefused() {
    var it2 = pair();
    var forged = ServiceFixture.message(it2.owner(), it2.id(), 0, 1, 1, 500);
    assertThrows(RpcException.class, () -> it.call(it2.member(), "Send", forged.build()));
    var garbage = forged.setMessage(ByteString.copyFrom(new byte[500]));
    assertThrows(RpcException.class, () -> it.call(it2.owner(), "Send", garbage.build()));
  }

  @Test
  void concurrentSendersGetAGaplessOrderAndFramesInIt() throws Exception {
    var it2 = pair();
    synchronized (it.frames) {
      it.frames.clear();
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var work =
          IntStream.range(0, 400)
              .mapToObj(i ->
                  (Callable<SendResponse>)
                      () ->
                          it.send(
                              i % 2 == 0 ? it2.owner() : it2.member(), it2.id(), 1, 2L * (i / 4)))
              .toList();
      for (var done : threads.invokeAll(work)) {
        assertTrue(done.get().hasAccepted());
      }
    }
    var head = it.get(it2.owner(), it2.id()).getHead();
    assertEquals(1 + 200, head.getLastSeq(), "each message once, though sent twice");
    synchronized (it.frames) {
      assertEquals(IntStream.range(2, 202).mapToObj(seq -> "entry " + seq).toList(), it.frames);
    }
  }
}
