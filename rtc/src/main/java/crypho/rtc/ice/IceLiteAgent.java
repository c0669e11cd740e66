package crypho.rtc.ice;

import crypho.base.Invariant;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The lite side of ICE for one client (RFC 8445 §2.5, §6.1.1, §7.3): it answers checks, follows
/// the client's nomination, and ends consent (RFC 7675). One component, always controlled. One
/// owner thread; no clock.
///
/// | state | `selected` | check arrives | nominating check arrives | 30 s without a check on `selected` |
/// |---|---|---|---|---|
/// | new | none | → checked, on that path | → nominated | nothing to lose |
/// | checked | provisional | answered | → nominated | → new, `ConsentLost` |
/// | nominated | nominated | answered, consent renewed | may move `selected`: see below | → new, `ConsentLost` |
/// | restarting | of the old credentials | with the old: as before; with the new: answered | with the new: → nominated, old credentials and their paths go | → new, `ConsentLost` |
///
/// **Which nomination counts.** A client that nominates regularly checks a path first and nominates
/// it when it means it: that moves at once, also to a worse path, which is how a client moves from
/// one network to another. A client that nominates aggressively (RFC 5245) puts USE-CANDIDATE on
/// every check, and of those the path of highest priority counts; it may move down only when the
/// selected path has been silent for [#NOMINATION_HOLD_NANOS].
///
/// **What is answered without authentication**: 400 and 401, as RFC 8489 §9.1.3 requires, to
/// requests that name our fragment, never with more bytes than came in. Everything else is dropped.
///
/// Out of scope: being controlling, more components, sending checks or candidates, renomination.
public final class IceLiteAgent {
  /// The comprehension-required attributes that an agent handles: for the [StunReader].
  public static final long UNDERSTOOD =
      StunReader.types(
          Attribute.USERNAME,
          Attribute.MESSAGE_INTEGRITY,
          Attribute.MESSAGE_INTEGRITY_SHA256,
          Attribute.PRIORITY,
          Attribute.USE_CANDIDATE);

  // Verdicts of onMessage.
  public static final int OK = 0;

  /// Not a request: lite agents ask nothing, so no answer is awaited, and indications say nothing.
  public static final int NOT_A_REQUEST = -1;

  /// Too large for a check, no FINGERPRINT, or a wrong one.
  public static final int NOT_A_CHECK = -2;

  /// No USERNAME or integrity, or no PRIORITY.
  public static final int INCOMPLETE = -3;

  /// The fragment is not ours, or the integrity is not by our password.
  public static final int UNAUTHENTICATED = -4;

  /// The client says that it is controlled: answered with 487.
  public static final int ROLE_CONFLICT = -5;

  /// An attribute must be understood and is not: answered with 420.
  public static final int UNKNOWN_ATTRIBUTE = -6;

  /// Authenticated, but its transaction was seen on another path: dropped.
  public static final int REPLAYED = -7;

  /// RFC 7675 §5.1.
  public static final long CONSENT_NANOS = 30_000_000_000L;

  /// How long a silent selected path holds against nominations of lower priority.
  public static final long NOMINATION_HOLD_NANOS = 1_000_000_000L;

  /// Paths known for one client; a new one replaces the one that was silent for longest.
  public static final int PATHS_MAX = 8;

  /// Larger than any check: keeps the price of a forged one small.
  public static final int CHECK_BYTES_MAX = 640;

  private static final int ANSWER_BYTES_MAX = 256;
  private static final int BAD_REQUEST = 400;
  private static final int UNAUTHORIZED = 401;
  private static final int UNKNOWN = 420;
  private static final int CONFLICT = 487;

  /// Where packets and events go, passed on each call.
  public interface Sink extends PacketSink {
    void event(IceEvent event);
  }

  /// One set of local credentials: from its making or a restart to the next that the client takes.
  private static final class Generation {
    final IceCredentials credentials;
    final byte[] ufrag;
    final IntegrityKey key;

    Generation(IceCredentials credentials) {
      this.credentials = credentials;
      this.ufrag = credentials.ufrag().getBytes(StandardCharsets.US_ASCII);
      this.key = IntegrityKey.shortTerm(credentials.password());
    }
  }

  private static final class Path {
    final FiveTuple tuple;
    final byte[] ip;
    Generation generation;
    long priority;
    long checkedNanos;
    boolean isLastNominating;
    boolean wasCheckedPlain;

    Path(FiveTuple tuple, Generation generation) {
      this.tuple = tuple;
      this.ip = tuple.remote().getAddress().getAddress();
      this.generation = generation;
    }
  }

  private final List<Path> paths = new ArrayList<>(PATHS_MAX);
  private final StunWriter writer = new StunWriter();
  private final byte[] answer = new byte[ANSWER_BYTES_MAX];
  private final SeenTransactions seen = new SeenTransactions();
  private Generation current;
  private @Nullable Generation old;
  private byte @Nullable [] remoteUfrag;
  private @Nullable Path selected;
  private boolean isNominated;

