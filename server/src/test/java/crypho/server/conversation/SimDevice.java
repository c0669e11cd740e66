package crypho.server.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.MemberId;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.SendResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One device in the simulated world. It holds what it has persisted and what it holds in memory
/// beyond that; a crash loses the difference. It follows the contract: one request of a kind at a
/// time, tried again until answered; its own commit is applied only once the server has accepted
/// it.
final class SimDevice {
  /// Everything that survives a crash.
  static final class Memory {
    boolean isJoined;
    ModelGroup.@Nullable State group;
    long cursor;

    /// The first entry that was read.
    long from = Long.MAX_VALUE;

    /// The last entry whose effect on the group was taken: reading what is before changes nothing.
    long handled;

    final TreeMap<Long, UUID> seen = new TreeMap<>();
    final Deque<UUID> outbox = new ArrayDeque<>();
    final TreeMap<UUID, Long> acknowledged = new TreeMap<>();

    Memory copy() {
      var out = new Memory();
      out.isJoined = isJoined;
      out.group = group;
      out.cursor = cursor;
      out.from = from;
      out.handled = handled;
      out.seen.putAll(seen);
      out.outbox.addAll(outbox);
      out.acknowledged.putAll(acknowledged);
      return out;
    }
  }

  final MemberId id;
  final String name;
  private final SimWorld world;
  private Memory saved = new Memory();
  Memory live = new Memory();
  boolean isOnline = true;
  boolean isUnlinked;
  boolean isGone;
  int life;
  private SimServer.@Nullable View view;
  private ModelGroup.@Nullable State welcome;
  private @Nullable CommitRequestIn ownCommit;
  private final Set<String> waiting = new HashSet<>();

  SimDevice(SimWorld world, MemberId id, String name) {
    this.world = world;
    this.id = id;
    this.name = name;
  }

  void founded(ModelGroup.State first) {
    live.isJoined = true;
    live.group = first;
    persist();
  }

  void persist() {
    saved = live.copy();
  }

  /// Loses what was not persisted, and every answer that is on its way.
  void crash() {
    live = saved.copy();
    ownCommit = null;
    view = null;
    welcome = null;
    waiting.clear();
    life++;
  }

  /// Does whatever is most urgent; called again and again.
  void act() {
    if (!isOnline || isUnlinked) {
      return;
    }
    sync();
    var known = view;
    if (isGone || known == null || live.cursor < known.head().lastSeq()) {
      return;
    }
    repair(known);
    if (ownCommit != null) {
      commit(ownCommit);
    } else if (!live.isJoined) {
      join();
    } else if (!known.pending().isEmpty()) {
      turn(List.of(), List.of());
    } else if (!known.missing().isEmpty()) {
      deposit(known);
    } else if (!live.outbox.isEmpty()) {
      send(live.outbox.getFirst());
    }
  }

  /// Has read everything and still is in another epoch: it missed the commits between a removal and
  /// its return, which it may not read. It joins anew.
  private void repair(SimServer.View known) {
    var group = live.group;
    boolean isBehind =
        group == null
            || group.generation() != known.head().generation()
            || group.epoch() != known.head().epoch();
    if (live.isJoined && isBehind && ownCommit == null && live.cursor == known.head().lastSeq()) {
      live.isJoined = false;
    }
  }

  /// One request of a kind at a time; a lost one is given up when the device acts next.
  private <A> void call(
      String kind,
      java.util.function.Supplier<@Nullable A> request,
      java.util.function.Consumer<A> answer) {
    waiting.add(kind);
    world.call(
        this,
        name + " " + kind,
        request,
        given -> {
          waiting.remove(kind);
          answer.accept(given);
        });
  }

  void sync() {
    long after = live.cursor;
    call("read", () -> world.server.read(id, after, 20), this::take);
  }

