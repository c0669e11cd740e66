package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Secret;
import crypho.rtc.ice.Protocol;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.LoopStats;
import crypho.wire.router.v1.RouterCreated;
import crypho.wire.router.v1.TransportStats;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// ICE over TCP (RFC 6544) with real connections: what it carries, and what it does not put up
/// with. Beside each there is a call over UDP, which goes on.
final class IceTcpTest {
  private static final int SECOND_SSRC = 0x2222_2222;
  private static final int PACKET_BYTES = 1_100;

  private static double sum(World world, RouterCreated room, ToDoubleFunction<LoopStats> counter) {
    return world.stats(room).getLoopsList().stream().mapToDouble(counter).sum();
  }

  private static List<String> protocols(World world, RouterCreated room) {
    return world.stats(room).getTransportsList().stream().map(TransportStats::getProtocol).toList();
  }

  private static Wire.Tcp connection(Peer peer) {
    return (Wire.Tcp) peer.wire();
  }

  private static void awaitEnd(Wire.Tcp connection) throws IOException {
    World.await(
        "the router closes it",
        connection::isEnded,
        () -> {
          var _ = connection.receive();
        });
  }

  private static World world(int connectionsMax, int perSourceMax) throws IOException {
    var address = InetAddress.getLoopbackAddress();
    var tcp = new RouterConfig.Tcp(0, connectionsMax, perSourceMax);
    return new World(
        RouterService.Sockets.best(),
        new RouterConfig(
            1,
            List.of(address),
            List.of(address.getHostAddress()),
            0,
            tcp,
            RouterConfig.Limits.USUAL));
  }

  // --- what it carries ---

  @Test
  void candidatesOfBothKindsAreSignalled() throws IOException {
    try (var world = World.usual()) {
      var candidates = world.transport(world.room()).getIceCandidatesList();
      assertEquals(List.of("udp", "tcp"), candidates.stream().map(c -> c.getProtocol()).toList());
      var udp = candidates.getFirst();
      var tcp = candidates.getLast();
      assertFalse(udp.hasTcpType());
      assertEquals("passive", tcp.getTcpType());
      assertEquals("host", tcp.getType());
      assertTrue(tcp.getPort() > 0);
      assertTrue(
          Integer.compareUnsigned(tcp.getPriority(), udp.getPriority()) < 0, "UDP is preferred");
    }
  }

  @ParameterizedTest
  @EnumSource(RouterService.Sockets.class)
  void carriesMediaBothWays(RouterService.Sockets sockets) throws IOException {
    try (var world = new World(sockets, 1, RouterConfig.Limits.USUAL)) {
      var room = world.room();
      var overTcp = world.join(room, Protocol.TCP);
      var overUdp = world.join(room);
      var call = world.call(room, overTcp, overUdp);
      var back = world.produce(overUdp.transport(), World.audio(SECOND_SSRC));
      world.consume(overTcp, back, room.getRtpCapabilities());
      for (var i = 1; i <= 200; i++) {
        call.assertForwards(i, "from TCP " + i);
        overUdp
            .peer()
            .send(
                overUdp
                    .peer()
                    .protect(World.packet(World.AUDIO_TYPE, SECOND_SSRC, i, "to TCP " + i)));
        assertEquals("to TCP " + i, World.text(overTcp.peer().awaitRtp()));
      }
      assertEquals(List.of("tcp", "udp"), protocols(world, room));
      assertEquals(1, sum(world, room, LoopStats::getTcpConnections));
      assertEquals(0, sum(world, room, LoopStats::getTcpBroken));
      assertEquals(0, sum(world, room, LoopStats::getFaults));
    }
  }

  /// The same over IPv6, by either protocol.
  @ParameterizedTest
  @EnumSource(RouterService.Sockets.class)
  void carriesMediaOverIpv6(RouterService.Sockets sockets) throws IOException {
    var six = InetAddress.ofLiteral("::1");
    var config =
        new RouterConfig(
            1, List.of(six), List.of("::1"), 0, RouterConfig.Tcp.USUAL, RouterConfig.Limits.USUAL);
    try (var world = new World(sockets, config)) {
      var room = world.room();
      var candidates = world.transport(room).getIceCandidatesList();
      assertEquals(List.of("::1", "::1"), candidates.stream().map(c -> c.getAddress()).toList());
      var overUdp = world.join(room);
      var overTcp = world.join(room, Protocol.TCP);
      var call = world.call(room, overUdp, overTcp);
      var back = world.produce(overTcp.transport(), World.audio(SECOND_SSRC));
      world.consume(overUdp, back, room.getRtpCapabilities());
      for (var i = 1; i <= 50; i++) {
        call.assertForwards(i, "to TCP " + i);
        overTcp
            .peer()
            .send(
                overTcp
                    .peer()
                    .protect(World.packet(World.AUDIO_TYPE, SECOND_SSRC, i, "to UDP " + i)));
        assertEquals("to UDP " + i, World.text(overUdp.peer().awaitRtp()));
      }
      assertTrue(protocols(world, room).containsAll(List.of("udp", "tcp")));
      assertEquals(0, sum(world, room, LoopStats::getFaults));
    }
  }

