package crypho.server.account;

import crypho.server.notify.api.MailQueue;
import crypho.server.notify.api.MailQueue.Template;
import crypho.wire.v1.Language;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/// Queues this feature's mails.
final class Mailer {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final MailQueue mails;
  private final PersonalFields fields;
  private final Links links;

  Mailer(MailQueue mails, PersonalFields fields, Links links) {
    this.mails = mails;
    this.fields = fields;
    this.links = links;
  }

  void queue(
      Handle transaction,
      Template template,
      Language language,
      EmailAddress to,
      Map<String, String> places,
      Instant now) {
    mails.queue(transaction, template, language, to.value(), places, now);
  }

  /// To the account's own address, in its language.
  void notice(Handle transaction, Template template, Account account, Instant now) {
    Map<String, String> places =
        template == Template.NEW_DEVICE ? Map.of("time", TIME.format(now)) : Map.of();
    var to = fields.openEmail(account.profile());
    queue(transaction, template, account.profile().language(), to, places, now);
  }

  /// A link to confirm a new address, and the hash of its token.
  Links.Link newConfirmation() {
    return links.newEmailConfirmation();
  }

  String logInLink() {
    return links.logIn();
  }
}