  public IceLiteAgent(IceCredentials local) {
    this.current = new Generation(local);
  }

  /// The credentials to signal.
  public IceCredentials local() {
    return current.credentials;
  }

  /// Where to send, or null while nobody may be sent to. Fixed object: compare by reference.
  public @Nullable FiveTuple selected() {
    var now = selected;
    return now == null ? null : now.tuple;
  }

  /// Takes only checks by this fragment from now on (RFC 8445 §7.2.2), where signalling tells it.
  public void setRemoteUfrag(String ufrag) {
    remoteUfrag = ufrag.getBytes(StandardCharsets.US_ASCII);
  }

  /// ICE restart (RFC 8445 §9): `next` is accepted at once; what the client uses now stays until it
  /// nominates a path with `next`. Credentials of a restart that it never took are forgotten with
  /// [IceEvent.UfragRetired].
  public void restart(IceCredentials next, Sink sink) {
    var kept = old;
    if (kept != null || paths.isEmpty()) {
      retire(current, sink);
    } else {
      old = current;
    }
    current = new Generation(next);
    remoteUfrag = null;
  }

  /// Takes a STUN message that `message` has read whole and whose USERNAME led here.
  ///
  /// @return [#OK] where it was authenticated and answered with success, else a negative verdict
  public int onMessage(long nowNanos, FiveTuple path, StunReader message, Sink sink) {
    if (message.method() != Stun.BINDING || message.messageClass() != Stun.REQUEST) {
      return NOT_A_REQUEST;
    }
    if (message.length() > CHECK_BYTES_MAX || !message.hasValidFingerprint()) {
      return NOT_A_CHECK;
    }
    if (!message.has(Attribute.USERNAME) || !message.hasIntegrity()) {
      refuse(path, message, BAD_REQUEST, sink);
      return INCOMPLETE;
    }
    var generation = named(message);
    if (generation == null || !message.verify(generation.key)) {
      refuse(path, message, UNAUTHORIZED, sink);
      return UNAUTHENTICATED;
    }
    if (seen.isReplay(path, message)) {
      return REPLAYED;
    }
    return onCheck(nowNanos, path, generation, message, sink);
  }

  private int onCheck(
      long nowNanos, FiveTuple tuple, Generation generation, StunReader check, Sink sink) {
    if (check.unknownCount() > 0) {
      writer.answer(answer, 0, Stun.ERROR, check).errorCode(UNKNOWN).unknownAttributes(check);
      send(tuple, generation, check, sink);
      return UNKNOWN_ATTRIBUTE;
    }
    if (check.has(Attribute.ICE_CONTROLLED)) {
      // RFC 8445 §7.3.1.1; a lite agent cannot take the other role (§6.1.1), whatever the
      // tie-breaker says.
      writer.answer(answer, 0, Stun.ERROR, check).errorCode(CONFLICT);
      send(tuple, generation, check, sink);
      return ROLE_CONFLICT;
    }
    if (!check.has(Attribute.PRIORITY)) {
      writer.answer(answer, 0, Stun.ERROR, check).errorCode(BAD_REQUEST);
      send(tuple, generation, check, sink);
      return INCOMPLETE;
    }
    var path = note(nowNanos, tuple, generation, sink);
    writer
        .answer(answer, 0, Stun.SUCCESS, check)
        .xorAddress(Attribute.XOR_MAPPED_ADDRESS, path.ip, tuple.remote().getPort());
    send(tuple, generation, check, sink);
    path.priority = Integer.toUnsignedLong(check.intValue(Attribute.PRIORITY));
    choose(nowNanos, path, check.has(Attribute.USE_CANDIDATE), sink);
    return OK;
  }

  /// Finds or adds the path, and renews its consent.
  private Path note(long nowNanos, FiveTuple tuple, Generation generation, Sink sink) {
    var path = find(tuple);
    if (path == null) {
      makeRoom(sink);
      path = new Path(tuple, generation);
      paths.add(path);
      sink.event(new IceEvent.PathAdded(tuple));
    }
    path.checkedNanos = nowNanos;
    if (generation == current && path.generation != current) {
      path.generation = current;
      path.wasCheckedPlain = false;
    }
    return path;
  }

  private void choose(long nowNanos, Path path, boolean isNominating, Sink sink) {
    var before = selected;
    boolean wins =
        isNominating ? before == null || nominationWins(nowNanos, path, before) : before == null;
    path.isLastNominating = isNominating;
    path.wasCheckedPlain = path.wasCheckedPlain || !isNominating;
    if (wins) {
      select(path, isNominating, sink);
    }
    if (isNominating && selected == path && path.generation == current) {
      retireOld(sink);
    }
  }

  private boolean nominationWins(long nowNanos, Path path, Path before) {
    if (path == before) {
      return !isNominated;
    }
    if (path.generation != before.generation) {
      return path.generation == current;
    }
    return !isNominated
        || path.wasCheckedPlain
        || !before.isLastNominating
        || path.priority > before.priority
        || nowNanos - before.checkedNanos >= NOMINATION_HOLD_NANOS;
  }