  /// A stream has no packets: what comes in any pieces is read as it was sent.
  @Seeded(tries = 5)
  void piecesOfAnySizeAreReadAsPackets(Gen gen) throws IOException {
    try (var world = World.usual()) {
      var room = world.room();
      var from = world.join(room, Protocol.TCP);
      var call = world.call(room, from, world.join(room));
      var count = 40;
      var stream = new ArrayList<Byte>();
      for (var i = 1; i <= count; i++) {
        var packet = from.peer().protect(World.packet(World.AUDIO_TYPE, World.SSRC, i, "n" + i));
        stream.add((byte) (packet.length >> 8));
        stream.add((byte) packet.length);
        for (var octet : packet) {
          stream.add(octet);
        }
      }
      for (var at = 0; at < stream.size(); ) {
        var length = Math.min(stream.size() - at, gen.intBetween(1, gen.chance(0.5) ? 3 : 400));
        var piece = new byte[length];
        for (var i = 0; i < length; i++) {
          piece[i] = stream.get(at + i);
        }
        connection(from.peer()).raw(piece);
        at += length;
      }
      for (var i = 1; i <= count; i++) {
        assertEquals("n" + i, World.text(call.to().peer().awaitRtp()));
      }
    }
  }

  @Test
  void aConnectionThatEndsIsAPathThatEnds() throws IOException {
    try (var world = World.usual()) {
      world.listen();
      var room = world.room();
      var from = world.join(room, Protocol.TCP);
      var call = world.call(room, from, world.join(room));
      call.assertForwards(1, "before");
      var id = from.transport().getTransportId();
      from.peer().wire().close();
      world.awaitEvent(ice(id, "disconnected"));
      World.await(
          "no connection is left",
          () -> sum(world, room, LoopStats::getTcpConnections) == 0,
          () -> call.to().peer().pump());
      from.peer().move(Protocol.TCP, from.peer().router());
      from.peer().openPath();
      world.awaitEvent(ice(id, "completed"));
      call.assertForwards(2, "after");
    }
  }

  /// As when a client's network begins to let UDP out, or ends to.
  @Test
  void aCallMovesBetweenTcpAndUdp() throws IOException {
    try (var world = World.usual()) {
      var room = world.room();
      var from = world.join(room);
      var to = world.join(room);
      var call = world.call(room, from, to);
      call.assertForwards(1, "over UDP");
      var ways = world.transport(room).getIceCandidatesList();
      var sequence = new int[] {1};
      for (var i = 0; i < 4; i++) {
        var way = ways.get((i + 1) % 2);
        var protocol = i % 2 == 0 ? Protocol.TCP : Protocol.UDP;
        assertEquals(protocol.text(), way.getProtocol());
        to.peer()
            .move(
                protocol,
                new InetSocketAddress(InetAddress.ofLiteral(way.getAddress()), way.getPort()));
        var text = "over " + protocol.text() + " " + i;
        World.await(
            text,
            () -> text.equals(World.text(to.peer().pollRtp())),
            () -> {
              to.peer().openPath();
              sequence[0]++;
              call.send(sequence[0], text);
              to.peer().drain();
            });
        assertEquals(protocol.text(), protocols(world, room).get(1));
        while (to.peer().pollRtp() != null) {
          // Of checks that came too early for the path to be the one.
        }
      }
    }
  }

  private static Predicate<ControlEvent> ice(String id, String state) {
    return event ->
        event.hasTransportState()
            && event.getTransportState().getTransportId().equals(id)
            && event.getTransportState().getIce().equals(state);
  }

  // --- what it does not put up with ---

