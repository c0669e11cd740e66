package crypho.server.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.mls.Directory;
import crypho.mls.MemberId;
import crypho.wire.v1.CommitEntry;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.LeaveResponse;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.SendResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The delivery engine over tables in memory: the same rules and effects as the service, executed
/// all or nothing. Checks, after every change, what must hold of the log, by a replay of its own
/// that knows nothing of the rules.
final class SimServer {
  /// What a member may see of a conversation at one moment.
  record View(Head head, Set<AccountId> current, List<Pending> pending, Set<AccountId> missing) {}

  record Page(List<Entry> entries, @Nullable View view, ModelGroup.@Nullable State welcome) {}

  /// Who gets frames; the world delivers them, or loses them.
  interface Frames {
    void entry(AccountId account, Entry entry);
  }

  private final ConversationId id = new ConversationId(new UUID(1, 1));
  private final GroupRules groupRules = new ModelGroup();
  private final DeliveryRules delivery = new DeliveryRules(Limits.DEFAULT);
  private final MembershipRules membership = new MembershipRules(Limits.DEFAULT);
  private final Frames frames;

  // The tables.
  private Head head;
  private final Map<AccountId, MemberState> members = new HashMap<>();
  private final TreeMap<String, MemberId> leaves = new TreeMap<>();
  private final Set<Pending> pending = new HashSet<>();
  private final Map<DepositName, Deposit> deposits = new HashMap<>();
  private final Map<DeviceId, ModelGroup.State> welcomes = new HashMap<>();
  private Bytes group = Bytes.EMPTY;
  final List<Entry> log = new ArrayList<>();

  // Accounts' side.
  final Set<DeviceId> registered = new HashSet<>();
  private final Set<AccountId> subscribed = new HashSet<>();

  // The replay.
  private int replayGeneration;
  private long replayEpoch;
  private final Set<AccountId> replayMembers = new HashSet<>();
  private final Map<AccountId, Long> replayGone = new HashMap<>();
  private final Set<UUID> replayClientIds = new HashSet<>();
  private final Map<DeviceId, Long> unlinkedAtSeq = new HashMap<>();

  SimServer(Frames frames, MemberId creator, long nonce) {
    this.frames = frames;
    this.head = new Head(Kind.GROUP, creator.account(), 0, 0, 0, 0, false, 0);
    registered.add(creator.device());
    replayMembers.add(creator.account());
    var info = ModelGroup.first(0, creator, nonce).encode();
    apply(MembershipRules.begin(head, creator, null, info, new GroupRules.Begun.Accepted(info, 0)));
  }

  ConversationState state() {
    var leafMap = new HashMap<DeviceId, AccountId>();
    leaves.values().forEach(leaf -> leafMap.put(leaf.device(), leaf.account()));
    var current = new EpochName(head.generation(), head.epoch());
    var deposited = new HashSet<AccountId>();
    deposits.keySet().stream()
        .filter(name -> name.epoch().equals(current))
        .forEach(name -> deposited.add(name.account()));
    return new ConversationState(
        id, head, new HashMap<>(members), leafMap, new HashSet<>(pending), deposited);
  }

  /// The handshake as judged without the lock: other requests may come between.
  record Judged(ConversationState against, GroupRules.Judged judged, Set<AccountId> contacts) {}

  /// An answer, or a judgement that is still to be stored.
  record Early(@Nullable CommitResponse answer, @Nullable Judged judged) {}

  Early judge(MemberId caller, CommitRequestIn request) {
    var state = state();
    var early = delivery.beforeJudging(state, caller, request, prior(request));
    if (early != null) {
      return new Early(early, null);
    }
    var mustGo = new HashSet<DeviceId>();
    state
        .pending()
        .forEach(each -> {
          if (each.device() != null) {
            mustGo.add(each.device());
          }
        });
    var judged =
        groupRules.judge(
            group, mustGo, caller, request.bundle(), new SimDirectory(state), Instant.EPOCH);
    return new Early(null, new Judged(state, judged, request.added()));
  }

