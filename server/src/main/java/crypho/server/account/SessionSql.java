package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.server.rpc.SessionId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// [SessionStore] on PostgreSQL.
final class SessionSql implements SessionStore {
  @Override
  public SessionId insert(
      Handle transaction,
      Bytes tokenHash,
      AccountId account,
      boolean isSharedComputer,
      Instant now,
      Instant expiresAt) {
    return transaction
        .createQuery(
            """
            insert into session (token_hash, account_id, is_shared_computer, created_at,
              last_used_at, expires_at)
            values (:token, :account, :isShared, :now, :now, :expires)
            returning session_id
            """)
        .bind("token", tokenHash.toArray())
        .bind("account", account.value())
        .bind("isShared", isSharedComputer)
        .bind("now", now)
        .bind("expires", expiresAt)
        .map((row, _) -> new SessionId(row.getLong(1)))
        .one();
  }

  @Override
  public @Nullable Session find(Handle transaction, Bytes tokenHash) {
    return transaction
        .createQuery("select * from session where token_hash = :token")
        .bind("token", tokenHash.toArray())
        .map((row, _) -> read(row))
        .findOne()
        .orElse(null);
  }

  @Override
  public @Nullable Session find(Handle transaction, SessionId id) {
    return transaction
        .createQuery("select * from session where session_id = :id")
        .bind("id", id.value())
        .map((row, _) -> read(row))
        .findOne()
        .orElse(null);
  }

  @Override
  public @Nullable SessionId findOfDevice(Handle transaction, DeviceId device) {
    return transaction
        .createQuery("select session_id from session where device_id = :device")
        .bind("device", device.hex())
        .map((row, _) -> new SessionId(row.getLong(1)))
        .findOne()
        .orElse(null);
  }

  @Override
  public List<Session> expired(Handle transaction, Instant now, int limit) {
    return transaction
        .createQuery(
            "select * from session where expires_at <= :now order by expires_at limit :limit")
        .bind("now", now)
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  @Override
  public void touch(Handle transaction, SessionId id, Instant usedAt, Instant expiresAt) {
    transaction.execute(
        "update session set last_used_at = ?, expires_at = ? where session_id = ?",
        usedAt,
        expiresAt,
        id.value());
  }

  @Override
  public void bind(Handle transaction, SessionId id, DeviceId device, Instant expiresAt) {
    transaction.execute(
        "update session set device_id = ?, expires_at = ? where session_id = ?",
        device.hex(),
        expiresAt,
        id.value());
  }

  @Override
  public void delete(Handle transaction, SessionId id) {
    transaction.execute("delete from session where session_id = ?", id.value());
  }

  @Override
  public List<SessionId> deleteUnbound(Handle transaction, AccountId account, int kept) {
    return transaction
        .createQuery(
            """
            delete from session where session_id in (
              select session_id from session
              where account_id = :account and device_id is null
              order by session_id desc offset :kept)
            returning session_id
            """)
        .bind("account", account.value())
        .bind("kept", kept)
        .map((row, _) -> new SessionId(row.getLong(1)))
        .list();
  }

  @Override
  public void insertTicket(Handle transaction, Bytes ticketHash, Ticket ticket) {
    transaction.execute(
        """
        insert into log_in_ticket (ticket_hash, account_id, codes_left, expires_at)
        values (?, ?, ?, ?)
        """,
        ticketHash.toArray(),
        ticket.account().value(),
        ticket.codesLeft(),
        ticket.expiresAt());
  }

  @Override
  public @Nullable Ticket findTicket(Handle transaction, Bytes ticketHash) {
    return ticket(transaction, ticketHash, "");
  }

  @Override
  public @Nullable Ticket lockTicket(Handle transaction, Bytes ticketHash) {
    return ticket(transaction, ticketHash, " for update");
  }

  @Override
  public void setCodesLeft(Handle transaction, Bytes ticketHash, int codesLeft) {
    transaction.execute(
        "update log_in_ticket set codes_left = ? where ticket_hash = ?",
        codesLeft,
        ticketHash.toArray());
  }

  @Override
  public void deleteTicket(Handle transaction, Bytes ticketHash) {
    transaction.execute("delete from log_in_ticket where ticket_hash = ?", ticketHash.toArray());
  }

  @Override
  public void deleteTickets(Handle transaction, AccountId account) {
    transaction.execute("delete from log_in_ticket where account_id = ?", account.value());
  }

  @Override
  public void deleteExpiredTickets(Handle transaction, Instant now) {
    transaction.execute("delete from log_in_ticket where expires_at <= ?", now);
  }

  private static @Nullable Ticket ticket(Handle transaction, Bytes ticketHash, String suffix) {
    return transaction
        .createQuery("select * from log_in_ticket where ticket_hash = :hash" + suffix)
        .bind("hash", ticketHash.toArray())
        .map((row, _) ->
            new Ticket(
                Rows.account(row, "account_id"),
                row.getInt("codes_left"),
                Rows.instant(row, "expires_at")))
        .findOne()
        .orElse(null);
  }

  private static Session read(ResultSet row) throws SQLException {
    var device = row.getString("device_id");
    return new Session(
        new SessionId(row.getLong("session_id")),
        Rows.account(row, "account_id"),
        device == null ? null : new DeviceId(device),
        row.getBoolean("is_shared_computer"),
        Rows.instant(row, "last_used_at"),
        Rows.instant(row, "expires_at"));
  }
}
