package crypho.server.contact;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// [ContactStore] on PostgreSQL.
final class ContactSql implements ContactStore {
  @Override
  public Set<AccountId> contactsAmong(
      Handle transaction, AccountId account, Collection<AccountId> asked) {
    if (asked.isEmpty()) {
      return Set.of();
    }
    return transaction
        .createQuery(
            "select other_id from contact where owner_id = :owner and other_id in (<asked>)")
        .bind("owner", account.value())
        .bindList("asked", asked.stream().map(AccountId::value).toList())
        .map((row, _) -> account(row, "other_id"))
        .set();
  }

  @Override
  public void lockPair(Handle transaction, AccountId one, AccountId other) {
    long key = one.value().getLeastSignificantBits() ^ other.value().getLeastSignificantBits();
    transaction
        .createQuery("select 1 from pg_advisory_xact_lock(:key)")
        .bind("key", key)
        .mapTo(Integer.class)
        .one();
  }

  @Override
  public boolean areContacts(Handle transaction, AccountId one, AccountId other) {
    return !contactsAmong(transaction, one, List.of(other)).isEmpty();
  }

  @Override
  public int countContacts(Handle transaction, AccountId owner) {
    return transaction
        .createQuery("select count(*) from contact where owner_id = :owner")
        .bind("owner", owner.value())
        .mapTo(Integer.class)
        .one();
  }

  @Override
  public boolean addContacts(Handle transaction, AccountId one, AccountId other, Instant now) {
    return transaction.execute(
            """
            insert into contact (owner_id, other_id, since) values (?, ?, ?), (?, ?, ?)
            on conflict do nothing
            """,
            one.value(),
            other.value(),
            now,
            other.value(),
            one.value(),
            now)
        > 0;
  }

  @Override
  public boolean removeContacts(Handle transaction, AccountId one, AccountId other) {
    return transaction.execute(
            """
            delete from contact
            where (owner_id = ? and other_id = ?) or (owner_id = ? and other_id = ?)
            """,
            one.value(),
            other.value(),
            other.value(),
            one.value())
        > 0;
  }

  @Override
  public List<Contact> contactsOf(Handle transaction, AccountId owner) {
    return transaction
        .createQuery(
            """
            select other_id, since from contact where owner_id = :owner order by since, other_id
            """)
        .bind("owner", owner.value())
        .map((row, _) -> new Contact(account(row, "other_id"), instant(row, "since")))
        .list();
  }