  private @Nullable Entry prior(CommitRequestIn request) {
    return log.stream()
        .filter(entry -> entry.kind() == EntryKind.COMMIT)
        .filter(entry -> entry.generation() == request.generation())
        .filter(entry -> entry.epoch() == request.epoch())
        .findFirst()
        .orElse(null);
  }

  /// Null where the conversation has changed since it was judged.
  @Nullable CommitResponse commit(
      MemberId caller, CommitRequestIn request, Judged judged, long nowMs) {
    boolean areRegistered =
        !(judged.judged() instanceof GroupRules.Judged.Accepted accepted)
            || accepted.added().stream().allMatch(each -> registered.contains(each.device()));
    if (!areRegistered || !DeliveryRules.isUnchanged(judged.against(), state())) {
      return null;
    }
    return done(
        delivery.commit(state(), caller, request, judged.judged(), judged.contacts(), nowMs));
  }

  CommitResponse reset(MemberId caller, int generation, Bytes info, long nowMs) {
    var prior =
        log.stream()
            .filter(entry -> entry.kind() == EntryKind.RESET && entry.generation() == generation)
            .findFirst()
            .orElse(null);
    var begun = new GroupRules.Begun.Accepted(info, 0);
    return done(delivery.reset(state(), caller, generation, info, begun, prior, nowMs));
  }

  PutDepositsResponse deposit(MemberId caller, List<Deposit> sent) {
    var current = new EpochName(head.generation(), head.epoch());
    var spans = new HashMap<EpochName, EpochSpan>();
    for (var each : sent) {
      var name = new EpochName(each.getGeneration(), each.getEpoch());
      if (!name.equals(current)) {
        span(name, spans);
      }
    }
    return done(delivery.deposits(state(), caller, sent, spans, deposits.keySet()));
  }

  private void span(EpochName name, Map<EpochName, EpochSpan> out) {
    long start = 0;
    for (var entry : log) {
      if (entry.kind() == EntryKind.COMMIT || entry.kind() == EntryKind.RESET) {
        if (entry.generation() == name.generation() && entry.epoch() == name.epoch()) {
          out.put(name, new EpochSpan(name.generation(), name.epoch(), start, entry.seq()));
          return;
        }
        start = entry.seq();
      }
    }
  }

  LeaveResponse leave(MemberId caller, long nowMs) {
    return done(membership.leave(state(), caller, nowMs));
  }

  void unlink(DeviceId device) {
    registered.remove(device);
    unlinkedAtSeq.put(device, head.lastSeq());
    apply(DeliveryRules.unlinked(state(), device));
  }

  SendResponse send(Draft draft, long nowMs) {
    var account = new AccountId(draft.account());
    var member = state().currentMember(account);
    var device = DeviceCode.toDevice(draft.device());
    var prior =
        log.stream()
            .filter(entry -> entry.device() == draft.device())
            .filter(entry -> draft.clientId().equals(entry.clientId()))
            .map(entry -> new SendRules.Prior(entry.seq(), entry.timeMs()))
            .findFirst()
            .orElse(null);
    var sender =
        new SendRules.Sender(
            member == null ? null : member.role(),
            leaves.containsKey(device.hex()),
            prior,
            erasable(draft.erasesSeq()));
    var verdict = SendRules.judge(head, sender, draft);
    if (verdict == SendRules.Verdict.DUPLICATE) {
      var found = Objects.requireNonNull(prior);
      return SendRules.accepted(found.seq(), found.timeMs());
    }
    if (verdict != SendRules.Verdict.OK) {
      return SendRules.refused(verdict, head, pending);
    }
    assertTrue(pending.isEmpty(), "a message came through a pending removal");
    assertTrue(state().missingDeposits().isEmpty(), "a message came before its deposits");
    var next = head.appended(nowMs);
    var effects = new ArrayList<Effect>();
    effects.add(new Effect.PutHead(next));
    effects.add(new Effect.Append(SendRules.entry(next, draft)));
    if (draft.erasesSeq() != 0) {
      effects.add(new Effect.Erase(draft.erasesSeq(), next.lastTimeMs()));
    }
    apply(effects);
    return SendRules.accepted(next.lastSeq(), next.lastTimeMs());
  }