  private void take(SimServer.Page page) {
    for (var entry : page.entries()) {
      take(entry);
    }
    isGone = page.view() == null && (live.cursor > 0 || isGone);
    view = page.view();
    long first = world.server.firstSeq(id.account());
    if (view != null && first < live.from && live.from != Long.MAX_VALUE) {
      // Added again, now with what was before: it is read too.
      live.cursor = first - 1;
      live.from = first;
    }
    welcome = page.welcome();
    world.maybePersist(this);
  }

  /// Entries count only in order; a gap is healed by the next read.
  void take(Entry entry) {
    long first = world.server.firstSeq(id.account());
    boolean isNext = entry.seq() == Math.max(live.cursor + 1, first);
    if (!isNext) {
      return;
    }
    live.cursor = entry.seq();
    live.from = Math.min(live.from, entry.seq());
    boolean isHandled = entry.seq() <= live.handled;
    live.handled = Math.max(live.handled, entry.seq());
    switch (entry.kind()) {
      case MESSAGE -> {
        live.seen.put(entry.seq(), Objects.requireNonNull(entry.clientId()));
        if (entry.clientId() != null && live.outbox.remove(entry.clientId())) {
          live.acknowledged.put(entry.clientId(), entry.seq());
        }
      }
      case COMMIT -> {
        if (!isHandled) {
          follow(entry);
        }
      }
      case RESET -> {
        if (!isHandled) {
          live.isJoined = false;
          ownCommit = null;
        }
      }
      case ERASED, ROLE, LEFT -> {}
    }
  }

  private void follow(Entry entry) {
    var group = live.group;
    if (!live.isJoined
        || group == null
        || entry.generation() != group.generation()
        || entry.epoch() != group.epoch()) {
      return;
    }
    var bytes = Bytes.wrap(SimServer.parse(entry).getCommit().toByteArray());
    var commit = ModelGroup.Commit.decode(bytes);
    boolean isOwn = entry.device() == DeviceCode.of(id.device());
    boolean isHeld = ownCommit != null && ownCommit.bundle().commit().equals(bytes);
    if (isOwn && !isHeld) {
      // Accepted, and forgotten in a crash: nobody can follow an own commit without its secrets.
      live.isJoined = false;
    } else {
      assertEquals(group.transcript(), commit.base(), "a commit builds on another epoch");
      advance(group.after(commit));
    }
    ownCommit = null;
  }

  private void advance(ModelGroup.State next) {
    live.group = next;
    live.isJoined = next.roster().containsKey(id.device().hex());
    world.noteEpoch(next);
  }

  private void join() {
    var offered = welcome;
    if (offered != null && offered.roster().containsKey(id.device().hex())) {
      advance(offered);
      welcome = null;
      // Commits after the Welcome's epoch may lie behind the cursor: read them again.
      live.cursor = world.server.firstSeq(id.account()) - 1;
      live.handled = live.cursor;
      live.seen.clear();
      persist();
      world.call(
          this,
          name + " welcomed",
          () -> {
            world.server.acknowledgeWelcome(id.device());
            return true;
          },
          _ -> {});
      return;
    }
    call(
        "info",
        world.server::groupInfo,
        info -> {
          if (live.isJoined || ownCommit != null) {
            return;
          }
          var removed =
              info.roster().containsKey(id.device().hex())
                  ? List.of(id.device().hex())
                  : List.<String>of();
          var commit =
              new ModelGroup.Commit(info.transcript(), true, List.of(id), removed, world.nonce());
          live.group = info;
          commit(request(info, commit, Set.of(), Set.of(), false));
        });
  }

  /// Turns the epoch: takes out what must go, and adds and removes accounts where asked.
  void turn(List<SimDevice> added, List<AccountId> removed) {
    var group = live.group;
    var known = view;
    if (!live.isJoined || group == null || known == null || ownCommit != null) {
      return;
    }
    var out = new ArrayList<String>();
    group
        .roster()
        .forEach((device, account) -> {
          boolean mustGo = known.pending().contains(new Pending(account, new DeviceId(device)));
          if (mustGo || removed.contains(account)) {
            out.add(device);
          }
        });
    if (out.contains(id.device().hex())) {
      return;
    }
    var in = added.stream().map(device -> device.id).toList();
    var accounts = new HashSet<AccountId>();
    in.forEach(member -> accounts.add(member.account()));
    accounts.removeAll(known.current());
    var commit = new ModelGroup.Commit(group.transcript(), false, in, out, world.nonce());
    commit(request(group, commit, accounts, Set.copyOf(removed), world.sharesHistory()));
  }

