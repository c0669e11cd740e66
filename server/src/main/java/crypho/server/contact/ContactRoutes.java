package crypho.server.contact;

import crypho.base.AccountId;
import crypho.server.account.AccountDirectory.Person;
import crypho.server.account.FieldSealer;
import crypho.server.account.Fields;
import crypho.server.rpc.Access;
import crypho.server.rpc.Call;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcRegistry;
import crypho.wire.v1.Contact;
import crypho.wire.v1.Empty;
import crypho.wire.v1.InvitationRequest;
import crypho.wire.v1.InvitationResponse;
import crypho.wire.v1.InviteRequest;
import crypho.wire.v1.InviteResponse;
import crypho.wire.v1.ListContactsResponse;
import crypho.wire.v1.ReceivedInvitation;
import crypho.wire.v1.RemoveContactRequest;
import crypho.wire.v1.SentInvitation;
import java.time.Instant;

/// The methods of ContactService.
final class ContactRoutes {
  private static final String SERVICE = "ContactService";

  private final ContactService contacts;

  ContactRoutes(ContactService contacts) {
    this.contacts = contacts;
  }

  void addTo(RpcRegistry registry) {
    registry.add(
        SERVICE,
        "Invite",
        InviteRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.COSTLY,
        this::invite);
    registry.add(
        SERVICE,
        "ListContacts",
        Empty.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        this::list);
    addAnswer(registry, "AcceptInvitation", contacts::accept);
    addAnswer(registry, "RejectInvitation", contacts::reject);
    addAnswer(registry, "WithdrawInvitation", contacts::withdraw);
    registry.add(
        SERVICE,
        "RemoveContact",
        RemoveContactRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        this::remove);
  }

  /// What is done with an invitation.
  @FunctionalInterface
  private interface Answer {
    ContactService.InvitationOutcome apply(Caller caller, InvitationId id, Instant now);
  }

  private static void addAnswer(RpcRegistry registry, String name, Answer answer) {
    registry.add(
        SERVICE,
        name,
        InvitationRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        (call, request) -> {
          var id = new InvitationId(Fields.uuid("invitation_id", request.getInvitationId()));
          var response = InvitationResponse.newBuilder();
          switch (answer.apply(call.caller(), id, call.now())) {
            case DONE -> response.getDoneBuilder();
            case GONE -> response.getGoneBuilder();
          }
          return response.build();
        });
  }

  private InviteResponse invite(Call call, InviteRequest request) {
    var address = Fields.email("email", request.getEmail());
    var note = Fields.text("note", request.getNote(), ContactRules.NOTE_CHARACTERS_MAX).strip();
    var response = InviteResponse.newBuilder();
    switch (contacts.invite(call.caller(), address, note, call.now())) {
      case ContactService.InviteOutcome.Invited invited ->
          response.getInvitedBuilder().setInvitationId(invited.id().toString());
      case ContactService.InviteOutcome.AlreadyContact _ -> response.getAlreadyContactBuilder();
      case ContactService.InviteOutcome.OwnAddress _ -> response.getOwnAddressBuilder();
    }
    return response.build();
  }

  private Empty remove(Call call, RemoveContactRequest request) {
    AccountId other = Fields.account("account_id", request.getAccountId());
    contacts.remove(call.caller(), other);
    return Empty.getDefaultInstance();
  }

  private ListContactsResponse list(Call call, Empty request) {
    var list = contacts.list(call.caller(), call.now());
    var response = ListContactsResponse.newBuilder();
    for (var contact : list.contacts()) {
      var person = list.people().get(contact.other());
      if (person != null) {
        response.addContacts(
            Contact.newBuilder()
                .setAccountId(person.account().toString())
                .setDisplayName(person.displayName())
                .setSinceMs(contact.since().toEpochMilli()));
      }
    }
    var own = list.sealers().get(list.owner());
    for (var invitation : list.sent()) {
      if (own != null) {
        response.addSent(sent(invitation, own));
      }
    }
    for (var invitation : list.received()) {
      var inviter = list.people().get(invitation.inviter());
      var sealer = list.sealers().get(invitation.inviter());
      if (inviter != null && sealer != null) {
        response.addReceived(received(invitation, inviter, sealer));
      }
    }
    return response.build();
  }

  private static SentInvitation sent(Invitation invitation, FieldSealer sealer) {
    return SentInvitation.newBuilder()
        .setInvitationId(invitation.id().toString())
        .setEmail(sealer.open(ContactService.EMAIL_FIELD, invitation.emailSealed()))
        .setNote(sealer.open(ContactService.NOTE_FIELD, invitation.noteSealed()))
        .setSentAtMs(invitation.sentAt().toEpochMilli())
        .setExpiresAtMs(invitation.expiresAt().toEpochMilli())
        .build();
  }

  private static ReceivedInvitation received(
      Invitation invitation, Person inviter, FieldSealer sealer) {
    return ReceivedInvitation.newBuilder()
        .setInvitationId(invitation.id().toString())
        .setAccountId(inviter.account().toString())
        .setDisplayName(inviter.displayName())
        .setEmail(inviter.email().value())
        .setNote(sealer.open(ContactService.NOTE_FIELD, invitation.noteSealed()))
        .setSentAtMs(invitation.sentAt().toEpochMilli())
        .build();
  }
}