  private SendRules.@Nullable Erasable erasable(long seq) {
    if (seq < 1 || seq > log.size()) {
      return null;
    }
    var entry = log.get((int) seq - 1);
    return new SendRules.Erasable(entry.account(), entry.kind());
  }

  /// What a device reads: entries from `after`, the state of things, its Welcome.
  Page read(MemberId caller, long after, int limit) {
    var member = members.get(caller.account());
    if (member == null) {
      return new Page(List.of(), null, null);
    }
    var until = member.until();
    long last = until == null ? head.lastSeq() : until.seq();
    long from = Math.max(after + 1, member.firstSeq());
    var entries =
        from > last
            ? List.<Entry>of()
            : List.copyOf(log.subList((int) from - 1, (int) Math.min(last, from + limit - 1)));
    if (until != null) {
      return new Page(entries, null, null);
    }
    var state = state();
    var view =
        new View(head, state.currentAccounts(), List.copyOf(pending), state.missingDeposits());
    return new Page(entries, view, welcomes.get(caller.device()));
  }

  long firstSeq(AccountId account) {
    var member = members.get(account);
    return member == null ? 1 : member.firstSeq();
  }

  void acknowledgeWelcome(DeviceId device) {
    welcomes.remove(device);
  }

  ModelGroup.State groupInfo() {
    return ModelGroup.State.decode(group);
  }

  Set<DeposedKey> depositsOf(AccountId account) {
    var out = new HashSet<DeposedKey>();
    deposits.forEach((name, deposit) -> {
      if (name.account().equals(account)) {
        out.add(new DeposedKey(name.epoch(), deposit.getSealedKey()));
      }
    });
    return out;
  }

  record DeposedKey(EpochName epoch, ByteString key) {}

  boolean isDeposited(EpochName epoch, AccountId account) {
    return deposits.containsKey(new DepositName(epoch, account));
  }

  private <A> A done(Decision<A> decision) {
    apply(decision.effects());
    return decision.answer();
  }

  private void apply(List<Effect> effects) {
    for (var effect : effects) {
      if (effect instanceof Effect.Change change) {
        apply(change);
      }
    }
    check();
    for (var effect : effects) {
      switch (effect) {
        case Effect.Subscribe(var accounts) -> subscribed.addAll(accounts);
        case Effect.Unsubscribe(var accounts) -> subscribed.removeAll(accounts);
        case Effect.Append(var entry) -> publish(entry);
        default -> {}
      }
    }
  }

  private void publish(Entry entry) {
    for (var account : new TreeSet<>(subscribed.stream().map(AccountId::value).toList())) {
      var told = new AccountId(account);
      var gone = replayGone.get(told);
      assertTrue(gone == null || entry.seq() <= gone, "a frame to one who has gone");
      frames.entry(told, entry);
    }
  }

