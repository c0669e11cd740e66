package crypho.rtc.turn;

import com.code_intelligence.jazzer.junit.FuzzTest;
import crypho.base.Bytes;
import crypho.base.Invariant;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.FrameDecoder;
import crypho.rtc.ice.IceCredentials;
import crypho.rtc.ice.IceEvent;
import crypho.rtc.ice.IceLiteAgent;
import crypho.rtc.ice.Protocol;
import crypho.rtc.ice.UfragTable;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.StreamDecoder;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Searches for packets that throw, that are answered with more than they were, or that change
/// something without credentials. Saved inputs run in every build; `JAZZER_FUZZ=1` with one test
/// selected searches.
final class NetFuzzTest {
  private static final FiveTuple PATH = TurnWorld.path(Protocol.UDP, 4242);

  static Stream<byte[]> packets() {
    var world = new TurnWorld();
    var client = world.clientOf("stranger", 4242);
    client.allocate();
    var channel = new byte[] {0x40, 0, 0, 2, 1, 2};
    return Stream.of(
        client.bare(Stun.ALLOCATE, TurnWorld::udp),
        client.bare(Stun.BINDING, w -> {}),
        client.message(new byte[12], Stun.REFRESH, w -> w.int32(Attribute.LIFETIME, 0), true),
        client.message(
            new byte[12],
            Stun.CREATE_PERMISSION,
            w -> w.xorAddress(Attribute.XOR_PEER_ADDRESS, TurnWorld.PEER),
            true),
        channel,
        new byte[] {});
  }

  @MethodSource("packets")
  @FuzzTest(maxDuration = "5m")
  void strangersGetLittleAndChangeNothing(byte[] data) {
    var world = new TurnWorld();
    int verdict = world.packet(PATH, data);
    Invariant.check(verdict != TurnServer.OK, "a stranger is never served");
    Invariant.check(world.server.allocationCount() == 0, "nor remembered");
    Invariant.check(world.relayed.isEmpty(), "nor relayed for");
    bounded(world, verdict, data.length);
  }

  private static void bounded(TurnWorld world, int verdict, int length) {
    Invariant.check(world.sent.size() <= 1, "one answer at most");
    for (var sent : world.sent) {
      int limit = verdict == TurnServer.CHALLENGED ? Math.max(length, 80) : length;
      Invariant.check(sent.packet().size() <= limit, "answers are not longer");
    }
  }

  @MethodSource("packets")
  @FuzzTest(maxDuration = "5m")
  void messagesAreReadWithinTheirBytes(byte[] data) {
    var reader = new StunReader(0);
    var shifted = new byte[data.length + 3];
    System.arraycopy(data, 0, shifted, 3, data.length);
    if (reader.read(shifted, 3, data.length) != StunReader.OK) {
      return;
    }
    for (int attribute = 0; attribute < 64; attribute++) {
      for (int type : new int[] {attribute, attribute | Attribute.OPTIONAL_MIN}) {
        if (reader.has(type)) {
          int end = reader.valueOffset(type) + reader.valueLength(type);
          Invariant.check(end <= shifted.length, "a value lies in the packet");
          reader.text(type);
        }
      }
      for (int at = reader.next(attribute, 0); at > 0; at = reader.next(attribute, at)) {
        reader.xorAddressAt(at);
        reader.familyAt(at);
      }
    }
    reader.hasValidFingerprint();
    reader.errorCode();
    var out = new byte[100];
    new StunWriter().answer(out, 0, Stun.ERROR, reader).unknownAttributes(reader).length();
  }

