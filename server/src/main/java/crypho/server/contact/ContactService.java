package crypho.server.contact;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.server.account.AccountDirectory;
import crypho.server.account.AccountDirectory.Person;
import crypho.server.account.AccountEvents;
import crypho.server.account.Acquaintances;
import crypho.server.account.EmailAddress;
import crypho.server.account.FieldSealer;
import crypho.server.db.AfterCommit;
import crypho.server.db.Db;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Contacts come about by consent of both: one invites, the other accepts, or both invite.
///
/// Locks are taken in this order: the address, then the pair. Whoever looks whether an address has
/// an account holds its lock, so that no invitation is lost between a look and a sign-up.
final class ContactService implements AccountEvents, Acquaintances {
  static final String EMAIL_FIELD = "invitation.email";
  static final String NOTE_FIELD = "invitation.note";

  /// How inviting went.
  sealed interface InviteOutcome {
    record Invited(InvitationId id) implements InviteOutcome {}

    record AlreadyContact() implements InviteOutcome {}

    record OwnAddress() implements InviteOutcome {}
  }

  /// How answering or withdrawing an invitation went.
  enum InvitationOutcome {
    DONE,
    GONE
  }

  private final Db db;
  private final ContactStore store;
  private final AccountDirectory directory;
  private final ContactNews news;
  private final InvitationMailer mailer;
  private final Rng rng;

  ContactService(
      Db db,
      ContactStore store,
      AccountDirectory directory,
      ContactNews news,
      InvitationMailer mailer,
      Rng rng) {
    this.db = db;
    this.store = store;
    this.directory = directory;
    this.news = news;
    this.mailer = mailer;
    this.rng = rng;
  }

  /// Inviting twice is answered alike, and mails once.
  InviteOutcome invite(Caller caller, EmailAddress address, String note, Instant now) {
    return db.transactThen((transaction, after) -> {
      var me = person(transaction, caller.account());
      if (me.email().equals(address)) {
        return new InviteOutcome.OwnAddress();
      }
      var hash = directory.emailHash(address);
      directory.lockAddress(transaction, hash);
      var invitee = directory.findByAddress(transaction, hash);
      if (invitee != null) {
        store.lockPair(transaction, me.account(), invitee);
        if (store.areContacts(transaction, me.account(), invitee)) {
          return new InviteOutcome.AlreadyContact();
        }
        var crossing = crossing(transaction, me.account(), invitee, now);
        if (crossing != null) {
          befriend(transaction, after, me.account(), invitee, now);
          return new InviteOutcome.Invited(crossing.id());
        }
      }
      var known = store.findByAddress(transaction, me.account(), hash);
      if (known != null && known.isShownToInviter(now)) {
        return new InviteOutcome.Invited(known.id());
      }
      var wait = ContactRules.wait(store.sentBy(transaction, me.account(), now), now);
      if (wait != null) {
        throw RpcException.rateLimited(wait);
      }
      var invitation = newInvitation(transaction, me, invitee, address, note, now);
      return send(transaction, after, me, address, invitation, known, note, now);
    });
  }

  private Invitation newInvitation(
      Handle transaction,
      Person me,
      @Nullable AccountId invitee,
      EmailAddress address,
      String note,
      Instant now) {
    var sealer = sealer(transaction, me.account());
    var random = ByteBuffer.wrap(rng.bytes(2 * Long.BYTES));
    return new Invitation(
        new InvitationId(new UUID(random.getLong(), random.getLong())),
        me.account(),
        invitee,
        directory.emailHash(address),
        sealer.seal(EMAIL_FIELD, address.value()),
        sealer.seal(NOTE_FIELD, note),
        false,
        false,
        now,
        now.plus(ContactRules.INVITATION_LASTS));
  }