  private void apply(Effect.Change change) {
    switch (change) {
      case Effect.PutHead(var next) -> head = next;
      case Effect.PutMember(var member) -> members.put(member.account(), member);
      case Effect.AddLeaves(var added) ->
          added.forEach(leaf -> {
            leaves.put(leaf.device().hex(), leaf);
            welcomes.remove(leaf.device());
          });
      case Effect.DropLeaves(var devices) ->
          devices.forEach(device -> {
            leaves.remove(device.hex());
            welcomes.remove(device);
          });
      case Effect.AddPending(var each) -> pending.add(each);
      case Effect.DropPending(var each) -> pending.remove(each);
      case Effect.PutGroup put -> group = put.deliveryState();
      case Effect.PutWelcome put ->
          put.devices()
              .forEach(device -> welcomes.put(device, ModelGroup.State.decode(put.welcome())));
      case Effect.DropWelcomes() -> welcomes.clear();
      case Effect.PutDeposit(var deposit) ->
          deposits.put(
              new DepositName(
                  new EpochName(deposit.getGeneration(), deposit.getEpoch()),
                  AccountId.parse(deposit.getAccountId())),
              deposit);
      case Effect.Erase(var seq, var timeMs) ->
          log.set((int) seq - 1, log.get((int) seq - 1).erased(timeMs));
      case Effect.Append(var entry) -> {
        log.add(entry);
        replay(entry);
      }
      case Effect.Delete() -> throw new AssertionError("nobody deletes here");
    }
  }

  /// Follows the log as a stranger would, from entries alone.
  private void replay(Entry entry) {
    assertEquals(log.size(), entry.seq(), "the log is gapless");
    var sender = new AccountId(entry.account());
    assertTrue(replayMembers.contains(sender), "an entry of one who does not belong");
    assertEquals(replayGeneration, entry.generation(), "an entry of another generation");
    assertEquals(replayEpoch, entry.epoch(), "an entry of another epoch");
    if (entry.clientId() != null) {
      assertTrue(replayClientIds.add(entry.clientId()), "a request was stored twice");
    }
    switch (entry.kind()) {
      case MESSAGE -> {
        var unlinked = unlinkedAtSeq.get(DeviceCode.toDevice(entry.device()));
        assertTrue(unlinked == null, "a message of an unlinked device");
      }
      case COMMIT -> {
        replayEpoch++;
        var body = parse(entry);
        body.getAddedAccountIdsList()
            .forEach(text -> {
              replayMembers.add(AccountId.parse(text));
              replayGone.remove(AccountId.parse(text));
            });
        body.getRemovedAccountIdsList().forEach(text -> gone(AccountId.parse(text), entry));
      }
      case RESET -> {
        replayGeneration++;
        replayEpoch = 0;
      }
      case LEFT -> gone(sender, entry);
      case ERASED, ROLE -> {}
    }
  }

  private void gone(AccountId account, Entry entry) {
    replayMembers.remove(account);
    replayGone.put(account, entry.seq());
  }

  static CommitEntry parse(Entry entry) {
    try {
      return CommitEntry.parseFrom(entry.body());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private void check() {
    var state = state();
    assertEquals(log.size(), head.lastSeq(), "the head knows the log's end");
    assertEquals(pending.size(), head.pendingCount(), "the head counts what is pending");
    assertEquals(replayMembers, state.currentAccounts(), "the members are those of the log");
    assertEquals(
        state.missingDeposits().isEmpty(), head.isDeposited(), "the head knows the deposits");
    assertEquals(leaves.size(), groupInfo().roster().size(), "leaves are those of the tree");
    for (var leaf : leaves.values()) {
      assertEquals(leaf.account(), groupInfo().roster().get(leaf.device().hex()));
      boolean mayStay =
          registered.contains(leaf.device()) && state.currentMember(leaf.account()) != null;
      assertTrue(
          mayStay || pending.contains(new Pending(leaf.account(), leaf.device())),
          "a leaf that must go is pending");
    }
  }

  private final class SimDirectory implements Directory {
    private final ConversationState state;

    SimDirectory(ConversationState state) {
      this.state = state;
    }

    @Override
    public String domain() {
      return "crypho.test";
    }

    @Override
    public boolean isRegistered(MemberId member, Bytes signatureKey) {
      return registered.contains(member.device());
    }

    @Override
    public boolean isEntitled(AccountId account) {
      return state.currentMember(account) != null;
    }

    @Override
    public boolean mayAdd(AccountId committer, AccountId account) {
      return true;
    }

    @Override
    public boolean mayRemove(AccountId committer, AccountId account) {
      return true;
    }
  }
}
