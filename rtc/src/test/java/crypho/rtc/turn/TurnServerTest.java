package crypho.rtc.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.base.Secret;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What a client sees of the server, each error code among it.
final class TurnServerTest {
  private static final byte[] HELLO = "hello peer".getBytes(StandardCharsets.UTF_8);

  private final TurnWorld world = new TurnWorld();
  private final TurnWorld.Client client = world.udpClient(1111);

  @Test
  void allocationIsGivenToWhoKnowsThePassword() {
    var answer = client.allocate();
    assertTrue(answer.isSuccess());
    assertTrue(answer.reader.verify(client.key()));
    assertTrue(answer.reader.hasValidFingerprint());
    assertEquals(600, answer.reader.intValue(Attribute.LIFETIME));
    assertEquals(client.path.remote(), answer.address(Attribute.XOR_MAPPED_ADDRESS));
    assertEquals(
        Objects.requireNonNull(world.server.allocation(client.path)).relayed(),
        answer.address(Attribute.XOR_RELAYED_ADDRESS));
    assertEquals(1, world.openPorts.size());
  }

  @Test
  void requestWithoutCredentialsIsChallenged() {
    assertEquals(
        TurnServer.CHALLENGED,
        world.packet(client.path, client.bare(Stun.ALLOCATE, TurnWorld::udp)));
    assertEquals(401, client.last().code());
    assertEquals("crypho", client.last().reader.text(Attribute.REALM));
    assertFalse(client.last().reader.hasIntegrity());
    assertTrue(world.sent.getLast().packet().size() <= 80);
    assertNull(world.server.allocation(client.path));
  }

  @Test
  void wrongPasswordAndUnknownNamesAreRefused() {
    client.password = Secret.wrap("guess".getBytes(StandardCharsets.UTF_8));
    assertEquals(401, client.allocate().code());
    for (var name : List.of("nobody", "1790003600:", ":x", "99999999999999:x", "-1:x", "+9:x")) {
      client.username = name;
      client.password = TurnCredentials.password(world.secret, name);
      assertEquals(401, client.allocate().code(), name);
    }
    assertNull(world.server.allocation(client.path));
    assertEquals(7, world.server.count(TurnServer.UNAUTHENTICATED));
  }

  @Test
  void credentialsEndByTheCalendar() {
    world.pass(3_599);
    assertTrue(client.allocate().isSuccess());
    var late = world.udpClient(1112);
    world.pass(1);
    assertEquals(401, late.allocate().code());
    assertTrue(client.refresh(600).isSuccess(), "a running call goes on");
    world.server.onWallClock(world.now, TurnWorld.UNIX + 3_600 + TurnServer.GRACE_SECONDS);
    assertEquals(401, client.refresh(600).code());
  }

  @Test
  void incompleteCredentialsAreABadRequest() {
    var out = new byte[200];
    int length =
        new StunWriter()
            .begin(out, 0, Stun.type(Stun.ALLOCATE, Stun.REQUEST), world.transactionId(), 0)
            .text(Attribute.USERNAME, client.username)
            .integrity(client.key())
            .length();
    world.server.onPacket(world.now, client.path, out, 0, length, world);
    assertEquals(400, client.last().code());
  }

  @Test
  void staleForeignAndForgedNoncesAreRefused() {
    client.allocate();
    var nonce = Objects.requireNonNull(client.nonce);
    var thief = world.clientOf("u1111", 2222);
    thief.nonce = nonce;
    assertEquals(438, thief.allocate().code());
    world.pass(TurnNonce.LIFETIME_SECONDS - 10);
    client.refresh(600);
    world.pass(11);
    var answer = client.refresh(600);
    assertEquals(438, answer.code());
    client.nonce = answer.value(Attribute.NONCE);
    assertTrue(client.refresh(600).isSuccess());
    for (int i = 0; i < TurnNonce.CHARS; i++) {
      var forged = Objects.requireNonNull(client.nonce).clone();
      forged[i] = (byte) (forged[i] == 'A' ? 'B' : 'A');
      var before = client.nonce;
      client.nonce = forged;
      assertEquals(438, client.refresh(600).code());
      client.nonce = before;
    }
  }

