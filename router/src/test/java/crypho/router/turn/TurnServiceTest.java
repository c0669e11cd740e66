package crypho.router.turn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Secret;
import crypho.router.RouterService;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.Stun;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// TURN over real sockets of loopback: clients, our relay and peers.
final class TurnServiceTest {
  private static final int CHANNEL = 0x4001;

  /// An address of loopback that is not one of ours: peers may be there where it is configured.
  private static final String PEERS = "127.0.0.9";

  @TempDir private Path folder;

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static DatagramSocket peer() throws IOException {
    var peer = new DatagramSocket(0, InetAddress.ofLiteral(PEERS));
    peer.setSoTimeout(5_000);
    return peer;
  }

  private static DatagramPacket receive(DatagramSocket peer) throws IOException {
    var packet = new DatagramPacket(new byte[3_000], 3_000);
    peer.receive(packet);
    return packet;
  }

  private static byte[] payload(DatagramPacket packet) {
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  private static InetSocketAddress address(DatagramSocket peer) {
    return (InetSocketAddress) peer.getLocalSocketAddress();
  }

  /// Both ways with one peer: first by indications, then on a channel.
  private static void talk(TurnUser user, int packets) throws IOException {
    try (user;
        var peer = peer()) {
      var relayed = user.relayed();
      assertTrue(user.permit(address(peer)).isSuccess());
      user.sendTo(address(peer), text("first"));
      var first = receive(peer);
      assertArrayEquals(text("first"), payload(first));
      assertEquals(relayed, first.getSocketAddress());
      peer.send(new DatagramPacket(text("second"), 6, relayed));
      assertArrayEquals(text("second"), user.receive());
      assertTrue(user.bind(CHANNEL, address(peer)).isSuccess());
      for (var i = 0; i < packets; i++) {
        var there = new byte[1 + i * 37 % 1_300];
        Arrays.fill(there, (byte) i);
        user.sendOnChannel(CHANNEL, there);
        assertArrayEquals(there, payload(receive(peer)));
        peer.send(new DatagramPacket(there, there.length, relayed));
        assertArrayEquals(there, user.receive());
      }
      assertTrue(user.release().isSuccess());
    }
  }

  @ParameterizedTest
  @EnumSource(RouterService.Sockets.class)
  void relaysOverUdpAndTcp(RouterService.Sockets sockets) throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN.with(sockets).allowing(PEERS, 32))) {
      talk(relay.udp("anna"), 100);
      talk(relay.tcp("anna"), 100);
      var stats = relay.turn.stats().join();
      assertEquals(202, stats.toPeers());
      assertEquals(202, stats.toClients());
      assertEquals(0, stats.allocations());
      assertEquals(0, stats.sendFailures());
    }
  }

  @Test
  void relaysOverTls() throws Exception {
    var tls = Relay.certificate(folder);
    try (var relay = Relay.open(Relay.Options.PLAIN.allowing(PEERS, 32).with(tls))) {
      talk(relay.tls("anna", tls.certificate()), 50);
    }
  }

  /// Packets that come together leave together: none is lost, joined or out of order.
  @ParameterizedTest
  @EnumSource(RouterService.Sockets.class)
  void burstsArriveWhole(RouterService.Sockets sockets) throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN.with(sockets).allowing(PEERS, 32));
        var user = relay.udp("anna");
        var peer = peer()) {
      var relayed = user.relayed();
      user.bind(CHANNEL, address(peer));
      for (var i = 0; i < 60; i++) {
        var packet = new byte[i % 7 == 3 ? 200 : 900];
        packet[0] = (byte) i;
        user.sendOnChannel(CHANNEL, packet);
      }
      for (var i = 0; i < 60; i++) {
        var packet = receive(peer);
        assertEquals(i % 7 == 3 ? 200 : 900, packet.getLength());
        assertEquals((byte) i, packet.getData()[0]);
      }
      for (var i = 0; i < 60; i++) {
        var packet = new byte[i % 7 == 3 ? 200 : 900];
        packet[0] = (byte) i;
        peer.send(new DatagramPacket(packet, packet.length, relayed));
      }
      for (var i = 0; i < 60; i++) {
        var packet = user.receive();
        assertEquals(i % 7 == 3 ? 200 : 900, packet.length);
        assertEquals((byte) i, packet[0]);
      }
    }
  }

  /// Neither reaches the other in another way, and loopback is not opened for it.
  @ParameterizedTest
  @CsvSource({"127.0.0.1, 1", "127.0.0.1, 2", "203.0.113.7, 1"})
  void twoClientsMeetOnOurOwnRelays(String external, int loops) throws IOException {
    var options = Relay.Options.PLAIN.withLoops(loops);
    try (var relay = Relay.open(options, InetAddress.ofLiteral(external));
        var anna = relay.udp("anna");
        var bo = relay.tcp("bo")) {
      var annas = anna.relayed();
      var bos = bo.relayed();
      assertEquals(InetAddress.ofLiteral(external), annas.getAddress());
      assertTrue(anna.permit(bos).isSuccess());
      assertTrue(bo.permit(annas).isSuccess());
      anna.sendTo(bos, text("hello"));
      assertArrayEquals(text("hello"), bo.receive());
      assertTrue(bo.bind(CHANNEL, annas).isSuccess());
      assertTrue(anna.bind(CHANNEL, bos).isSuccess());
      bo.sendOnChannel(CHANNEL, text("on a channel"));
      assertArrayEquals(text("on a channel"), anna.receive());
      anna.sendOnChannel(CHANNEL, text("and back"));
      assertArrayEquals(text("and back"), bo.receive());
    }
  }

  @Test
  void aClosedRelayIsNoDoorToThisMachine() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN);
        var anna = relay.udp("anna");
        var bo = relay.udp("bo")) {
      anna.relayed();
      var bos = bo.relayed();
      assertTrue(anna.bind(CHANNEL, bos).isSuccess());
      assertTrue(bo.release().isSuccess());
      try (var stranger = new DatagramSocket(bos)) {
        stranger.setSoTimeout(200);
        anna.sendOnChannel(CHANNEL, text("for bo"));
        anna.sendTo(bos, text("for bo"));
        // The next answer shows that both have been read.
        assertEquals(403, anna.bind(CHANNEL + 1, bos).code());
        assertThrows(SocketTimeoutException.class, () -> receive(stranger));
      }
    }
  }

  @Test
  void mediaPortsOfTheRouterAreReachedAndNoOthers() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN);
        var anna = relay.udp("anna");
        var service = new DatagramSocket(0, Relay.HOME)) {
      anna.relayed();
      var media = relay.router.bound().getFirst();
      assertTrue(anna.bind(CHANNEL, media).isSuccess());
      assertEquals(403, anna.bind(CHANNEL + 1, address(service)).code());
      assertEquals(403, anna.permit(new InetSocketAddress("10.0.0.1", 80)).code());
      assertEquals(403, anna.permit(new InetSocketAddress("169.254.169.254", 80)).code());
    }
  }

  @Test
  void wrongCredentialsGetNothing() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN)) {
      var wrong = Secret.wrap(text("another secret"));
      try (var stranger = TurnUser.udp(relay.turn.udp(), wrong, "anna")) {
        assertEquals(401, stranger.allocate().code());
      }
      assertEquals(1, relay.turn.stats().join().unauthenticated());
      assertEquals(0, relay.turn.stats().join().allocations());
    }
  }

  @Test
  void quotasHoldOverLoops() throws IOException {
    var limits = new TurnSettings.Limits(3, 2, 100, 100);
    try (var relay = Relay.open(Relay.Options.PLAIN.withLoops(2).with(limits))) {
      List<TurnUser> users = new ArrayList<>();
      for (var name : List.of("anna", "anna", "anna", "bo", "cleo")) {
        users.add(relay.udp(name));
      }
      var codes = new ArrayList<Integer>();
      for (var user : users) {
        var answer = user.allocate();
        codes.add(answer.isSuccess() ? 0 : answer.code());
      }
      assertEquals(List.of(0, 0, 486, 0, 508), codes);
      users.getFirst().release();
      assertTrue(users.getLast().allocate().isSuccess());
      for (var user : users) {
        user.close();
      }
    }
  }

  @Test
  void aConnectionTakesItsAllocationWithIt() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN)) {
      var anna = relay.tcp("anna");
      var relayed = anna.relayed();
      assertEquals(1, relay.turn.stats().join().allocations());
      anna.close();
      await(() -> relay.turn.stats().join().allocations() == 0);
      new DatagramSocket(relayed).close();
    }
  }

  @Test
  void connectionsOfOneSourceAreBounded() throws IOException {
    var limits = new TurnSettings.Limits(10, 10, 100, 4);
    try (var relay = Relay.open(Relay.Options.PLAIN.with(limits))) {
      List<Socket> sockets = new ArrayList<>();
      for (var i = 0; i < 5; i++) {
        sockets.add(new Socket(relay.turn.tcp().getAddress(), relay.turn.tcp().getPort()));
      }
      sockets.getLast().setSoTimeout(5_000);
      assertEquals(-1, sockets.getLast().getInputStream().read());
      assertEquals(4, relay.turn.stats().join().connections());
      for (var socket : sockets) {
        socket.close();
      }
    }
  }

  /// A reader that stops costs a bounded queue: packets for it are dropped whole, and what it reads
  /// later is still in frame.
  @Test
  void aSlowReaderLosesWholePackets() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN.allowing(PEERS, 32));
        var peer = peer()) {
      var socket = new Socket();
      socket.setReceiveBufferSize(8 * 1_024);
      socket.connect(relay.turn.tcp());
      try (var anna = TurnUser.stream(socket, Relay.secret(), "anna")) {
        var relayed = anna.relayed();
        anna.bind(CHANNEL, address(peer));
        var packet = new byte[1_200];
        for (var sent = 0; relay.turn.stats().join().tooSlow() == 0; sent++) {
          assertTrue(sent < 20_000, "nothing was dropped");
          packet[0] = (byte) (sent >> 8);
          packet[1] = (byte) sent;
          peer.send(new DatagramPacket(packet, packet.length, relayed));
        }
        var before = -1;
        for (var i = 0; i < 10; i++) {
          var got = anna.receive();
          assertEquals(1_200, got.length);
          var number = (got[0] & 0xff) << 8 | (got[1] & 0xff);
          assertTrue(number > before);
          before = number;
        }
      }
    }
  }

  @Test
  void garbageEndsAConnectionAndLeavesOthers() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN);
        var anna = relay.tcp("anna");
        var socket = new Socket(relay.turn.tcp().getAddress(), relay.turn.tcp().getPort())) {
      anna.relayed();
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write(text("GET / HTTP/1.1\r\n\r\n"));
      assertEquals(-1, socket.getInputStream().read());
      assertTrue(anna.release().isSuccess());
    }
  }

  @Test
  void aPortThatIsTakenIsSaid() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN.withLoops(2))) {
      var taken = relay.turn.udp();
      var options = Relay.Options.PLAIN.withLoops(2);
      assertThrows(
          IOException.class, () -> Relay.open(options, Relay.HOME, taken.getPort()).close());
    }
  }

  @Test
  void evenPortsAreGivenWhereAsked() throws IOException {
    try (var relay = Relay.open(Relay.Options.PLAIN);
        var anna = relay.udp("anna")) {
      var answer =
          anna.ask(
              Stun.ALLOCATE,
              w ->
                  w.int32(Attribute.REQUESTED_TRANSPORT, 17 << 24)
                      .bytes(Attribute.EVEN_PORT, new byte[1]));
      assertEquals(0, answer.address(Attribute.XOR_RELAYED_ADDRESS).getPort() & 1);
    }
  }

  private static void await(BooleanSupplier condition) {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "it has not come to that");
      Thread.onSpinWait();
    }
  }
}