  /// Stores the invitation, in the place of a withdrawn one where there is, and mails it.
  private InviteOutcome send(
      Handle transaction,
      AfterCommit after,
      Person me,
      EmailAddress address,
      Invitation fresh,
      @Nullable Invitation known,
      String note,
      Instant now) {
    var withdrawn = known == null || known.isExpired(now) ? null : known;
    boolean isRejected = withdrawn != null && withdrawn.isRejected();
    boolean mails = withdrawn == null || ContactRules.mailsAgain(withdrawn, now);
    var mailsToday = store.countTo(transaction, fresh.emailHash(), ContactRules.dayBefore(now));
    if (known != null) {
      store.delete(transaction, known.id());
    }
    var invitation = fresh.withRejected(isRejected);
    store.insert(transaction, invitation);
    if (mails && mailsToday < ContactRules.MAILS_PER_ADDRESS_AND_DAY_MAX) {
      mailer.mail(transaction, me, invitation.inviteeOrNull(), address, note, now);
    }
    news.contactsChanged(after, me.account());
    if (invitation.inviteeOrNull() != null && invitation.isOpen(now)) {
      news.contactsChanged(after, invitation.inviteeOrNull());
    }
    return new InviteOutcome.Invited(invitation.id());
  }

  InvitationOutcome accept(Caller caller, InvitationId id, Instant now) {
    return db.transactThen((transaction, after) -> {
      var invitation = lockReceived(transaction, caller, id, now);
      if (invitation == null) {
        return InvitationOutcome.GONE;
      }
      if (store.countContacts(transaction, caller.account()) >= ContactRules.CONTACTS_MAX) {
        throw RpcException.tooLarge("contacts", ContactRules.CONTACTS_MAX);
      }
      befriend(transaction, after, caller.account(), invitation.inviter(), now);
      return InvitationOutcome.DONE;
    });
  }

  /// The inviter goes on seeing it as sent.
  InvitationOutcome reject(Caller caller, InvitationId id, Instant now) {
    return db.transactThen((transaction, after) -> {
      var invitation = lockReceived(transaction, caller, id, now);
      if (invitation == null) {
        return InvitationOutcome.GONE;
      }
      store.update(transaction, invitation.withRejected(true));
      news.contactsChanged(after, caller.account());
      return InvitationOutcome.DONE;
    });
  }

  InvitationOutcome withdraw(Caller caller, InvitationId id, Instant now) {
    return db.transactThen((transaction, after) -> {
      var seen = store.find(transaction, id);
      if (seen == null || !seen.inviter().equals(caller.account())) {
        return InvitationOutcome.GONE;
      }
      lock(transaction, seen);
      var invitation = store.find(transaction, id);
      if (invitation == null || !invitation.isShownToInviter(now)) {
        return InvitationOutcome.GONE;
      }
      store.update(transaction, invitation.asWithdrawn());
      news.contactsChanged(after, caller.account());
      if (invitation.inviteeOrNull() != null && invitation.isOpen(now)) {
        news.contactsChanged(after, invitation.inviteeOrNull());
      }
      return InvitationOutcome.DONE;
    });
  }

  /// Nothing happens where they are no contacts.
  void remove(Caller caller, AccountId other) {
    db.transactThen((transaction, after) -> {
      store.lockPair(transaction, caller.account(), other);
      boolean wereContacts = store.removeContacts(transaction, caller.account(), other);
      if (wereContacts) {
        news.contactRemoved(transaction, after, caller.account(), other);
      }
      return wereContacts;
    });
  }

  /// All that is shown to the caller.
  ContactList list(Caller caller, Instant now) {
    return db.transact(transaction -> {
      var self = caller.account();
      var contacts = store.contactsOf(transaction, self);
      var sent =
          store.sentBy(transaction, self, now).stream()
              .filter(invitation -> invitation.isShownToInviter(now))
              .toList();
      var received = store.receivedBy(transaction, self, now);
      var others = contacts.stream().map(ContactStore.Contact::other).collect(Collectors.toSet());
      received.forEach(invitation -> others.add(invitation.inviter()));
      var inviters = received.stream().map(Invitation::inviter).collect(Collectors.toSet());
      inviters.add(self);
      return new ContactList(
          self,
          contacts,
          sent,
          received,
          directory.people(transaction, others),
          directory.sealersOf(transaction, inviters));
    });
  }