  private void select(Path path, boolean nominated, Sink sink) {
    selected = path;
    isNominated = nominated;
    if (nominated) {
      path.wasCheckedPlain = false;
    }
    sink.event(new IceEvent.PathSelected(path.tuple, nominated));
  }

  /// The connection of a TCP path has ended: another path that was checked lately takes over, or
  /// consent is lost.
  public void onPathClosed(long nowNanos, FiveTuple tuple, Sink sink) {
    var path = find(tuple);
    if (path == null) {
      return;
    }
    remove(path, sink);
    if (selected == path) {
      selected = null;
      isNominated = false;
      var next = latest();
      if (next != null && nowNanos - next.checkedNanos < CONSENT_NANOS) {
        select(next, false, sink);
      } else {
        sink.event(new IceEvent.ConsentLost());
      }
    }
  }

  /// Ends what has run out; to be called at or after [#deadlineNanos].
  public void onTimeout(long nowNanos, Sink sink) {
    var before = selected;
    if (before != null && nowNanos - before.checkedNanos >= CONSENT_NANOS) {
      selected = null;
      isNominated = false;
      sink.event(new IceEvent.ConsentLost());
    }
    for (int i = paths.size() - 1; i >= 0; i--) {
      if (nowNanos - paths.get(i).checkedNanos >= CONSENT_NANOS) {
        remove(paths.get(i), sink);
      }
    }
  }

  /// When [#onTimeout] has something to do; `Long.MAX_VALUE` while no path is known.
  public long deadlineNanos() {
    long deadline = Long.MAX_VALUE;
    for (int i = 0; i < paths.size(); i++) {
      deadline = Math.min(deadline, paths.get(i).checkedNanos + CONSENT_NANOS);
    }
    return deadline;
  }

  private @Nullable Generation named(StunReader message) {
    if (isNamed(current, message)) {
      return current;
    }
    var before = old;
    return before != null && isNamed(before, message) ? before : null;
  }

  /// USERNAME is our fragment, a colon, and the other's (RFC 8445 §7.2.2).
  private boolean isNamed(Generation generation, StunReader message) {
    var data = message.data();
    int at = message.valueOffset(Attribute.USERNAME);
    int length = message.valueLength(Attribute.USERNAME);
    var ours = generation.ufrag;
    if (length <= ours.length || data[at + ours.length] != ':' || !startsWith(data, at, ours)) {
      return false;
    }
    var theirs = remoteUfrag;
    if (theirs == null || generation != current) {
      return true;
    }
    int rest = ours.length + 1;
    return length == rest + theirs.length && startsWith(data, at + rest, theirs);
  }

  private static boolean startsWith(byte[] data, int offset, byte[] prefix) {
    for (int i = 0; i < prefix.length; i++) {
      if (data[offset + i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /// An error that is not authenticated: never longer than what it answers.
  private void refuse(FiveTuple path, StunReader request, int code, Sink sink) {
    int length =
        writer.answer(answer, 0, Stun.ERROR, request).errorCode(code).fingerprint().length();
    if (length > 0 && length <= request.length()) {
      sink.transmit(path, answer, 0, length);
    }
  }

  private void send(FiveTuple path, Generation generation, StunReader request, Sink sink) {
    boolean isSha256 = request.has(Attribute.MESSAGE_INTEGRITY_SHA256);
    int length = writer.integrity(generation.key, isSha256).fingerprint().length();
    Invariant.check(length > 0, "every answer to a check fits its buffer");
    sink.transmit(path, answer, 0, length);
  }

  private @Nullable Path find(FiveTuple tuple) {
    for (int i = 0; i < paths.size(); i++) {
      if (paths.get(i).tuple.equals(tuple)) {
        return paths.get(i);
      }
    }
    return null;
  }

  /// The path other than the selected one that was checked last.
  private @Nullable Path latest() {
    Path out = null;
    for (var path : paths) {
      if (path != selected && (out == null || path.checkedNanos > out.checkedNanos)) {
        out = path;
      }
    }
    return out;
  }

  private void makeRoom(Sink sink) {
    if (paths.size() < PATHS_MAX) {
      return;
    }
    Path silent = null;
    for (var path : paths) {
      if (path != selected && (silent == null || path.checkedNanos < silent.checkedNanos)) {
        silent = path;
      }
    }
    if (silent != null) {
      remove(silent, sink);
    }
  }

  private void remove(Path path, Sink sink) {
    paths.remove(path);
    sink.event(new IceEvent.PathRemoved(path.tuple));
  }

  private void retireOld(Sink sink) {
    var before = old;
    if (before == null) {
      return;
    }
    old = null;
    for (int i = paths.size() - 1; i >= 0; i--) {
      if (paths.get(i).generation != current) {
        remove(paths.get(i), sink);
      }
    }
    retire(before, sink);
  }

  private static void retire(Generation generation, Sink sink) {
    sink.event(new IceEvent.UfragRetired(generation.credentials.ufrag()));
  }
}