  @Test
  void attributesThatMustBeUnderstoodAreNamed() {
    var answer =
        client.ask(
            Stun.ALLOCATE,
            w -> {
              TurnWorld.udp(w);
              w.flag(Attribute.DONT_FRAGMENT).int32(0x7abc, 1);
            });
    assertEquals(420, answer.code());
    assertEquals(Bytes.fromHex("001a7abc"), Bytes.wrap(answer.value(Attribute.UNKNOWN_ATTRIBUTES)));
  }

  @Test
  void allocateErrors() {
    refusedWith(400, w -> {});
    refusedWith(442, w -> w.int32(Attribute.REQUESTED_TRANSPORT, 6 << 24));
    refusedWith(440, udpAnd(w -> w.int32(Attribute.REQUESTED_ADDRESS_FAMILY, 2 << 24)));
    refusedWith(440, udpAnd(w -> w.int32(Attribute.REQUESTED_ADDRESS_FAMILY, 3 << 24)));
    refusedWith(400, udpAnd(w -> w.int32(Attribute.ADDITIONAL_ADDRESS_FAMILY, 1 << 24)));
    refusedWith(
        400,
        udpAnd(w ->
            w.int32(Attribute.ADDITIONAL_ADDRESS_FAMILY, 2 << 24)
                .int32(Attribute.REQUESTED_ADDRESS_FAMILY, 1 << 24)));
    refusedWith(508, udpAnd(w -> w.bytes(Attribute.EVEN_PORT, new byte[] {(byte) 0x80})));
    refusedWith(508, udpAnd(w -> w.int64(Attribute.RESERVATION_TOKEN, 1)));
    refusedWith(
        400,
        udpAnd(w ->
            w.int64(Attribute.RESERVATION_TOKEN, 1).bytes(Attribute.EVEN_PORT, new byte[] {0})));
    world.hasPorts = false;
    refusedWith(508, TurnWorld::udp);
    assertEquals(0, world.quota.total());
  }

  private static Consumer<StunWriter> udpAnd(Consumer<StunWriter> more) {
    return w -> {
      TurnWorld.udp(w);
      more.accept(w);
    };
  }

  private void refusedWith(int code, Consumer<StunWriter> attributes) {
    var answer = client.ask(Stun.ALLOCATE, attributes);
    assertEquals(code, answer.code());
    assertTrue(answer.reader.verify(client.key()), "an authenticated error");
    assertNull(world.server.allocation(client.path));
  }

  @Test
  void evenPortAndAdditionalFamily() {
    var answer =
        client.ask(
            Stun.ALLOCATE, udpAnd(w -> w.int32(Attribute.ADDITIONAL_ADDRESS_FAMILY, 2 << 24)));
    assertTrue(answer.isSuccess());
    assertEquals(Bytes.fromHex("02000428"), Bytes.wrap(answer.value(Attribute.ADDRESS_ERROR_CODE)));
    var even = world.udpClient(1112);
    even.ask(Stun.ALLOCATE, udpAnd(w -> w.bytes(Attribute.EVEN_PORT, new byte[] {0})));
    var relayed = even.last().address(Attribute.XOR_RELAYED_ADDRESS);
    assertEquals(0, relayed.getPort() & 1);
  }

  @Test
  void secondAllocateIsAMismatchAndARetransmissionIsAnsweredAgain() {
    client.allocate();
    assertEquals(437, client.allocate().code());
    var id = world.transactionId();
    var other = world.udpClient(1112);
    world.packet(other.path, other.bare(Stun.ALLOCATE, TurnWorld::udp));
    other.nonce = other.last().value(Attribute.NONCE);
    var request = other.message(id, Stun.ALLOCATE, TurnWorld::udp, true);
    world.packet(other.path, request);
    var first = other.last().address(Attribute.XOR_RELAYED_ADDRESS);
    world.packet(other.path, request);
    assertEquals(first, other.last().address(Attribute.XOR_RELAYED_ADDRESS));
    assertEquals(2, world.openPorts.size());
  }

