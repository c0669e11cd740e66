package crypho.server.contact;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Contacts and invitations. Every method runs in the caller's transaction.
interface ContactStore extends ContactDirectory {
  /// A row of its owner's list.
  record Contact(AccountId other, Instant since) {}

  /// Whoever changes what is between the two takes this first: held to the commit.
  void lockPair(Handle transaction, AccountId one, AccountId other);

  boolean areContacts(Handle transaction, AccountId one, AccountId other);

  int countContacts(Handle transaction, AccountId owner);

  /// Both directions; false where they were contacts already.
  boolean addContacts(Handle transaction, AccountId one, AccountId other, Instant now);

  /// Both directions; false where they were none.
  boolean removeContacts(Handle transaction, AccountId one, AccountId other);

  List<Contact> contactsOf(Handle transaction, AccountId owner);

  void insert(Handle transaction, Invitation invitation);

  @Nullable Invitation find(Handle transaction, InvitationId id);

  @Nullable Invitation findByAddress(Handle transaction, AccountId inviter, Bytes emailHash);

  /// Not expired, whatever else they are.
  List<Invitation> sentBy(Handle transaction, AccountId inviter, Instant now);

  /// Open ones.
  List<Invitation> receivedBy(Handle transaction, AccountId invitee, Instant now);

  /// The part of `asked` whose open invitations wait for the invitee.
  Set<AccountId> invitersAmong(Handle transaction, AccountId invitee, Collection<AccountId> asked);

  /// Whose address has no account as far as they know.
  List<Invitation> unclaimed(Handle transaction, Bytes emailHash, Instant now);

  /// Not expired, from the one to the other, whatever else they are.
  List<Invitation> between(Handle transaction, AccountId inviter, AccountId invitee, Instant now);

  /// How many were sent to the address since then, by anyone.
  int countTo(Handle transaction, Bytes emailHash, Instant since);

  void update(Handle transaction, Invitation invitation);

  void delete(Handle transaction, InvitationId id);

  /// Both directions between the two, in whatever state.
  void deleteBetween(Handle transaction, AccountId one, AccountId other);

  int deleteExpired(Handle transaction, Instant now);
}