  @MethodSource("packets")
  @FuzzTest(maxDuration = "5m")
  void checksOfStrangersChangeNothing(byte[] data) {
    var random = new Random(1);
    var agent = new IceLiteAgent(IceCredentials.random(random::nextBytes));
    var table = new UfragTable<IceLiteAgent>();
    table.put(agent.local().ufrag(), agent);
    var reader = new StunReader(IceLiteAgent.UNDERSTOOD);
    if (reader.read(data, 0, data.length) != StunReader.OK) {
      return;
    }
    table.find(reader);
    var sink =
        new IceLiteAgent.Sink() {
          @Override
          public void transmit(FiveTuple path, byte[] out, int offset, int length) {
            Invariant.check(length <= data.length, "answers are not longer");
          }

          @Override
          public void event(IceEvent event) {
            throw new IllegalStateException("a stranger caused " + event);
          }
        };
    agent.onMessage(0, PATH, reader, sink);
    Invariant.check(agent.selected() == null, "a stranger is nowhere");
  }

  @MethodSource("packets")
  @FuzzTest(maxDuration = "2m")
  void streamsAreCutAlikeInWholeAndInPieces(byte[] data) {
    for (var pair :
        List.of(
            List.of(new FrameDecoder(), new FrameDecoder()),
            List.of(new TurnStreamDecoder(), new TurnStreamDecoder()))) {
      var whole = new ArrayList<Bytes>();
      var pieces = new ArrayList<Bytes>();
      pair.getFirst().feed(data, 0, data.length, collect(whole));
      for (int i = 0; i < data.length; i++) {
        pair.getLast().feed(data, i, 1, collect(pieces));
      }
      Invariant.check(whole.equals(pieces), "pieces make no difference");
    }
  }

  private static StreamDecoder.FrameSink collect(List<Bytes> out) {
    return (data, offset, length) -> out.add(Bytes.copyOf(data, offset, offset + length));
  }

  /// Real requests with bytes changed, cut and put in, by strangers and against a running call.
  @Seeded(tries = 400)
  void changedRequestsHarmNobody(Gen gen) {
    var world = new TurnWorld();
    var client = world.udpClient(4242);
    var allocation = client.allocated();
    client.bind(0x4000, TurnWorld.PEER);
    for (int i = 0; i < 30; i++) {
      var packet = mutated(gen, gen.oneOf(packets().toList()));
      var path = gen.chance(0.5) ? client.path : TurnWorld.path(Protocol.UDP, 1 + gen.below(9));
      world.sent.clear();
      int verdict = world.packet(path, packet);
      bounded(world, verdict == TurnServer.REFUSED ? TurnServer.CHALLENGED : verdict, 200);
    }
    Invariant.check(world.server.allocationCount() == 1, "nobody else was served");
    Invariant.check(world.server.allocation(client.path) == allocation, "the call goes on");
    world.relayed.clear();
    Invariant.check(client.channelData(0x4000, new byte[9]) == TurnServer.OK, "and its channel");
    Invariant.check(
        Objects.equals(world.relayed.getLast().peer(), TurnWorld.PEER), "to the same peer");
  }

  private static byte[] mutated(Gen gen, byte[] packet) {
    var out = packet.clone();
    if (out.length == 0 || gen.chance(0.2)) {
      return gen.bytes(gen.below(200));
    }
    int changes = 1 + gen.below(4);
    for (int i = 0; i < changes; i++) {
      out[gen.below(out.length)] = (byte) gen.below(256);
    }
    return gen.chance(0.2) ? Arrays.copyOf(out, gen.below(out.length)) : out;
  }

  /// RFC 8656 §21: from a forged source nobody is flooded with more than was sent, apart from the
  /// challenges, which are bounded a second.
  @Seeded(tries = 50)
  void forgedSourcesAreNotAmplified(Gen gen) {
    var world = new TurnWorld();
    var client = world.udpClient(4242);
    var requests = packets().toList();
    int longer = 0;
    for (int i = 0; i < 2_000; i++) {
      var packet = gen.oneOf(requests);
      packet = gen.chance(0.5) ? mutated(gen, packet) : packet;
      world.sent.clear();
      world.packet(client.path, packet);
      Invariant.check(world.sent.size() <= 1, "one answer at most");
      for (var sent : world.sent) {
        longer += sent.packet().size() > packet.length ? 1 : 0;
      }
    }
    Invariant.check(longer > 0, "there were challenges");
    Invariant.check(longer <= ChallengeLimiter.PER_SECOND_MAX, "and they are bounded");
  }
}
