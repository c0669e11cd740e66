package crypho.rtc.ice;

import crypho.base.Invariant;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The other side: a full, controlling agent with several interfaces, as browsers are. It checks
/// each interface, nominates the best that answers (regularly or aggressively), keeps consent, and
/// turns to another where answers stop.
final class FullAgent {
  private static final long RETRY_NANOS = 500 * IceWorld.MS;
  private static final long CONSENT_NANOS = 2_000 * IceWorld.MS;
  private static final long DEAD_NANOS = 5_000 * IceWorld.MS;

  /// A local interface; earlier ones are preferred. Where it is seen from is the network's affair.
  static final class Interface {
    final int index;
    final int priority;
    long askedNanos = Long.MIN_VALUE / 2;
    long answeredNanos = Long.MIN_VALUE / 2;

    Interface(int index) {
      this.index = index;
      this.priority = 1_000 - index;
    }

    boolean isAlive(long now) {
      return now - answeredNanos < DEAD_NANOS;
    }
  }

  /// Hands a check to the network.
  interface Wire {
    void send(Interface from, byte[] packet);
  }

  private record Asked(Interface from, boolean isNominating, IceCredentials remote) {}

  final List<Interface> interfaces = new ArrayList<>();
  private final boolean isAggressive;
  private final Map<Long, Asked> asked = new HashMap<>();
  private final StunReader reader = new StunReader(-1L);
  private IceCredentials remote;
  private int id = 1;
  @Nullable Interface selected;
  boolean isNominationAnswered;

  FullAgent(int interfaceCount, boolean isAggressive, IceCredentials remote) {
    for (int i = 0; i < interfaceCount; i++) {
      interfaces.add(new Interface(i));
    }
    this.isAggressive = isAggressive;
    this.remote = remote;
  }

  void restart(IceCredentials next) {
    remote = next;
    asked.clear();
    selected = null;
    isNominationAnswered = false;
    interfaces.forEach(each -> each.answeredNanos = Long.MIN_VALUE / 2);
  }

  void tick(long now, Wire wire) {
    choose(now);
    for (var each : interfaces) {
      boolean isChosen = each == selected;
      boolean isUrgent = !each.isAlive(now) || (isChosen && !isNominationAnswered);
      if (now - each.askedNanos >= (isUrgent ? RETRY_NANOS : CONSENT_NANOS)) {
        boolean isNominating = isChosen || (isAggressive && !isNominationAnswered);
        each.askedNanos = now;
        wire.send(each, ask(each, isNominating));
      }
    }
  }

  private void choose(long now) {
    var before = selected;
    if (before != null && before.isAlive(now)) {
      return;
    }
    var best = interfaces.stream().filter(each -> each.isAlive(now)).findFirst().orElse(null);
    if (best != before && best != null) {
      selected = best;
      isNominationAnswered = false;
    }
  }

  private byte[] ask(Interface from, boolean isNominating) {
    int number = id++;
    var packet =
        IceWorld.check(
            number,
            remote,
            w -> {
              IceWorld.controlling(from.priority).accept(w);
              if (isNominating) {
                w.flag(Attribute.USE_CANDIDATE);
              }
            });
    Invariant.check(reader.read(packet, 0, packet.length) == StunReader.OK, "checks are STUN");
    asked.put(reader.transactionIdHash(), new Asked(from, isNominating, remote));
    return packet;
  }

  void onAnswer(long now, byte[] packet) {
    Invariant.check(reader.read(packet, 0, packet.length) == StunReader.OK, "answers are STUN");
    var request = asked.get(reader.transactionIdHash());
    if (request == null) {
      return;
    }
    Invariant.check(
        reader.messageClass() == Stun.SUCCESS
            && reader.verify(IntegrityKey.shortTerm(request.remote().password()))
            && reader.hasValidFingerprint(),
        "an honest check is answered with success");
    request.from().answeredNanos = now;
    if (request.isNominating() && request.from() == selected) {
      isNominationAnswered = true;
    }
  }

  boolean isSettled(long now) {
    return selected != null
        && isNominationAnswered
        && Objects.requireNonNull(selected).isAlive(now);
  }
}