  private static CommitRequestIn request(
      ModelGroup.State base,
      ModelGroup.Commit commit,
      Set<AccountId> added,
      Set<AccountId> removed,
      boolean sharesHistory) {
    return new CommitRequestIn(
        base.generation(),
        base.epoch(),
        ModelGroup.bundle(base, commit),
        added,
        removed,
        sharesHistory);
  }

  private void commit(CommitRequestIn request) {
    ownCommit = request;
    boolean isExternal = ModelGroup.Commit.decode(request.bundle().commit()).isExternal();
    world.commit(
        this,
        request,
        answer -> {
          if (!request.equals(ownCommit)) {
            return;
          }
          ownCommit = null;
          view = null;
          if (answer.getOutcomeCase() == CommitResponse.OutcomeCase.ACCEPTED) {
            var next = ModelGroup.State.decode(request.bundle().groupInfo());
            assertEquals(next.epoch(), answer.getAccepted().getEpoch());
            // By now others may have gone on: the log says so, from here.
            if (isExternal || live.isJoined) {
              advance(next);
              if (isExternal) {
                live.cursor = Math.max(live.cursor, world.server.firstSeq(id.account()) - 1);
              }
            }
            world.maybePersist(this);
          }
        });
  }

  private void deposit(SimServer.View known) {
    var group = live.group;
    if (group == null) {
      return;
    }
    var sent = new ArrayList<Deposit>();
    for (var account : known.missing()) {
      sent.add(
          Deposit.newBuilder()
              .setGeneration(group.generation())
              .setEpoch(group.epoch())
              .setAccountId(account.toString())
              .setSealedKey(ByteString.copyFrom(group.transcript().toArray()))
              .setDepositorAccountId(id.account().toString())
              .setDepositorDeviceId(id.device().hex())
              .build());
    }
    call("deposit", () -> world.server.deposit(id, sent), _ -> view = null);
  }

  private void send(UUID clientId) {
    var group = live.group;
    if (group == null) {
      return;
    }
    var draft =
        new Draft(
            new crypho.base.ConversationId(new UUID(1, 1)),
            id.account().value(),
            DeviceCode.of(id.device()),
            clientId,
            group.generation(),
            group.epoch(),
            ByteString.copyFromUtf8(clientId.toString()),
            0);
    call("send", () -> world.server.send(draft, world.nowMs()), answer -> sent(clientId, answer));
  }

  private void sent(UUID clientId, SendResponse answer) {
    if (answer.getOutcomeCase() == SendResponse.OutcomeCase.ACCEPTED) {
      long seq = answer.getAccepted().getSeq();
      world.noteAcknowledged(clientId, seq);
      if (live.outbox.remove(clientId)) {
        live.acknowledged.put(clientId, seq);
      }
      world.maybePersist(this);
    } else {
      view = null;
    }
  }

  /// After healing: a device that belongs has everything, and nothing waits.
  void assertConverged(ModelGroup.State group, List<Entry> log) {
    assertTrue(live.isJoined, name + " is joined");
    var own = live.group;
    assertTrue(own != null && own.transcript().equals(group.transcript()), name + " is current");
    assertTrue(live.outbox.isEmpty(), name + " has sent what waited");
    long first = world.server.firstSeq(id.account());
    var expected = new TreeMap<Long, UUID>();
    for (var entry : log) {
      if (entry.seq() >= first && entry.kind() == EntryKind.MESSAGE) {
        expected.put(entry.seq(), Objects.requireNonNull(entry.clientId()));
      }
    }
    assertEquals(
        expected, live.seen.tailMap(first), name + " has seen every message once and in order");
  }
}