  @Test
  void whatIsNoCheckEndsAConnection() throws IOException {
    try (var world = World.usual()) {
      var call = world.call();
      var sequence = 0;
      var dtls = new byte[] {22, (byte) 0xfe, (byte) 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
      var media = World.packet(World.AUDIO_TYPE, World.SSRC, 1, "nobody's");
      for (var first : List.of(dtls, media, new byte[] {'G', 'E', 'T', ' ', '/'})) {
        var stranger = world.peer(world.transport(call.room()), world.ours(), Protocol.TCP);
        stranger.send(first);
        awaitEnd(connection(stranger));
        sequence++;
        call.assertForwards(sequence, "goes on");
      }
      assertEquals(3, sum(world, call.room(), LoopStats::getTcpBroken));
    }
  }

  @Test
  void framesWithoutOctetsOrLongerThanAPacketEndAConnection() throws IOException {
    try (var world = World.usual()) {
      var call = world.call();
      for (var head : List.of(new byte[2], new byte[] {8, 1}, new byte[] {-1, -1})) {
        var member = world.join(call.room(), Protocol.TCP);
        connection(member.peer()).raw(head);
        awaitEnd(connection(member.peer()));
        call.assertForwards(1 + (head[0] & 0xff), "goes on");
      }
      assertEquals(3, sum(world, call.room(), LoopStats::getTcpBroken));
    }
  }

  @Test
  void wrongCredentialsEndAConnectionAtLast() throws IOException {
    try (var world = World.usual()) {
      var call = world.call();
      var stranger = world.peer(world.transport(call.room()), world.ours(), Protocol.TCP);
      var check = stranger.check(stranger.credentials().ufrag(), Secret.wrap(new byte[22]));
      World.await(
          "the router closes it",
          connection(stranger)::isEnded,
          () -> {
            try {
              stranger.send(check);
            } catch (IOException _) {
              // It has.
            }
            stranger.drain();
          });
      call.assertForwards(1, "goes on");
      assertTrue(sum(world, call.room(), LoopStats::getRateLimited) > 0);
      assertTrue(stranger.octetsReceived() <= (long) check.length * 4 * SourceLimiter.FAILURES_MAX);
    }
  }

  /// One connection is one transport's: another's check on it is not taken.
  @Test
  void aConnectionServesOneTransport() throws IOException {
    try (var world = World.usual()) {
      var call = world.call();
      var member = world.join(call.room(), Protocol.TCP);
      var other = world.transport(call.room());
      var ice = other.getIceParameters();
      member
          .peer()
          .send(
              member
                  .peer()
                  .check(
                      ice.getUsernameFragment(),
                      Secret.wrap(ice.getPassword().getBytes(StandardCharsets.US_ASCII))));
      member.peer().openPath();
      call.assertForwards(1, "goes on");
      assertEquals(
          "new",
          world.stats(call.room()).getTransportsList().stream()
              .filter(t -> t.getTransportId().equals(other.getTransportId()))
              .findFirst()
              .orElseThrow()
              .getIceState());
    }
  }

  @Test
  void connectionsOfOneSourceAreBounded() throws IOException {
    try (var world = world(100, 3)) {
      var call = world.call();
      var members = new ArrayList<World.Member>();
      for (var i = 0; i < 3; i++) {
        members.add(world.join(call.room(), Protocol.TCP));
      }
      var more = world.peer(world.transport(call.room()), world.ours(), Protocol.TCP);
      awaitEnd(connection(more));
      assertTrue(sum(world, call.room(), LoopStats::getTcpRefused) >= 1);
      for (var member : members) {
        member.peer().openPath();
        assertFalse(connection(member.peer()).isEnded());
      }
      // A place that becomes free is given again.
      members.getFirst().peer().close();
      var next = world.peer(world.transport(call.room()), world.ours(), Protocol.TCP);
      World.await(
          "a place is free again",
          () -> protocols(world, call.room()).getLast().equals("tcp"),
          () -> {
            if (connection(next).isEnded()) {
              next.move(Protocol.TCP, next.router());
            }
            try {
              next.send(next.check(next.credentials().ufrag(), next.credentials().password()));
            } catch (IOException _) {
              // Closed meanwhile.
            }
            next.pump();
          });
      call.assertForwards(1, "goes on");
    }
  }

  /// Who says nothing is cut off after some seconds, and who reads nothing after some more; until
  /// then its packets are dropped rather than kept.
  @Test
  void whoIsSilentAndWhoDoesNotReadAreCutOff() throws IOException {
    try (var world = World.usual()) {
      var call = world.call();
      var room = call.room();
      var silent = world.peer(world.transport(room), world.ours(), Protocol.TCP);
      var slow = world.join(room, Protocol.TCP);
      world.consume(slow, call.producer(), room.getRtpCapabilities());
      var text = new byte[PACKET_BYTES];
      Arrays.fill(text, (byte) 'x');
      var sequence = new int[] {0};
      World.await(
          "packets are dropped",
          () -> sum(world, room, LoopStats::getTcpTooSlow) > 100,
          () -> {
            for (var i = 0; i < 50; i++) {
              sequence[0]++;
              var packet = World.packet(World.AUDIO_TYPE, World.SSRC, sequence[0], text);
              call.from().peer().send(call.from().peer().protect(packet));
              assertNotNull(call.to().peer().awaitRtp(), "who reads gets everything");
            }
          });
      assertTrue(sequence[0] < 20_000, "little is kept: " + sequence[0]);
      assertEquals(2, sum(world, room, LoopStats::getTcpConnections));
      var begun = System.nanoTime();
      World.await(
          "the silent one is closed",
          connection(silent)::isEnded,
          () -> {
            silent.pump();
            sequence[0]++;
            call.assertForwards(sequence[0], "goes on");
          });
      assertTrue(System.nanoTime() - begun < 2 * IceTcp.UNPROVED_NANOS_MAX);
      World.await(
          "who does not read is closed",
          () -> sum(world, room, LoopStats::getTcpConnections) == 0,
          () -> {
            sequence[0]++;
            call.assertForwards(sequence[0], new String(text, StandardCharsets.US_ASCII));
          });
      assertEquals(2, sum(world, room, LoopStats::getTcpBroken));
      assertEquals(0, sum(world, room, LoopStats::getFaults));
    }
  }
}