  /// @return how many invitations had run out
  int expire(Instant now) {
    return db.transact(transaction -> store.deleteExpired(transaction, now));
  }

  @Override
  public Runnable onDeviceUnlinked(Handle transaction, AccountId account, DeviceId device) {
    return () -> {};
  }

  @Override
  public Runnable onAccountChanged(Handle transaction, AccountId account) {
    var contacts =
        store.contactsOf(transaction, account).stream().map(ContactStore.Contact::other).toList();
    return () -> news.accountChanged(account, contacts);
  }

  /// Invitations to the address are the account's from now on.
  @Override
  public Runnable onAddressVerified(
      Handle transaction, AccountId account, Bytes emailHash, Instant now) {
    var after = new AfterCommit();
    for (var invitation : store.unclaimed(transaction, emailHash, now)) {
      claim(transaction, after, invitation, account, now);
    }
    news.contactsChanged(after, account);
    return after::run;
  }

  private void claim(
      Handle transaction,
      AfterCommit after,
      Invitation invitation,
      AccountId account,
      Instant now) {
    var inviter = invitation.inviter();
    if (inviter.equals(account)) {
      store.delete(transaction, invitation.id());
      return;
    }
    store.lockPair(transaction, inviter, account);
    boolean isNeedless =
        store.areContacts(transaction, inviter, account)
            || !store.between(transaction, inviter, account, now).isEmpty();
    if (isNeedless) {
      store.delete(transaction, invitation.id());
    } else if (!invitation.isWithdrawn() && crossing(transaction, inviter, account, now) != null) {
      befriend(transaction, after, inviter, account, now);
      store.delete(transaction, invitation.id());
    } else {
      store.update(transaction, invitation.withInvitee(account));
    }
  }

  @Override
  public Set<AccountId> knownTo(
      Handle transaction, AccountId account, Collection<AccountId> asked) {
    return store.contactsAmong(transaction, account, asked);
  }

  @Override
  public Set<AccountId> introducedTo(
      Handle transaction, AccountId account, Collection<AccountId> asked) {
    return store.invitersAmong(transaction, account, asked);
  }

  /// An invitation the other way, which the other still stands by: rejected or not, as inviting
  /// back is consent.
  private @Nullable Invitation crossing(
      Handle transaction, AccountId inviter, AccountId invitee, Instant now) {
    return store.between(transaction, invitee, inviter, now).stream()
        .filter(invitation -> invitation.isShownToInviter(now))
        .findFirst()
        .orElse(null);
  }

  private void befriend(
      Handle transaction, AfterCommit after, AccountId one, AccountId other, Instant now) {
    store.addContacts(transaction, one, other, now);
    store.deleteBetween(transaction, one, other);
    news.contactsChanged(after, one);
    news.contactsChanged(after, other);
  }

  /// One that the caller may answer, under the pair's lock.
  private @Nullable Invitation lockReceived(
      Handle transaction, Caller caller, InvitationId id, Instant now) {
    var seen = store.find(transaction, id);
    if (seen == null || !caller.account().equals(seen.inviteeOrNull())) {
      return null;
    }
    lock(transaction, seen);
    var invitation = store.find(transaction, id);
    return invitation != null && invitation.isOpen(now) ? invitation : null;
  }

  private void lock(Handle transaction, Invitation invitation) {
    if (invitation.inviteeOrNull() == null) {
      directory.lockAddress(transaction, invitation.emailHash());
    } else {
      store.lockPair(transaction, invitation.inviter(), invitation.inviteeOrNull());
    }
  }

  private Person person(Handle transaction, AccountId account) {
    var person = directory.people(transaction, List.of(account)).get(account);
    if (person == null) {
      throw RpcException.unauthenticated();
    }
    return person;
  }

  private FieldSealer sealer(Handle transaction, AccountId account) {
    var sealer = directory.sealerOf(transaction, account);
    if (sealer == null) {
      throw RpcException.unauthenticated();
    }
    return sealer;
  }
}
