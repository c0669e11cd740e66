package crypho.server.contact;

import crypho.base.AccountId;
import crypho.server.account.AccountDirectory;
import crypho.server.account.AccountDirectory.Person;
import crypho.server.account.EmailAddress;
import crypho.server.notify.api.MailQueue;
import crypho.server.notify.api.MailQueue.Template;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Mails invitations. To an address without an account the link signs up, with one click.
final class InvitationMailer {
  private final MailQueue mails;
  private final AccountDirectory directory;
  private final String publicUrl;

  InvitationMailer(MailQueue mails, AccountDirectory directory, String publicUrl) {
    this.mails = mails;
    this.directory = directory;
    this.publicUrl = publicUrl;
  }

  void mail(
      Handle transaction,
      Person inviter,
      @Nullable AccountId inviteeOrNull,
      EmailAddress address,
      String note,
      Instant now) {
    var people =
        inviteeOrNull == null
            ? Map.<AccountId, Person>of()
            : directory.people(transaction, List.of(inviteeOrNull));
    var invitee = inviteeOrNull == null ? null : people.get(inviteeOrNull);
    var language = invitee == null ? inviter.language() : invitee.language();
    var link =
        invitee == null
            ? directory.signUpLink(
                transaction, address, language, ContactRules.INVITATION_LASTS, now)
            : publicUrl + "/app/contacts";
    var places =
        Map.of(
            "inviter",
            inviter.displayName() + " (" + inviter.email().value() + ")",
            "note",
            note,
            "link",
            link);
    var template = invitee == null ? Template.INVITATION_NEW : Template.INVITATION;
    mails.queue(transaction, template, language, address.value(), places, now);
  }
}
