package crypho.server.account;

import crypho.base.Bytes;
import crypho.server.rpc.Caller;
import crypho.server.rpc.SessionId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Sessions that were looked up lately, by the hash of their token. Those that end here are
/// forgotten at once, those that end on another node after a few seconds. Bounded; any thread.
final class SessionCache {
  private static final int ENTRIES_MAX = 20_000;
  private static final Duration FRESH = Duration.ofSeconds(10);

  private record Entry(Session session, Instant readAt) {}

  private final LinkedHashMap<Bytes, Entry> byToken = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<SessionId, Bytes> tokens = new HashMap<>();
  private long forgotten;

  synchronized @Nullable Caller find(Bytes tokenHash, Instant now) {
    var entry = byToken.get(tokenHash);
    if (entry == null) {
      return null;
    }
    boolean isFresh =
        Duration.between(entry.readAt, now).abs().compareTo(FRESH) < 0
            && entry.session.expiresAt().isAfter(now);
    if (!isFresh) {
      remove(tokenHash, entry);
      return null;
    }
    return entry.session.caller();
  }

  /// To be taken before the database is read: see [#put].
  synchronized long ticket() {
    return forgotten;
  }

  /// Keeps what was read, unless some session was forgotten since the ticket: it might be this one.
  synchronized void put(Bytes tokenHash, Session session, Instant now, long ticket) {
    if (ticket != forgotten) {
      return;
    }
    byToken.put(tokenHash, new Entry(session, now));
    tokens.put(session.id(), tokenHash);
    if (byToken.size() > ENTRIES_MAX) {
      var eldest = byToken.firstEntry();
      remove(eldest.getKey(), eldest.getValue());
    }
  }

  synchronized void forget(SessionId session) {
    forgotten++;
    var token = tokens.remove(session);
    if (token != null) {
      byToken.remove(token);
    }
  }

  private void remove(Bytes tokenHash, Entry entry) {
    byToken.remove(tokenHash);
    tokens.remove(entry.session.id());
  }
}
