package crypho.rtc.ice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Invariant;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// The lite agent against a full one over a network that loses, doubles, delays and reorders, with
/// NATs that forget, interfaces that come and go, restarts, and somebody who replays. Rules are
/// held after every event; when the network heals, both must agree on a path within [#HEAL_MS].
final class IceSimTest {
  private static final long TICK_MS = 50;
  private static final long HEAL_MS = 12_000;
  private static final int INTERFACES_MAX = 3;

  private record Event(long at, int order, Runnable run) {}

  private static final class Sim {
    final IceWorld world = new IceWorld();
    final Gen gen;
    final FullAgent client;
    final int[] ports = new int[INTERFACES_MAX];
    final boolean[] isUp = new boolean[INTERFACES_MAX];
    final PriorityQueue<Event> queue =
        new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingInt(Event::order));
    final List<byte[]> captured = new ArrayList<>();
    double loss;
    double duplication;
    int delayMsMax;
    private int order;
    private int nextPort = 10_000;
    private int generation;

    Sim(Gen gen) {
      this.gen = gen;
      int count = gen.intBetween(1, INTERFACES_MAX + 1);
      client = new FullAgent(count, gen.chance(0.3), world.agent.local());
      loss = gen.chance(0.3) ? 0 : gen.below(30) / 100.0;
      duplication = gen.below(20) / 100.0;
      delayMsMax = gen.intBetween(1, 300);
      for (int i = 0; i < count; i++) {
        rebind(i);
        isUp[i] = gen.chance(0.8);
      }
    }

    void rebind(int index) {
      ports[index] = nextPort++;
    }

    void at(long delayMs, Runnable run) {
      queue.add(new Event(world.now + delayMs * IceWorld.MS, order++, run));
    }

    void run(long millis) {
      long end = world.now + millis * IceWorld.MS;
      while (true) {
        var next = queue.peek();
        if (next == null || next.at() > end) {
          break;
        }
        queue.poll();
        world.pass((next.at() - world.now) / IceWorld.MS);
        world.now = next.at();
        next.run().run();
        check();
      }
      world.pass((end - world.now) / IceWorld.MS);
      check();
    }

    void ticking() {
      client.tick(world.now, this::toAgent);
      at(TICK_MS, this::ticking);
    }

    private void toAgent(FullAgent.Interface from, byte[] packet) {
      captured.add(packet);
      if (!isUp[from.index]) {
        return;
      }
      var path = IceWorld.path(1 + from.index, ports[from.index]);
      for (int copies = gen.chance(duplication) ? 2 : 1; copies > 0; copies--) {
        if (!gen.chance(loss)) {
          at(1 + gen.below(delayMsMax), () -> arrive(path, packet));
        }
      }
    }

    /// Whatever the agent sends now is an answer on this path.
    private void arrive(FiveTuple path, byte[] packet) {
      int before = world.sent.size();
      world.packet(path, packet);
      Invariant.check(world.sent.size() <= before + 1, "one packet, one answer at most");
      for (var answer : List.copyOf(world.sent.subList(before, world.sent.size()))) {
        Invariant.check(answer.path().equals(path), "answers go where the packet came from");
        Invariant.check(answer.packet().size() <= packet.length, "and are not longer");
        toClient(path, answer.packet().toArray());
      }
      world.sent.clear();
    }

    private void toClient(FiveTuple path, byte[] packet) {
      if (!gen.chance(loss)) {
        at(1 + gen.below(delayMsMax), () -> reached(path, packet));
      }
    }

    /// A NAT that has forgotten the mapping drops what comes to it.
    private void reached(FiveTuple path, byte[] packet) {
      for (var each : client.interfaces) {
        var now = IceWorld.path(1 + each.index, ports[each.index]);
        if (isUp[each.index] && now.equals(path)) {
          client.onAnswer(world.now, packet);
        }
      }
    }

    void mishap() {
      int index = gen.below(client.interfaces.size());
      switch (gen.below(6)) {
        case 0 -> isUp[index] = !isUp[index];
        case 1 -> rebind(index);
        case 2 -> restart();
        case 3 -> loss = gen.below(100) / 100.0;
        default -> attack();
      }
      at(gen.intBetween(200, 8_000), this::mishap);
    }

    /// What was captured, again, as it was or changed, from an address of the attacker's.
    private void attack() {
      if (captured.isEmpty()) {
        return;
      }
      var recent = Math.max(0, captured.size() - 50);
      var packet = captured.get(gen.intBetween(recent, captured.size())).clone();
      boolean isChanged = gen.chance(0.5);
      if (isChanged) {
        packet[gen.below(packet.length)] ^= (byte) (1 + gen.below(255));
      }
      world.packet(IceWorld.path(66, 666), packet);
      world.sent.clear();
    }

    private void restart() {
      var next = IceWorld.credentials("gen" + ++generation, (char) ('a' + generation % 26));
      world.restart(next);
      at(gen.below(2_000), () -> client.restart(next));
    }

    void check() {
      var selected = world.agent.selected();
      Invariant.check(
          selected == null || world.known.contains(selected), "the selected path is known");
      Invariant.check(world.agent.deadlineNanos() > world.now, "what was due is done");
      Invariant.check(world.table.size() <= 2, "at most two fragments are good");
    }

    @Nullable FiveTuple clientPath() {
      var chosen = client.selected;
      return chosen == null ? null : IceWorld.path(1 + chosen.index, ports[chosen.index]);
    }
  }

  @Seeded(tries = 300)
  void bothAgreeOnAPathOnceTheNetworkHeals(Gen gen) {
    var sim = new Sim(gen);
    sim.ticking();
    sim.at(gen.below(3_000), sim::mishap);
    sim.run(60_000 + gen.below(60_000));
    sim.queue.removeIf(_ -> true);
    sim.loss = 0;
    sim.isUp[gen.below(sim.client.interfaces.size())] = true;
    sim.client.restart(sim.world.agent.local());
    sim.ticking();
    sim.run(HEAL_MS);
    assertTrue(sim.client.isSettled(sim.world.now), "the client has settled");
    assertEquals(Objects.requireNonNull(sim.clientPath()), sim.world.agent.selected());
  }

  @Seeded(tries = 50)
  void silenceEndsConsent(Gen gen) {
    var sim = new Sim(gen);
    sim.ticking();
    sim.run(10_000);
    sim.loss = 1;
    sim.run(31_000);
    assertNull(sim.world.agent.selected());
    assertTrue(sim.world.known.isEmpty());
    assertEquals(Long.MAX_VALUE, sim.world.agent.deadlineNanos());
  }
}
