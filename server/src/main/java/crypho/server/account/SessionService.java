package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.server.db.AfterCommit;
import crypho.server.db.Db;
import crypho.server.rpc.Caller;
import crypho.server.rpc.SessionId;
import crypho.server.rpc.SessionResolver;
import crypho.server.seal.Sealer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Sessions: opened by a log-in, bound to a device, ended together with it.
///
/// | session | ends |
/// | --- | --- |
/// | without a device yet | a day after the log-in |
/// | with a device | 90 days after its last use |
/// | on a shared computer | 12 hours after the log-in, used or not |
///
/// Whatever ends a session unlinks its device: a device without a session could never be used
/// again.
final class SessionService implements SessionResolver {
  static final Duration LASTS = Duration.ofDays(90);
  static final Duration LASTS_SHARED = Duration.ofHours(12);
  static final Duration LASTS_UNBOUND = Duration.ofDays(1);
  static final int UNBOUND_MAX = 10;

  /// Years of logging in and out; older messages are checked by what clients remember.
  static final int FORMER_DEVICES_MAX = 1_000;

  private static final int TOKEN_BYTES = 32;

  /// A use is written down at most this often.
  private static final Duration TOUCHED_EVERY = Duration.ofHours(1);

  private static final int EXPIRED_BATCH = 50;

  private final Db db;
  private final Stores stores;
  private final AccountNews news;
  private final Rng rng;
  private final SessionCache cache = new SessionCache();

  SessionService(Db db, Stores stores, AccountNews news, Rng rng) {
    this.db = db;
    this.stores = stores;
    this.news = news;
    this.rng = rng;
  }

  @Override
  public @Nullable Caller resolve(Secret token, Instant now) {
    if (token.size() != TOKEN_BYTES) {
      return null;
    }
    var hash = Bytes.wrap(Sealer.tokenHash(token.reveal()));
    var cached = cache.find(hash, now);
    if (cached != null) {
      return cached;
    }
    long before = cache.ticket();
    var found = db.read(handle -> Optional.ofNullable(stores.sessions().find(handle, hash)));
    if (found.isPresent() && isTouchDue(found.get(), now)) {
      found = db.transact(transaction -> Optional.ofNullable(touched(transaction, hash, now)));
    }
    var valid = found.filter(session -> session.expiresAt().isAfter(now));
    valid.ifPresent(session -> cache.put(hash, session, now, before));
    return valid.map(Session::caller).orElse(null);
  }

  private static boolean isTouchDue(Session session, Instant now) {
    return session.deviceOrNull() != null
        && session.expiresAt().isAfter(now)
        && Duration.between(session.lastUsedAt(), now).compareTo(TOUCHED_EVERY) >= 0;
  }

  /// Writes the use down; null where the session has ended meanwhile.
  private @Nullable Session touched(Handle transaction, Bytes tokenHash, Instant now) {
    var session = stores.sessions().find(transaction, tokenHash);
    if (session != null && session.deviceOrNull() != null && isTouchDue(session, now)) {
      var expiresAt = session.isSharedComputer() ? session.expiresAt() : now.plus(LASTS);
      stores.sessions().touch(transaction, session.id(), now, expiresAt);
      stores.devices().setLastSeenAt(transaction, session.deviceOrNull(), now);
    }
    return session;
  }

  /// Opens a session without a device; the oldest such beyond a few end.
  Secret open(
      Handle transaction,
      AfterCommit after,
      AccountId account,
      boolean isSharedComputer,
      Instant now) {
    var token = rng.bytes(TOKEN_BYTES);
    var hash = Bytes.wrap(Sealer.tokenHash(token));
    var expiresAt = now.plus(isSharedComputer ? LASTS_SHARED : LASTS_UNBOUND);
    stores.sessions().insert(transaction, hash, account, isSharedComputer, now, expiresAt);
    for (var ended : stores.sessions().deleteUnbound(transaction, account, UNBOUND_MAX)) {
      ended(after, ended);
    }
    return Secret.wrap(token);
  }

  /// Tells other features that the account reads mail at the address.
  void announceAddress(
      Handle transaction, AfterCommit after, AccountId account, Bytes emailHash, Instant now) {
    news.addressVerified(transaction, after, account, emailHash, now);
  }

  void bind(Handle transaction, AfterCommit after, Session session, DeviceId device, Instant now) {
    var expiresAt = session.isSharedComputer() ? session.expiresAt() : now.plus(LASTS);
    stores.sessions().bind(transaction, session.id(), device, expiresAt);
    after.add(() -> cache.forget(session.id()));
  }

  /// Ends the session and unlinks its device.
  void logOut(Caller caller, Instant now) {
    db.transactThen((transaction, after) -> {
      end(transaction, after, caller.account(), caller.session(), now);
      return caller;
    });
  }

  /// Unlinks a device: its session, its way in and its key packages go. Nothing happens where it is
  /// gone already. The caller holds the lock on the account.
  void unlink(
      Handle transaction, AfterCommit after, AccountId account, DeviceId device, Instant now) {
    var session = stores.sessions().findOfDevice(transaction, device);
    if (!stores.devices().unlink(transaction, account, device, FORMER_DEVICES_MAX, now)) {
      return;
    }
    stores.accounts().deleteWayIn(transaction, account, WayIn.Name.of(device));
    if (session != null) {
      ended(after, session);
    }
    news.deviceUnlinked(transaction, after, account, device);
  }

  /// Ends what has run out by `now`; returns how many sessions did.
  int expire(Instant now) {
    int ended = 0;
    for (int batch = expireBatch(now); batch > 0; batch = expireBatch(now)) {
      ended += batch;
    }
    db.run(transaction -> {
      stores.sessions().deleteExpiredTickets(transaction, now);
      stores.signUps().deleteExpired(transaction, now);
    });
    return ended;
  }

  private int expireBatch(Instant now) {
    var expired =
        db.transact(transaction -> stores.sessions().expired(transaction, now, EXPIRED_BATCH));
    for (var session : expired) {
      db.transactThen((transaction, after) -> {
        stores.accounts().lock(transaction, session.account());
        var current = stores.sessions().find(transaction, session.id());
        if (current != null && !current.expiresAt().isAfter(now)) {
          end(transaction, after, session.account(), session.id(), now);
        }
        return session;
      });
    }
    return expired.size();
  }

  private void end(
      Handle transaction, AfterCommit after, AccountId account, SessionId sessionId, Instant now) {
    stores.accounts().lock(transaction, account);
    var session = stores.sessions().find(transaction, sessionId);
    if (session == null) {
      return;
    }
    if (session.deviceOrNull() != null) {
      unlink(transaction, after, account, session.deviceOrNull(), now);
    } else {
      stores.sessions().delete(transaction, sessionId);
      ended(after, sessionId);
    }
  }

  private void ended(AfterCommit after, SessionId session) {
    after.add(() -> cache.forget(session));
    news.sessionEnded(after, session);
  }
}