  @Test
  void slowDriverIsWaitedForButNotForEver() {
    world.isDriverSlow = true;
    client.allocate();
    assertEquals(401, client.last().code(), "only the challenge so far");
    assertEquals(437, client.refresh(600).code());
    world.opened(world.waiting.removeFirst());
    assertTrue(client.last().isSuccess());
    var other = world.udpClient(1112);
    other.allocate();
    world.pass(12);
    assertNull(world.server.allocation(other.path));
    assertEquals(1, world.quota.total());
    world.opened(world.waiting.removeFirst());
    assertEquals(1, world.openPorts.size(), "a port that comes too late is closed");
  }

  @Test
  void quotasHoldPerUserAndInTotal() {
    for (int i = 0; i < 3; i++) {
      assertTrue(world.clientOf("greedy", 100 + i).allocate().isSuccess());
    }
    assertEquals(486, world.clientOf("greedy", 103).allocate().code());
    for (int i = 0; i < 12; i++) {
      assertTrue(world.clientOf("user" + i, 200 + i).allocate().isSuccess());
    }
    assertEquals(508, world.clientOf("late", 300).allocate().code());
    world.clientOf("greedy", 100).refresh(0);
    assertTrue(world.clientOf("greedy", 103).allocate().isSuccess());
    assertEquals(15, world.quota.total());
  }

  @Test
  void lifetimesAreClampedAndRunOut() {
    client.allocate();
    assertEquals(3_600, client.refresh(1_000_000).reader.intValue(Attribute.LIFETIME));
    assertEquals(3_600, client.refresh(-1).reader.intValue(Attribute.LIFETIME));
    assertEquals(600, client.refresh(1).reader.intValue(Attribute.LIFETIME));
    world.pass(599);
    assertNotNull(world.server.allocation(client.path));
    world.pass(3);
    assertNull(world.server.allocation(client.path));
    assertTrue(world.openPorts.isEmpty());
    assertEquals(0, world.quota.total());
    assertEquals(Long.MAX_VALUE, world.server.deadlineNanos());
  }

  @Test
  void refreshOfZeroAndAClosedConnectionEndIt() {
    client.allocate();
    assertTrue(client.refresh(0).isSuccess());
    assertEquals(437, client.refresh(0).code());
    var tcp = world.new Client(TurnWorld.path(Protocol.TCP, 9), "t");
    tcp.allocate();
    world.server.onClientClosed(tcp.path, world);
    assertTrue(world.openPorts.isEmpty());
    assertEquals(0, world.server.allocationCount());
  }

  @Test
  void refreshOfAnotherFamilyOrUserIsRefused() {
    client.allocate();
    assertEquals(
        443,
        client.ask(Stun.REFRESH, w -> w.int32(Attribute.REQUESTED_ADDRESS_FAMILY, 2 << 24)).code());
    var other = world.clientOf("other", 1111);
    assertEquals(441, other.refresh(0).code());
    assertNotNull(world.server.allocation(client.path));
  }

  @Test
  void permissionsOpenBothWaysForFiveMinutes() {
    var allocation = client.allocated();
    assertEquals(TurnServer.NO_PERMISSION, client.send(TurnWorld.PEER, HELLO));
    assertEquals(TurnServer.NO_PERMISSION, fromPeer(allocation, new byte[100]));
    assertTrue(client.permit(TurnWorld.PEER).isSuccess());
    assertEquals(TurnServer.OK, client.send(TurnWorld.PEER, HELLO));
    assertEquals(TurnWorld.PEER, world.relayed.getLast().peer());
    assertEquals(Bytes.copyOf(HELLO), world.relayed.getLast().payload());
    var out = new byte[100];
    int length = fromPeer(allocation, out);
    var answer = new TurnWorld.Answer(Bytes.copyOf(out, 0, length));
    assertEquals(Stun.DATA, answer.reader.method());
    assertEquals(TurnWorld.PEER, answer.address(Attribute.XOR_PEER_ADDRESS));
    assertEquals(Bytes.copyOf(HELLO), Bytes.wrap(answer.value(Attribute.DATA)));
    assertEquals(TurnServer.OVERFLOW, fromPeer(allocation, new byte[30]));
    world.pass(300);
    assertEquals(TurnServer.NO_PERMISSION, client.send(TurnWorld.PEER, HELLO));
    assertEquals(TurnServer.NO_PERMISSION, fromPeer(allocation, out));
  }

