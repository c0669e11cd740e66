package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.server.rpc.SessionId;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Sessions, and tickets of log-ins that wait for the second factor. Every method runs in the
/// caller's transaction.
interface SessionStore {
  /// A log-in that wants its second factor.
  record Ticket(AccountId account, int codesLeft, Instant expiresAt) {}

  SessionId insert(
      Handle transaction,
      Bytes tokenHash,
      AccountId account,
      boolean isSharedComputer,
      Instant now,
      Instant expiresAt);

  @Nullable Session find(Handle transaction, Bytes tokenHash);

  @Nullable Session find(Handle transaction, SessionId id);

  @Nullable SessionId findOfDevice(Handle transaction, DeviceId device);

  List<Session> expired(Handle transaction, Instant now, int limit);

  void touch(Handle transaction, SessionId id, Instant usedAt, Instant expiresAt);

  void bind(Handle transaction, SessionId id, DeviceId device, Instant expiresAt);

  void delete(Handle transaction, SessionId id);

  /// Deletes the account's sessions without a device but the newest `kept`; says which.
  List<SessionId> deleteUnbound(Handle transaction, AccountId account, int kept);

  void insertTicket(Handle transaction, Bytes ticketHash, Ticket ticket);

  @Nullable Ticket findTicket(Handle transaction, Bytes ticketHash);

  /// As [#findTicket]; other answers to the same ticket wait.
  @Nullable Ticket lockTicket(Handle transaction, Bytes ticketHash);

  void setCodesLeft(Handle transaction, Bytes ticketHash, int codesLeft);

  void deleteTicket(Handle transaction, Bytes ticketHash);

  void deleteTickets(Handle transaction, AccountId account);

  void deleteExpiredTickets(Handle transaction, Instant now);
}