  @Override
  public void insert(Handle transaction, Invitation invitation) {
    var invitee = invitation.inviteeOrNull();
    transaction.execute(
        """
        insert into invitation (invitation_id, inviter_id, invitee_id, email_hash, email_sealed,
          note_sealed, is_rejected, is_withdrawn, sent_at, expires_at)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        invitation.id().value(),
        invitation.inviter().value(),
        invitee == null ? null : invitee.value(),
        invitation.emailHash().toArray(),
        invitation.emailSealed().toArray(),
        invitation.noteSealed().toArray(),
        invitation.isRejected(),
        invitation.isWithdrawn(),
        invitation.sentAt(),
        invitation.expiresAt());
  }

  @Override
  public @Nullable Invitation find(Handle transaction, InvitationId id) {
    return transaction
        .createQuery("select * from invitation where invitation_id = :id")
        .bind("id", id.value())
        .map((row, _) -> read(row))
        .findOne()
        .orElse(null);
  }

  @Override
  public @Nullable Invitation findByAddress(
      Handle transaction, AccountId inviter, Bytes emailHash) {
    return transaction
        .createQuery("select * from invitation where inviter_id = :id and email_hash = :hash")
        .bind("id", inviter.value())
        .bind("hash", emailHash.toArray())
        .map((row, _) -> read(row))
        .findOne()
        .orElse(null);
  }

  @Override
  public List<Invitation> sentBy(Handle transaction, AccountId inviter, Instant now) {
    return transaction
        .createQuery(
            """
            select * from invitation where inviter_id = :id and expires_at > :now
            order by sent_at, invitation_id
            """)
        .bind("id", inviter.value())
        .bind("now", now)
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public List<Invitation> receivedBy(Handle transaction, AccountId invitee, Instant now) {
    return transaction
        .createQuery(
            """
            select * from invitation where invitee_id = :id and expires_at > :now
              and not is_rejected and not is_withdrawn
            order by sent_at, invitation_id
            """)
        .bind("id", invitee.value())
        .bind("now", now)
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public Set<AccountId> invitersAmong(
      Handle transaction, AccountId invitee, Collection<AccountId> asked) {
    if (asked.isEmpty()) {
      return Set.of();
    }
    return transaction
        .createQuery(
            """
            select inviter_id from invitation where invitee_id = :invitee
              and inviter_id in (<asked>) and not is_rejected and not is_withdrawn
            """)
        .bind("invitee", invitee.value())
        .bindList("asked", asked.stream().map(AccountId::value).toList())
        .map((row, _) -> account(row, "inviter_id"))
        .set();
  }

  @Override
  public List<Invitation> unclaimed(Handle transaction, Bytes emailHash, Instant now) {
    return transaction
        .createQuery(
            """
            select * from invitation
            where email_hash = :hash and invitee_id is null and expires_at > :now
            order by inviter_id
            """)
        .bind("hash", emailHash.toArray())
        .bind("now", now)
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public List<Invitation> between(
      Handle transaction, AccountId inviter, AccountId invitee, Instant now) {
    return transaction
        .createQuery(
            """
            select * from invitation
            where inviter_id = :inviter and invitee_id = :invitee and expires_at > :now
            """)
        .bind("inviter", inviter.value())
        .bind("invitee", invitee.value())
        .bind("now", now)
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public int countTo(Handle transaction, Bytes emailHash, Instant since) {
    return transaction
        .createQuery(
            "select count(*) from invitation where email_hash = :hash and sent_at > :since")
        .bind("hash", emailHash.toArray())
        .bind("since", since)
        .mapTo(Integer.class)
        .one();
  }

  @Override
  public void update(Handle transaction, Invitation invitation) {
    var invitee = invitation.inviteeOrNull();
    transaction.execute(
        """
        update invitation set invitee_id = ?, note_sealed = ?, is_rejected = ?, is_withdrawn = ?,
          sent_at = ?, expires_at = ?
        where invitation_id = ?
        """,
        invitee == null ? null : invitee.value(),
        invitation.noteSealed().toArray(),
        invitation.isRejected(),
        invitation.isWithdrawn(),
        invitation.sentAt(),
        invitation.expiresAt(),
        invitation.id().value());
  }

  @Override
  public void delete(Handle transaction, InvitationId id) {
    transaction.execute("delete from invitation where invitation_id = ?", id.value());
  }

  @Override
  public void deleteBetween(Handle transaction, AccountId one, AccountId other) {
    transaction.execute(
        """
        delete from invitation
        where (inviter_id = ? and invitee_id = ?) or (inviter_id = ? and invitee_id = ?)
        """,
        one.value(),
        other.value(),
        other.value(),
        one.value());
  }

  @Override
  public int deleteExpired(Handle transaction, Instant now) {
    return transaction.execute("delete from invitation where expires_at <= ?", now);
  }

  private static Invitation read(ResultSet row) throws SQLException {
    var invitee = row.getObject("invitee_id", UUID.class);
    return new Invitation(
        new InvitationId(row.getObject("invitation_id", UUID.class)),
        account(row, "inviter_id"),
        invitee == null ? null : new AccountId(invitee),
        Bytes.wrap(row.getBytes("email_hash")),
        Bytes.wrap(row.getBytes("email_sealed")),
        Bytes.wrap(row.getBytes("note_sealed")),
        row.getBoolean("is_rejected"),
        row.getBoolean("is_withdrawn"),
        instant(row, "sent_at"),
        instant(row, "expires_at"));
  }

  private static AccountId account(ResultSet row, String column) throws SQLException {
    return new AccountId(row.getObject(column, UUID.class));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getTimestamp(column).toInstant();
  }
}
