package crypho.rtc.ice;

import crypho.base.Bytes;
import crypho.base.Invariant;
import crypho.base.Secret;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// An agent with what it says, and the means to check it by hand. Each event is held against the
/// rules that must hold whatever arrives.
final class IceWorld implements IceLiteAgent.Sink {
  static final long MS = 1_000_000L;
  static final String REMOTE_UFRAG = "them";

  record Sent(FiveTuple path, Bytes packet) {}

  final List<Sent> sent = new ArrayList<>();
  final List<IceEvent> events = new ArrayList<>();
  final Set<FiveTuple> known = new LinkedHashSet<>();
  final UfragTable<IceLiteAgent> table = new UfragTable<>();
  final StunReader reader = new StunReader(IceLiteAgent.UNDERSTOOD);
  final IceLiteAgent agent;
  long now = 77;
  private int id;

  IceWorld() {
    agent = new IceLiteAgent(credentials("ours", 'p'));
    table.put("ours", agent);
  }

  static IceCredentials credentials(String ufrag, char password) {
    var text = String.valueOf(password).repeat(24);
    return new IceCredentials(ufrag, Secret.wrap(text.getBytes(StandardCharsets.US_ASCII)));
  }

  static FiveTuple path(int host, int port) {
    return path(Protocol.UDP, "198.51.100." + host, port);
  }

  static FiveTuple path(Protocol protocol, String ip, int port) {
    return new FiveTuple(
        protocol,
        new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 4000),
        new InetSocketAddress(InetAddress.ofLiteral(ip), port));
  }

  @Override
  public void transmit(FiveTuple path, byte[] data, int offset, int length) {
    sent.add(new Sent(path, Bytes.copyOf(data, offset, offset + length)));
  }

  @Override
  public void event(IceEvent event) {
    events.add(event);
    switch (event) {
      case IceEvent.PathAdded(var path) -> Invariant.check(known.add(path), "a path is added once");
      case IceEvent.PathRemoved(var path) ->
          Invariant.check(known.remove(path), "a path is removed once");
      case IceEvent.PathSelected(var path, _) ->
          Invariant.check(known.contains(path), "a selected path is known");
      case IceEvent.ConsentLost() ->
          Invariant.check(agent.selected() == null, "without consent nothing is selected");
      case IceEvent.UfragRetired(var ufrag) -> table.remove(ufrag);
    }
    Invariant.check(known.size() <= IceLiteAgent.PATHS_MAX, "paths are bounded");
  }

  void restart(IceCredentials next) {
    agent.restart(next, this);
    table.put(next.ufrag(), agent);
  }

  /// A check as a client writes it.
  static byte[] check(int id, IceCredentials to, Consumer<StunWriter> more) {
    var out = new byte[1_000];
    var writer = begin(out, id, to.ufrag() + ":" + REMOTE_UFRAG);
    more.accept(writer);
    int length = writer.integrity(IntegrityKey.shortTerm(to.password())).fingerprint().length();
    return Arrays.copyOf(out, length);
  }

  static StunWriter begin(byte[] out, int id, String username) {
    var transaction = new byte[12];
    transaction[10] = (byte) (id >> 8);
    transaction[11] = (byte) id;
    return new StunWriter()
        .begin(out, 0, Stun.type(Stun.BINDING, Stun.REQUEST), transaction, 0)
        .text(Attribute.USERNAME, username);
  }

  int plain(FiveTuple path, int priority) {
    return plain(path, priority, agent.local());
  }

  int plain(FiveTuple path, int priority, IceCredentials to) {
    return packet(path, check(id++, to, controlling(priority)));
  }

  int nominate(FiveTuple path, int priority) {
    return nominate(path, priority, agent.local());
  }

  int nominate(FiveTuple path, int priority, IceCredentials to) {
    return packet(
        path, check(id++, to, w -> controlling(priority).accept(w.flag(Attribute.USE_CANDIDATE))));
  }

  static Consumer<StunWriter> controlling(int priority) {
    return w -> w.int32(Attribute.PRIORITY, priority).int64(Attribute.ICE_CONTROLLING, 5);
  }

  /// As a driver does it; 1 where nobody is named.
  int packet(FiveTuple path, byte[] data) {
    if (reader.read(data, 0, data.length) != StunReader.OK) {
      return 2;
    }
    var found = table.find(reader);
    return found == null ? 1 : found.onMessage(now, path, reader, this);
  }

  void pass(long millis) {
    long end = now + millis * MS;
    while (agent.deadlineNanos() <= end) {
      now = Math.max(now, agent.deadlineNanos());
      agent.onTimeout(now, this);
    }
    now = end;
  }

  StunReader answer() {
    var packet = sent.getLast().packet().toArray();
    var answer = new StunReader(-1L);
    Invariant.check(answer.read(packet, 0, packet.length) == StunReader.OK, "answers are STUN");
    return answer;
  }
}