  private int fromPeer(Allocation allocation, byte[] out) {
    return world.server.toClient(
        world.now, allocation, TurnWorld.PEER, HELLO, 0, HELLO.length, out, 0);
  }

  @Test
  void channelsCarryFourBytesMoreAndLastTenMinutes() {
    var allocation = client.allocated();
    assertTrue(client.bind(0x4000, TurnWorld.PEER).isSuccess());
    assertEquals(TurnServer.OK, client.channelData(0x4000, HELLO));
    assertEquals(Bytes.copyOf(HELLO), world.relayed.getLast().payload());
    assertEquals(TurnServer.NO_PERMISSION, client.channelData(0x4001, HELLO));
    var out = new byte[100];
    assertEquals(4 + HELLO.length, fromPeer(allocation, out));
    assertEquals(0x4000, ChannelData.number(out, 0));
    assertEquals(HELLO.length, ChannelData.length(out, 0));
    assertEquals(Bytes.copyOf(HELLO), Bytes.copyOf(out, 4, 4 + HELLO.length));
    assertEquals(TurnServer.OVERFLOW, fromPeer(allocation, new byte[13]));
    world.pass(299);
    client.permit(TurnWorld.PEER);
    world.pass(299);
    assertEquals(TurnServer.OK, client.channelData(0x4000, HELLO), "a permission was renewed");
    client.nonce = null;
    client.permit(TurnWorld.PEER);
    client.refresh(600);
    world.pass(3);
    assertEquals(TurnServer.NO_PERMISSION, client.channelData(0x4000, HELLO));
    assertTrue(fromPeer(allocation, out) > 4 + HELLO.length, "a Data indication again");
  }

  @Test
  void channelDataOnStreamsIsPadded() {
    var tcp = world.new Client(TurnWorld.path(Protocol.TCP, 9), "t");
    var allocation = tcp.allocated();
    tcp.bind(0x4123, TurnWorld.PEER);
    var out = new byte[100];
    assertEquals(4 + 12, fromPeer(allocation, out));
    assertEquals(HELLO.length, ChannelData.length(out, 0));
    assertEquals(TurnServer.OK, world.packet(tcp.path, Bytes.copyOf(out, 0, 16).toArray()));
    assertEquals(Bytes.copyOf(HELLO), world.relayed.getLast().payload());
  }

  @Test
  void channelDataThatLiesAboutItsLengthIsDropped() {
    client.allocate();
    client.bind(0x4000, TurnWorld.PEER);
    for (var hex : List.of("40", "4000", "400000", "40000001", "4000000161626364656667")) {
      assertEquals(
          TurnServer.NO_PERMISSION, world.packet(client.path, Bytes.fromHex(hex).toArray()), hex);
    }
    assertEquals(TurnServer.OK, world.packet(client.path, Bytes.fromHex("40000000").toArray()));
    assertEquals(1, world.relayed.size());
  }

  @Test
  void channelBindErrors() {
    client.allocate();
    assertTrue(client.bind(0x4000, TurnWorld.PEER).isSuccess());
    assertTrue(client.bind(0x4000, TurnWorld.PEER).isSuccess(), "a renewal");
    assertEquals(400, client.bind(0x3fff, TurnWorld.PEER).code());
    assertEquals(400, client.bind(0x8000, TurnWorld.PEER).code());
    assertEquals(400, client.bind(0x4001, TurnWorld.PEER).code());
    assertEquals(400, client.bind(0x4000, TurnWorld.address("93.184.216.34", 5001)).code());
    assertEquals(403, client.bind(0x4001, TurnWorld.address("93.184.216.34", 0)).code());
    assertEquals(403, client.bind(0x4001, TurnWorld.address("10.0.0.1", 80)).code());
    assertEquals(443, client.bind(0x4001, TurnWorld.address("2606:2800:220::1", 80)).code());
    assertEquals(
        400, client.ask(Stun.CHANNEL_BIND, w -> w.int32(Attribute.CHANNEL_NUMBER, 1 << 30)).code());
    for (int i = 1; i < Allocation.CHANNELS_MAX; i++) {
      assertTrue(client.bind(0x4000 + i, TurnWorld.address("93.184.216.34", 6000 + i)).isSuccess());
    }
    assertEquals(508, client.bind(0x7fff, TurnWorld.address("93.184.216.34", 9)).code());
    for (int i = 1; i < Allocation.CHANNELS_MAX; i++) {
      assertEquals(TurnServer.OK, client.channelData(0x4000 + i, HELLO));
      assertEquals(6000 + i, world.relayed.getLast().peer().getPort());
    }
  }

