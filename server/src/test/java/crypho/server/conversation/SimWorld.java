package crypho.server.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.MemberId;
import crypho.testkit.Gen;
import crypho.wire.v1.CommitResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A world of devices, a network that loses, doubles, delays and reorders, and one server that may
/// fail before or after it has stored something. One queue of events by (time, number), one seed,
/// no thread.
///
/// A line of the trace: time in milliseconds, who and what, and then the log's length, generation
/// and epoch. `lost` is a request or answer that the network swallowed, `fails` a server that
/// stored nothing, `mute` one that stored and did not answer.
final class SimWorld {
  private record Event(long time, long number, Runnable run) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int order = Long.compare(time, other.time);
      return order != 0 ? order : Long.compare(number, other.number);
    }
  }

  private static final int ACCOUNTS = 5;

  private final Gen gen;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long time = 1_000;
  private long number;
  private long ids;
  private boolean isHealed;
  final List<String> trace = new ArrayList<>();
  private final List<SimDevice> devices = new ArrayList<>();
  private final List<AccountId> accounts = new ArrayList<>();
  private final Map<EpochName, Bytes> transcripts = new HashMap<>();
  private final Map<UUID, Long> acknowledged = new HashMap<>();
  final SimServer server;

  SimWorld(Gen gen) {
    this.gen = gen;
    for (int i = 0; i < ACCOUNTS; i++) {
      accounts.add(new AccountId(new UUID(2, i)));
    }
    var founder = newDevice(accounts.getFirst());
    long seed = nonce();
    this.server = new SimServer(this::frame, founder.id, seed);
    founder.founded(ModelGroup.first(0, founder.id, seed));
  }

  /// Runs `steps` steps of trouble, then heals everything and demands convergence.
  void run(int steps) {
    for (int step = 0; step < steps; step++) {
      disturb();
      advance(gen.below(60));
    }
    isHealed = true;
    devices.forEach(device -> device.isOnline = true);
    line("healed");
    for (int round = 0; round < 200 && !isQuiet(); round++) {
      devices.forEach(SimDevice::act);
      advance(100);
    }
    converge();
  }

  private void disturb() {
    var device = gen.oneOf(devices);
    switch (gen.below(60)) {
      case 0 -> {
        line(device.name + " crashes");
        device.crash();
      }
      case 1 -> device.isOnline = false;
      case 2, 3, 13, 14 -> device.isOnline = true;
      case 4, 5, 15, 16, 17, 18 -> {
        if (!device.isGone && !device.isUnlinked) {
          device.live.outbox.add(new UUID(3, ids++));
          device.persist();
        }
      }
      case 6, 19, 20, 21 -> add(device);
      case 7 -> remove(device);
      case 8 -> device.turn(List.of(), List.of());
      case 9 -> unlink(device);
      case 10 -> leave(device);
      case 11 -> {
        if (devices.size() < 2 * ACCOUNTS) {
          newDevice(gen.oneOf(accounts));
        }
      }
      case 12 -> {
        if (gen.chance(0.2)) {
          reset(device);
        }
      }
      default -> device.act();
    }
  }

  private SimDevice newDevice(AccountId account) {
    long code = ++ids;
    var id = new MemberId(account, new DeviceId("d%015x".formatted(code)));
    var device =
        new SimDevice(this, id, "a" + account.value().getLeastSignificantBits() + "d" + code);
    devices.add(device);
    if (server != null) {
      server.registered.add(id.device());
      line(device.name + " is new");
    }
    return device;
  }

  /// Only the founder's account adds and removes: roles have tests of their own.
  private void add(SimDevice device) {
    if (!device.id.account().equals(accounts.getFirst())) {
      return;
    }
    var account = gen.oneOf(accounts);
    var joining =
        devices.stream()
            .filter(other -> other.id.account().equals(account) && !other.isUnlinked)
            .filter(other -> !server.groupInfo().roster().containsKey(other.id.device().hex()))
            .toList();
    if (!joining.isEmpty()) {
      device.turn(joining, List.of());
    }
  }

  private void remove(SimDevice device) {
    var account = accounts.get(1 + gen.below(ACCOUNTS - 1));
    if (device.id.account().equals(accounts.getFirst())
        && server.state().currentMember(account) != null) {
      device.turn(List.of(), List.of(account));
    }
  }

  private void unlink(SimDevice device) {
    boolean isLast =
        devices.stream()
                .filter(other -> other.id.account().equals(device.id.account()))
                .filter(other -> !other.isUnlinked)
                .count()
            < 2;
    if (!isLast && !device.isUnlinked && gen.chance(0.5)) {
      line(device.name + " is unlinked");
      device.isUnlinked = true;
      device.life++;
      server.unlink(device.id.device());
    }
  }

  private void leave(SimDevice device) {
    boolean mayLeave =
        !device.isUnlinked
            && device.isOnline
            && !device.id.account().equals(accounts.getFirst())
            && server.state().currentMember(device.id.account()) != null;
    if (mayLeave && gen.chance(0.3)) {
      call(device, device.name + " leaves", () -> server.leave(device.id, time), _ -> {});
    }
  }

  private void reset(SimDevice device) {
    var group = device.live.group;
    if (device.isUnlinked || !device.isOnline || group == null || device.isGone) {
      return;
    }
    var first = ModelGroup.first(group.generation() + 1, device.id, nonce());
    call(
        device,
        device.name + " resets",
        () -> server.reset(device.id, group.generation(), first.encode(), time),
        answer -> {
          boolean isFirst =
              answer.hasAccepted()
                  && (device.live.group == null
                      || device.live.group.generation() < first.generation());
          if (isFirst && server.groupInfo().transcript().equals(first.transcript())) {
            device.live.group = first;
            device.live.isJoined = true;
            noteEpoch(first);
          }
        });
  }

  /// A request on its way: lost, late, twice, or answered to one who has crashed meanwhile.
  <A> void call(SimDevice device, String what, Supplier<@Nullable A> request, Consumer<A> answer) {
    int life = device.life;
    int copies = isHealed || gen.chance(0.9) ? 1 : 2;
    for (int copy = 0; copy < copies; copy++) {
      if (!isHealed && gen.chance(0.1)) {
        line(what + " lost");
        continue;
      }
      in(latency(), () -> arrive(device, life, what, request, answer));
    }
  }

  private <A> void arrive(
      SimDevice device, int life, String what, Supplier<@Nullable A> request, Consumer<A> answer) {
    if (device.isUnlinked) {
      return;
    }
    if (!isHealed && gen.chance(0.03)) {
      line(what + " fails");
      return;
    }
    var given = request.get();
    boolean isMute = !isHealed && gen.chance(0.08);
    line(what + (isMute ? " mute" : ""));
    if (given == null || isMute) {
      return;
    }
    in(
        latency(),
        () -> {
          if (device.life == life && device.isOnline) {
            answer.accept(given);
          }
        });
  }

  /// A commit is judged, and stored a moment later: others may come between.
  void commit(SimDevice device, CommitRequestIn request, Consumer<CommitResponse> answer) {
    int life = device.life;
    if (!isHealed && gen.chance(0.1)) {
      line(device.name + " commit lost");
      return;
    }
    in(
        latency(),
        () -> {
          if (device.isUnlinked) {
            return;
          }
          var early = server.judge(device.id, request);
          var judged = early.judged();
          if (judged == null) {
            answerCommit(device, life, early.answer(), answer);
            return;
          }
          in(
              isHealed ? 0 : gen.below(5),
              () -> {
                boolean fails = device.isUnlinked || (!isHealed && gen.chance(0.03));
                var stored = fails ? null : server.commit(device.id, request, judged, time);
                answerCommit(device, life, stored, answer);
              });
        });
  }

  private void answerCommit(
      SimDevice device, int life, @Nullable CommitResponse given, Consumer<CommitResponse> answer) {
    boolean isMute = given == null || (!isHealed && gen.chance(0.15));
    line(
        device.name
            + " commit "
            + (given == null ? "fails" : given.getOutcomeCase())
            + (isMute ? " mute" : ""));
    if (!isMute && given != null) {
      in(
          latency(),
          () -> {
            if (device.life == life && device.isOnline) {
              answer.accept(given);
            }
          });
    }
  }

  /// A live frame to every device of the account that is there; a lost one is healed by reading.
  private void frame(AccountId account, Entry entry) {
    for (var device : devices) {
      boolean reaches =
          device.id.account().equals(account)
              && device.isOnline
              && !device.isUnlinked
              && (isHealed || gen.chance(0.8));
      if (reaches) {
        int life = device.life;
        in(
            latency(),
            () -> {
              if (device.life == life && device.isOnline) {
                device.take(entry);
              }
            });
      }
    }
  }

  void maybePersist(SimDevice device) {
    if (isHealed || gen.chance(0.7)) {
      device.persist();
    }
  }

  /// Members in the same epoch agree.
  void noteEpoch(ModelGroup.State group) {
    var name = new EpochName(group.generation(), group.epoch());
    var known = transcripts.putIfAbsent(name, group.transcript());
    assertTrue(
        known == null || known.equals(group.transcript()), "two devices differ in one epoch");
  }

  void noteAcknowledged(UUID clientId, long seq) {
    var known = acknowledged.putIfAbsent(clientId, seq);
    assertTrue(known == null || known == seq, "one message, two places");
  }

  private boolean isQuiet() {
    try {
      converge();
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }

  private void converge() {
    acknowledged.forEach((clientId, seq) ->
        assertEquals(
            clientId,
            server.log.get((int) (long) seq - 1).clientId(),
            "what was acknowledged is in the log"));
    var state = server.state();
    assertTrue(state.head().isDeposited(), "the deposits are complete");
    assertEquals(0, state.head().pendingCount(), "nothing is pending");
    var current = new EpochName(state.head().generation(), state.head().epoch());
    for (var account : state.currentAccounts()) {
      assertTrue(server.isDeposited(current, account), "each member has its deposit");
    }
    for (var device : devices) {
      if (!device.isUnlinked && state.currentMember(device.id.account()) != null) {
        device.assertConverged(server.groupInfo(), server.log);
      }
    }
  }

  private void advance(long millis) {
    long until = time + millis;
    while (!events.isEmpty() && events.peek().time() <= until) {
      var event = events.remove();
      time = event.time();
      event.run().run();
    }
    time = until;
  }

  private void in(long millis, Runnable run) {
    events.add(new Event(time + millis, number++, run));
  }

  private long latency() {
    return isHealed ? 1 : 1 + gen.below(gen.chance(0.1) ? 400 : 30);
  }

  long nonce() {
    return gen.anyLong();
  }

  boolean sharesHistory() {
    return gen.chance(0.3);
  }

  long nowMs() {
    return time;
  }

  private void line(String what) {
    var head = server == null ? null : server.state().head();
    trace.add(
        head == null
            ? what
            : "%8d  %-28s log %4d  %d/%d"
                .formatted(time, what, head.lastSeq(), head.generation(), head.epoch()));
  }

  /// The last hundred lines.
  String tail() {
    return String.join("\n", trace.subList(Math.max(0, trace.size() - 100), trace.size()));
  }
}
