package crypho.server.contact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.rpc.RpcException;
import crypho.server.testing.TestAccounts;
import crypho.server.testing.TestAccounts.Person;
import crypho.server.testing.Together;
import crypho.wire.v1.AccountEntry;
import crypho.wire.v1.ChangeProfileRequest;
import crypho.wire.v1.Changed.What;
import crypho.wire.v1.ConfirmEmailChangeRequest;
import crypho.wire.v1.Empty;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.GetAccountsRequest;
import crypho.wire.v1.GetAccountsResponse;
import crypho.wire.v1.InvitationRequest;
import crypho.wire.v1.InvitationResponse;
import crypho.wire.v1.InviteRequest;
import crypho.wire.v1.InviteResponse;
import crypho.wire.v1.ListContactsResponse;
import crypho.wire.v1.Me;
import crypho.wire.v1.RemoveContactRequest;
import crypho.wire.v1.SentInvitation;
import crypho.wire.v1.StartEmailChangeRequest;
import crypho.wire.v1.StartEmailChangeResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ContactTest {
  private final List<Set<AccountId>> removed = new CopyOnWriteArrayList<>();
  private final TestAccounts world =
      TestAccounts.withContacts(
          List.of((_, one, other) -> {
            removed.add(Set.of(one, other));
            return () -> {};
          }));

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void inviteAndAcceptMakeAContactOfBoth() {
    var kari = world.join("kari@example.org", "Kari");
    var ola = world.join("ola@example.org", "Ola");
    world.live.clear();
    var id = invite(kari, "Ola@example.org", "Hei, Ola!").getInvited().getInvitationId();
    var mail = world.mails.lastTo("ola@example.org");
    assertEquals(Template.INVITATION, mail.template());
    assertEquals("Kari (kari@example.org)", mail.places().get("inviter"));
    assertTrue(world.live.changes(ola.account).contains(What.WHAT_CONTACTS));
    var received = list(ola).getReceived(0);
    assertEquals("Hei, Ola!", received.getNote());
    assertEquals("kari@example.org", received.getEmail());
    assertEquals("ola@example.org", list(kari).getSent(0).getEmail());
    assertEquals(0, entries(ola, kari).getFirst().getDevicesCount());
    assertTrue(answer(ola, "AcceptInvitation", id).hasDone());
    assertEquals("Ola", list(kari).getContacts(0).getDisplayName());
    assertEquals("Kari", list(ola).getContacts(0).getDisplayName());
    assertEquals(0, list(kari).getSentCount());
    assertEquals(1, entries(ola, kari).getFirst().getDevicesCount());
    assertTrue(entries(ola, kari).getFirst().getDevices(0).getSealedName().isEmpty());
    assertTrue(answer(ola, "AcceptInvitation", id).hasGone());
    assertTrue(invite(kari, "ola@example.org", "").hasAlreadyContact());
  }

  @Test
  void invitationIsForTheInvitedAlone() {
    var one = world.join("inviter@example.org", "Inviter");
    world.join("invited@example.org", "Invited");
    var thief = world.join("listener@example.org", "Listener");
    var id = invite(one, "invited@example.org", "").getInvited().getInvitationId();
    assertTrue(answer(thief, "AcceptInvitation", id).hasGone());
    assertTrue(answer(thief, "WithdrawInvitation", id).hasGone());
    assertTrue(answer(one, "AcceptInvitation", id).hasGone());
    assertEquals(List.of(), entries(thief, one));
  }

  @Test
  void invitationToANewAddressSignsUpWithOneClickAndWaitsThere() {
    var host = world.join("host@example.org", "Host");
    invite(host, "guest@example.org", "Velkommen");
    var mail = world.mails.lastTo("guest@example.org");
    assertEquals(Template.INVITATION_NEW, mail.template());
    world.pass(Duration.ofDays(20));
    var guest = world.completeWith(mail.token(), "Guest");
    guest.link();
    var received = list(guest).getReceived(0);
    assertEquals("Velkommen", received.getNote());
    assertTrue(answer(guest, "AcceptInvitation", received.getInvitationId()).hasDone());
    assertEquals(1, list(host).getContactsCount());
  }

  @Test
  void rejectionIsSilentAndLasts() {
    var one = world.join("eager@example.org", "Eager");
    var other = world.join("shy@example.org", "Shy");
    var id = invite(one, "shy@example.org", "").getInvited().getInvitationId();
    world.live.clear();
    assertTrue(answer(other, "RejectInvitation", id).hasDone());
    assertEquals(List.of(), world.live.changes(one.account));
    assertEquals(1, list(one).getSentCount());
    assertEquals(0, list(other).getReceivedCount());
    assertTrue(answer(one, "WithdrawInvitation", id).hasDone());
    assertEquals(0, list(one).getSentCount());
    world.pass(Duration.ofDays(2));
    int mails = world.mails.to("shy@example.org").size();
    assertTrue(invite(one, "shy@example.org", "").hasInvited());
    assertEquals(1, list(one).getSentCount());
    assertEquals(0, list(other).getReceivedCount());
    assertEquals(mails, world.mails.to("shy@example.org").size());
    world.pass(ContactRules.INVITATION_LASTS);
    assertEquals(0, list(one).getSentCount());
    assertTrue(invite(one, "shy@example.org", "").hasInvited());
    assertEquals(1, list(other).getReceivedCount());
  }

  @Test
  void withdrawnInvitationIsGone() {
    var one = world.join("takes@example.org", "Takes");
    var other = world.join("waits@example.org", "Waits");
    var id = invite(one, "waits@example.org", "").getInvited().getInvitationId();
    assertTrue(answer(one, "WithdrawInvitation", id).hasDone());
    assertEquals(0, list(other).getReceivedCount());
    assertTrue(answer(other, "AcceptInvitation", id).hasGone());
    assertTrue(answer(one, "WithdrawInvitation", id).hasGone());
    int mails = world.mails.to("waits@example.org").size();
    invite(one, "waits@example.org", "");
    assertEquals(mails, world.mails.to("waits@example.org").size());
    assertEquals(1, list(other).getReceivedCount());
  }

  @Test
  void crossingInvitationsMakeAContact() {
    var one = world.join("cross1@example.org", "One");
    var other = world.join("cross2@example.org", "Other");
    invite(one, "cross2@example.org", "");
    assertTrue(invite(other, "cross1@example.org", "").hasInvited());
    assertEquals(1, list(one).getContactsCount());
    assertEquals(1, list(other).getContactsCount());
    assertEquals(0, list(one).getSentCount() + list(other).getReceivedCount());
  }

  @Test
  void invitationsAtOnceMakeOneContact() throws Exception {
    var one = world.join("at1@example.org", "One");
    var other = world.join("at2@example.org", "Other");
    Together.call(
        List.of(
            () -> invite(one, "at2@example.org", ""),
            () -> invite(other, "at1@example.org", ""),
            () -> invite(one, "at2@example.org", ""),
            () -> invite(other, "at1@example.org", "")));
    assertEquals(1, list(one).getContactsCount());
    assertEquals(1, list(other).getContactsCount());
    assertEquals(0, list(one).getSentCount() + list(other).getSentCount());
  }

  @Test
  void ofAcceptancesAtOnceOneIsDone() throws Exception {
    var one = world.join("twice1@example.org", "One");
    var other = world.join("twice2@example.org", "Other");
    var id = invite(one, "twice2@example.org", "").getInvited().getInvitationId();
    var answers = Together.call(3, () -> answer(other, "AcceptInvitation", id));
    assertEquals(1, answers.stream().filter(InvitationResponse::hasDone).count());
    assertEquals(1, list(one).getContactsCount());
  }

  @Test
  void changeToAnInvitedAddressBringsTheInvitation() {
    var host = world.join("finds@example.org", "Finds");
    var mover = world.join("moves@example.org", "Moves");
    invite(host, "moved@example.org", "Found you");
    assertEquals(0, list(mover).getReceivedCount());
    move(mover, "moved@example.org");
    assertEquals("Found you", list(mover).getReceived(0).getNote());
  }

  @Test
  void nobodyInvitesThemselvesNotEvenBeforeMoving() {
    var person = world.join("self@example.org", "Self");
    assertTrue(invite(person, "SELF@example.org", "").hasOwnAddress());
    invite(person, "self2@example.org", "");
    move(person, "self2@example.org");
    assertEquals(0, list(person).getReceivedCount());
    assertEquals(0, list(person).getSentCount());
  }

  @Test
  void removingEndsItOnBothSides() {
    var one = world.join("ends1@example.org", "One");
    var other = world.join("ends2@example.org", "Other");
    invite(one, "ends2@example.org", "");
    invite(other, "ends1@example.org", "");
    world.live.clear();
    remove(one, other);
    assertEquals(0, list(one).getContactsCount() + list(other).getContactsCount());
    assertTrue(removed.contains(Set.of(one.account, other.account)));
    assertTrue(world.live.changes(other.account).contains(What.WHAT_CONTACTS));
    int told = removed.size();
    remove(one, other);
    assertEquals(told, removed.size());
    assertEquals(List.of(), entries(one, other));
  }

  @Test
  void contactsLearnOfANewName() {
    var one = world.join("renames1@example.org", "One");
    var other = world.join("renames2@example.org", "Other");
    invite(one, "renames2@example.org", "");
    invite(other, "renames1@example.org", "");
    world.live.clear();
    var request = ChangeProfileRequest.newBuilder().setDisplayName("Uno").build();
    one.call("AccountService", "ChangeProfile", request, Me.class);
    assertTrue(world.live.changes(other.account).contains(What.WHAT_ACCOUNT));
    assertEquals("Uno", list(other).getContacts(0).getDisplayName());
  }

  @Test
  void openInvitationsAreLimitedAndInvitingTwiceMailsOnce() {
    var person = world.join("many@example.org", "Many");
    for (int i = 0; i < ContactRules.OPEN_MAX; i++) {
      assertTrue(invite(person, "friend" + i + "@example.org", "").hasInvited());
    }
    var again = invite(person, "friend0@example.org", "").getInvited().getInvitationId();
    var known =
        list(person).getSentList().stream()
            .filter(sent -> sent.getEmail().equals("friend0@example.org"))
            .map(SentInvitation::getInvitationId)
            .toList();
    assertEquals(List.of(again), known);
    assertEquals(1, world.mails.to("friend0@example.org").size());
    var error = assertThrows(RpcException.class, () -> invite(person, "onemore@example.org", ""));
    assertEquals(ErrorReason.ERROR_REASON_RATE_LIMITED, error.info().getReason());
    assertTrue(error.info().getRetryAfterMs() > 0);
  }

  @Test
  void badFieldsAreRefused() {
    var person = world.join("strict@example.org", "Strict");
    assertThrows(RpcException.class, () -> invite(person, "nobody", ""));
    assertThrows(RpcException.class, () -> invite(person, "a@b.no", "x".repeat(1_001)));
    assertThrows(RpcException.class, () -> invite(person, "a@b.no", "\u0000"));
    assertThrows(RpcException.class, () -> answer(person, "AcceptInvitation", "1"));
    assertFalse(answer(person, "AcceptInvitation", person.account.toString()).hasDone());
  }

  private static InviteResponse invite(Person person, String email, String note) {
    var request = InviteRequest.newBuilder().setEmail(email).setNote(note).build();
    return person.call("ContactService", "Invite", request, InviteResponse.class);
  }

  private static InvitationResponse answer(Person person, String method, String id) {
    var request = InvitationRequest.newBuilder().setInvitationId(id).build();
    return person.call("ContactService", method, request, InvitationResponse.class);
  }

  private static ListContactsResponse list(Person person) {
    return person.call(
        "ContactService", "ListContacts", TestAccounts.empty(), ListContactsResponse.class);
  }

  private static void remove(Person person, Person other) {
    var request = RemoveContactRequest.newBuilder().setAccountId(other.account.toString()).build();
    person.call("ContactService", "RemoveContact", request, Empty.class);
  }

  private static List<AccountEntry> entries(Person person, Person asked) {
    var request = GetAccountsRequest.newBuilder().addAccountIds(asked.account.toString()).build();
    return person
        .call("AccountService", "GetAccounts", request, GetAccountsResponse.class)
        .getAccountsList();
  }

  private void move(Person person, String email) {
    var start =
        StartEmailChangeRequest.newBuilder().setNewEmail(email).setAuthKey(person.authKey).build();
    person.call("AccountService", "StartEmailChange", start, StartEmailChangeResponse.class);
    var token = ByteString.copyFrom(world.mails.lastTo(email).token());
    var confirm = ConfirmEmailChangeRequest.newBuilder().setToken(token).build();
    world.call("AccountService", "ConfirmEmailChange", confirm, null);
  }
}
