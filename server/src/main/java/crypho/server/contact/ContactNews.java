package crypho.server.contact;

import crypho.base.AccountId;
import crypho.server.db.AfterCommit;
import crypho.server.live.api.Live;
import crypho.wire.v1.Changed;
import crypho.wire.v1.ServerFrame;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;

/// Tells other features, in the transaction, and connected devices, after it, what happened to
/// lists of contacts.
final class ContactNews {
  private final List<ContactEvents> events;
  private final Live live;

  ContactNews(List<ContactEvents> events, Live live) {
    this.events = List.copyOf(events);
    this.live = live;
  }

  void contactsChanged(AfterCommit after, AccountId account) {
    var changed = Changed.newBuilder().setWhat(Changed.What.WHAT_CONTACTS);
    after.add(() -> live.toAccount(account, frame(changed)));
  }

  void contactRemoved(Handle transaction, AfterCommit after, AccountId one, AccountId other) {
    for (var event : events) {
      after.add(event.onContactRemoved(transaction, one, other));
    }
    contactsChanged(after, one);
    contactsChanged(after, other);
  }

  /// To be called after the commit.
  void accountChanged(AccountId account, Collection<AccountId> contacts) {
    var changed =
        Changed.newBuilder().setWhat(Changed.What.WHAT_ACCOUNT).setAccountId(account.toString());
    var frame = frame(changed);
    contacts.forEach(contact -> live.toAccount(contact, frame));
  }

  private static ServerFrame frame(Changed.Builder changed) {
    return ServerFrame.newBuilder().setChanged(changed).build();
  }
}