  @Test
  void createPermissionErrors() {
    assertEquals(437, client.permit(TurnWorld.PEER).code());
    client.allocate();
    assertEquals(400, client.ask(Stun.CREATE_PERMISSION, w -> {}).code());
    assertEquals(
        400,
        client
            .ask(
                Stun.CREATE_PERMISSION,
                w -> w.bytes(Attribute.XOR_PEER_ADDRESS, new byte[] {0, 9, 0, 0, 1, 2, 3, 4}))
            .code());
    assertEquals(
        403,
        client
            .ask(
                Stun.CREATE_PERMISSION,
                w ->
                    w.xorAddress(Attribute.XOR_PEER_ADDRESS, TurnWorld.PEER)
                        .xorAddress(Attribute.XOR_PEER_ADDRESS, TurnWorld.address("127.0.0.1", 1)))
            .code());
    assertEquals(TurnServer.NO_PERMISSION, client.send(TurnWorld.PEER, HELLO), "all or none");
    assertEquals(443, client.permit(TurnWorld.address("2606:2800:220::1", 1)).code());
    for (int i = 0; i < Allocation.PERMISSIONS_MAX; i++) {
      assertTrue(client.permit(TurnWorld.address("93.184.217." + i, 1)).isSuccess());
    }
    assertEquals(508, client.permit(TurnWorld.PEER).code());
    assertTrue(client.permit(TurnWorld.address("93.184.217.1", 1)).isSuccess());
    world.pass(301);
    assertTrue(client.permit(TurnWorld.PEER).isSuccess(), "those that ran out make room");
  }

  @Test
  void bindingIsAnsweredWithTheAddress() {
    var request = client.bare(Stun.BINDING, w -> {});
    assertEquals(TurnServer.CHALLENGED, world.packet(client.path, request));
    assertEquals(client.path.remote(), client.last().address(Attribute.XOR_MAPPED_ADDRESS));
    world.packet(client.path, client.bare(Stun.BINDING, w -> w.int32(0x7abc, 0)));
    assertEquals(420, client.last().code());
  }

  @Test
  void unknownMethodsAnswersAndIndicationsAreDropped() {
    client.allocate();
    int before = world.sent.size();
    assertEquals(TurnServer.NOT_TURN, world.packet(client.path, client.bare(0x00a, w -> {})));
    for (int type :
        List.of(Stun.type(Stun.ALLOCATE, Stun.SUCCESS), Stun.type(1, Stun.INDICATION))) {
      var out = new byte[20];
      new StunWriter().begin(out, 0, type, new byte[12], 0).length();
      assertEquals(TurnServer.NOT_TURN, world.packet(client.path, out));
    }
    var stranger = world.udpClient(77);
    assertEquals(TurnServer.NO_ALLOCATION, stranger.send(TurnWorld.PEER, HELLO));
    assertEquals(TurnServer.NO_ALLOCATION, stranger.channelData(0x4000, HELLO));
    assertEquals(before, world.sent.size());
  }

  @Test
  void challengesToOneSourceAreBounded() {
    var request = client.bare(Stun.ALLOCATE, TurnWorld::udp);
    for (int i = 0; i < 1_000; i++) {
      world.packet(TurnWorld.path(Protocol.UDP, 1 + i), request);
    }
    assertEquals(ChallengeLimiter.PER_SECOND_MAX, world.sent.size());
    assertEquals(1_000 - 32, world.server.count(TurnServer.CHALLENGE_WITHHELD));
    world.pass(1);
    world.packet(client.path, request);
    assertEquals(ChallengeLimiter.PER_SECOND_MAX + 1, world.sent.size());
  }

