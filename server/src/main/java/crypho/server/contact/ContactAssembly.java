package crypho.server.contact;

import crypho.base.Rng;
import crypho.server.account.AccountConfig;
import crypho.server.account.AccountDirectory;
import crypho.server.account.AccountEvents;
import crypho.server.account.Acquaintances;
import crypho.server.db.Db;
import crypho.server.live.api.Live;
import crypho.server.notify.api.MailQueue;
import crypho.server.rpc.RpcRegistry;
import java.time.Instant;
import java.util.List;

/// The contact feature's parts, put together.
public final class ContactAssembly {
  private final ContactService contacts;

  public ContactAssembly(
      Db db,
      AccountDirectory directory,
      Rng rng,
      MailQueue mails,
      Live live,
      AccountConfig config,
      List<ContactEvents> events) {
    var news = new ContactNews(events, live);
    var mailer = new InvitationMailer(mails, directory, config.publicUrl());
    contacts = new ContactService(db, new ContactSql(), directory, news, mailer, rng);
  }

  /// Needs nothing: for features that are made before this one is put together.
  public static ContactDirectory directory() {
    return new ContactSql();
  }

  public void addRoutes(RpcRegistry registry) {
    new ContactRoutes(contacts).addTo(registry);
  }

  public AccountEvents accountEvents() {
    return contacts;
  }

  public Acquaintances acquaintances() {
    return contacts;
  }

  /// Deletes invitations that have run out. To be called every few minutes, on one node or several.
  ///
  /// @return how many had
  public int expire(Instant now) {
    return contacts.expire(now);
  }
}