  /// What costs an answer or a digest is bounded by source, and a running call is not harmed.
  @Test
  void failuresOfOneSourceAreBounded() {
    client.allocate();
    var thief = world.clientOf("u1111", 2222);
    world.packet(thief.path, thief.bare(Stun.ALLOCATE, TurnWorld::udp));
    thief.nonce = thief.last().value(Attribute.NONCE);
    thief.password = Secret.wrap("guess".getBytes(StandardCharsets.UTF_8));
    world.pass(1);
    var guess = thief.message(world.transactionId(), Stun.ALLOCATE, TurnWorld::udp, true);
    int before = world.sent.size();
    for (int i = 0; i < 100; i++) {
      world.packet(thief.path, guess);
    }
    assertEquals(ChallengeLimiter.PER_SECOND_MAX, world.sent.size() - before);
    assertEquals(68, world.server.count(TurnServer.CHALLENGE_WITHHELD));
    assertTrue(client.refresh(600).isSuccess(), "of the same network, with a call");
    var forged = client.message(world.transactionId(), Stun.REFRESH, w -> {}, true);
    int last = forged.length - 25;
    forged[last] = (byte) (forged[last] == 'A' ? 'B' : 'A');
    before = world.sent.size();
    for (int i = 0; i < 100; i++) {
      assertTrue(world.packet(TurnWorld.path(Protocol.UDP, 3_000 + i), forged) < 0);
    }
    assertEquals(ChallengeLimiter.PER_SECOND_MAX, world.sent.size() - before);
    world.pass(1);
    assertTrue(world.clientOf("u1111", 2222).allocate().isSuccess(), "a second later");
  }

  @Test
  void relaysOfIpv6AreGivenWhereThereAreAny() {
    var six = TurnWorld.ofIpv6();
    var other = six.udpClient(1111);
    var answer =
        other.ask(Stun.ALLOCATE, udpAnd(w -> w.int32(Attribute.REQUESTED_ADDRESS_FAMILY, 2 << 24)));
    assertTrue(answer.isSuccess());
    assertEquals(TurnWorld.OWN_IPV6, answer.address(Attribute.XOR_RELAYED_ADDRESS).getAddress());
    var allocation = Objects.requireNonNull(six.server.allocation(other.path));
    assertEquals(Stun.FAMILY_IPV6, allocation.family());
    var peer = TurnWorld.address("2606:2800:220::1", 5000);
    assertEquals(443, other.permit(TurnWorld.PEER).code(), "not of the relay's family");
    assertEquals(403, other.permit(TurnWorld.address("::1", 1)).code());
    assertEquals(403, other.permit(TurnWorld.address("fe80::1", 1)).code());
    assertTrue(other.bind(0x4000, peer).isSuccess());
    assertEquals(TurnServer.OK, other.channelData(0x4000, HELLO));
    assertEquals(peer, six.relayed.getLast().peer());
    assertEquals(TurnServer.OK, other.send(TurnWorld.address("2606:2800:220::1", 9), HELLO));
    var out = new byte[100];
    int length = six.server.toClient(six.now, allocation, peer, HELLO, 0, HELLO.length, out, 0);
    assertEquals(4 + HELLO.length, length);
    var elsewhere = TurnWorld.address("2606:2800:220::1", 6000);
    length = six.server.toClient(six.now, allocation, elsewhere, HELLO, 0, HELLO.length, out, 0);
    var data = new TurnWorld.Answer(Bytes.copyOf(out, 0, length));
    assertEquals(elsewhere, data.address(Attribute.XOR_PEER_ADDRESS));
  }

  @Test
  void closingEndsEverything() {
    client.allocate();
    world.udpClient(1112).allocate();
    world.server.closeAll(world);
    assertTrue(world.openPorts.isEmpty());
    assertEquals(0, world.quota.total());
  }
}
