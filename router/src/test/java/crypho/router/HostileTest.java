package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Secret;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.ice.Protocol;
import crypho.rtc.rtcp.NtpTime;
import crypho.rtc.rtcp.RtcpWriter;
import crypho.rtc.stun.Stun;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.Stats;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Bad input over real sockets beside a running call, which goes on.
final class HostileTest {
  private static final InetAddress FLOOD = InetAddress.ofLiteral("127.0.0.66");

  private World world = opened();
  private World.Call call = started(world);
  private int sequence;

  private static World opened() {
    try {
      return World.usual();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static World.Call started(World world) {
    try {
      return world.call();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void theCallRuns() throws IOException {
    assertGoesOn();
  }

  @AfterEach
  void theCallGoesOn() throws IOException {
    try {
      assertGoesOn();
    } finally {
      world.close();
    }
  }

  private void assertGoesOn() throws IOException {
    for (var i = 0; i < 5; i++) {
      sequence++;
      call.assertForwards(sequence, "voice " + sequence);
    }
  }

  private Peer stranger() throws IOException {
    return world.peer(world.transport(call.room()), world.ours());
  }

  /// A counter of the one who sends, once the router has seen all before.
  private double sender(ToDoubleFunction<crypho.wire.router.v1.TransportStats> counter)
      throws IOException {
    assertGoesOn();
    return world.stats(call.room()).getTransportsList().stream()
        .filter(t -> t.getTransportId().equals(call.from().transport().getTransportId()))
        .mapToDouble(counter)
        .sum();
  }

  private double dropped() throws IOException {
    assertGoesOn();
    return world.stats(call.room()).getLoopsList().stream()
        .mapToDouble(l -> l.getDropped() + l.getRateLimited())
        .sum();
  }

  // --- STUN ---

  @Test
  void wrongCredentialsAreRefusedAndNotAnsweredForLong() throws IOException {
    var stranger = stranger();
    var ufrag = stranger.credentials().ufrag();
    var request = stranger.check(ufrag, Secret.wrap(new byte[22]));
    var answers = 0;
    for (var i = 0; i < 3 * SourceLimiter.FAILURES_MAX; i++) {
      stranger.send(request);
    }
    assertGoesOn();
    stranger.pump();
    while (!stranger.isQuiet()) {
      stranger.pump();
    }
    for (var answer = stranger.pollStun(); answer != null; answer = stranger.pollStun()) {
      answers++;
      assertTrue(answer.length <= request.length, "an answer is longer than the request");
      var type = ByteBuffer.wrap(answer).getShort();
      assertEquals(Stun.type(Stun.BINDING, Stun.ERROR), type);
    }
    assertTrue(answers > 0 && answers <= 2 * SourceLimiter.FAILURES_MAX, "answers: " + answers);
    assertTrue(limited(world.stats(call.room())) > 0);
  }

  private static double limited(Stats stats) {
    return stats.getLoopsList().stream().mapToDouble(l -> l.getRateLimited()).sum();
  }

  @Test
  void anUnknownFragmentGetsNoAnswer() throws IOException {
    var stranger = stranger();
    var before = dropped();
    stranger.send(stranger.check("nobodyknowsthis0", stranger.credentials().password()));
    assertTrue(dropped() > before);
    assertSilent(stranger);
  }

  private static void assertSilent(Peer peer) throws IOException {
    for (var i = 0; i < 3; i++) {
      peer.pump();
    }
    assertNull(peer.pollStun());
    assertNull(peer.pollRtp());
  }

  /// Whatever comes from an address that has proved nothing: fewer octets go back than came.
  @Seeded(tries = 5)
  void strangersAreNeverSentMoreThanTheySend(Gen gen) throws IOException {
    var stranger = stranger();
    var sound = stranger.check(stranger.credentials().ufrag(), Secret.wrap(new byte[22]));
    var sent = 0;
    for (var i = 0; i < 60; i++) {
      var packet = gen.chance(0.7) ? sound.clone() : gen.bytes(gen.intBetween(1, 1_400));
      for (var n = gen.below(4); n > 0; n--) {
        packet[gen.below(packet.length)] = (byte) gen.anyLong();
      }
      if (gen.chance(0.2)) {
        packet = Arrays.copyOf(packet, gen.intBetween(1, packet.length + 1));
      }
      sent += packet.length;
      stranger.send(packet);
    }
    assertGoesOn();
    stranger.pump();
    while (!stranger.isQuiet()) {
      stranger.pump();
    }
    var back = stranger.octetsReceived();
    assertTrue(back <= sent, back + " octets for " + sent);
  }

  // --- sources ---

  @Test
  void aRecordedCheckDoesNotMoveTheCall() throws IOException {
    var check =
        call.from()
            .peer()
            .check(
                call.from().peer().credentials().ufrag(),
                call.from().peer().credentials().password());
    call.from().peer().send(check);
    assertNotNull(call.from().peer().awaitStun());
    var thief = stranger();
    thief.send(check);
    assertGoesOn();
    assertSilent(thief);
    // And the other way: who only hears is still reached where it is.
    assertGoesOn();
  }

  @Test
  void packetsFromAnotherAddressAreDropped() throws IOException {
    var thief = stranger();
    var before = dropped();
    sequence++;
    var recorded = call.from().peer().protect(voice(sequence, "recorded"));
    thief.send(recorded);
    thief.send(new byte[] {22, (byte) 0xfe, (byte) 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    thief.send(new byte[] {(byte) 0x80, (byte) 201, 0, 1, 0, 0, 0, 1});
    assertTrue(dropped() >= before + 3);
    assertSilent(thief);
    // It was not forwarded, so its own sender may still send it.
    call.from().peer().send(recorded);
    assertEquals("recorded", World.text(call.to().peer().awaitRtp()));
  }

  private static byte[] voice(int number, String text) {
    return World.packet(World.AUDIO_TYPE, World.SSRC, number, text);
  }

  // --- RTP ---

  @Test
  void replayedPacketsAreForwardedOnce() throws IOException {
    sequence++;
    var packet = call.from().peer().protect(voice(sequence, "once"));
    for (var i = 0; i < 100; i++) {
      call.from().peer().send(packet);
    }
    assertEquals("once", World.text(call.to().peer().awaitRtp()));
    assertTrue(sender(t -> t.getPacketsRefused()) >= 99);
  }

  @Test
  void truncatedAndOversizedPacketsAreDropped() throws IOException {
    sequence++;
    var whole = call.from().peer().protect(voice(sequence, "a packet that is cut"));
    for (var length = 1; length < whole.length; length++) {
      call.from().peer().send(Arrays.copyOf(whole, length));
    }
    for (var length : new int[] {2_049, 9_000, 60_000}) {
      call.from().peer().send(Arrays.copyOf(whole, length));
    }
    assertTrue(sender(t -> t.getPacketsRefused()) > 0);
    call.from().peer().send(whole);
    assertEquals("a packet that is cut", World.text(call.to().peer().awaitRtp()));
  }

  @Test
  void unknownStreamsAndTypesAreDropped() throws IOException {
    for (var i = 0; i < 200; i++) {
      call.from()
          .peer()
          .send(call.from().peer().protect(World.packet(World.AUDIO_TYPE, 0xbad + i, 1, "whose")));
    }
    sequence++;
    call.from()
        .peer()
        .send(call.from().peer().protect(World.packet(99, World.SSRC, sequence, "type")));
    assertTrue(sender(t -> t.getPacketsOfUnknownStreams() + t.getPacketsMalformed()) >= 100);
  }

  @Test
  void anotherRoomsMediaCannotBeHad() throws IOException {
    var elsewhere = world.room();
    var member = world.join(elsewhere);
    var reply =
        world.tryConsume(member.transport(), call.producer(), elsewhere.getRtpCapabilities());
    assertEquals(ControlError.Code.NOT_FOUND, reply.getError().getCode());
    // Nor can it be sent into: the same SSRC there is nobody's.
    member.peer().send(member.peer().protect(voice(60_000, "from elsewhere")));
    assertGoesOn();
    assertTrue(world.stats(elsewhere).getTransports(0).getPacketsOfUnknownStreams() >= 1);
    assertEquals(2, world.stats(call.room()).getTransportsCount());
  }

  // --- RTCP ---

  @Test
  void contradictoryRtcpHarmsNothing() throws IOException {
    var consumed = call.consumed().getRtpParameters().getEncodings(0).getSsrc();
    var to = call.to().peer();
    var from = call.from().peer();
    var writer = new RtcpWriter();
    var out = new byte[1_200];
    for (var ssrc : new int[] {consumed, World.SSRC, 0, -1}) {
      // Reports of losses before anything was sent, of a round trip from the future.
      writer.begin(out, 0, out.length);
      writer.receiverReport(7);
      writer.reportBlock(ssrc, 255, -1, Integer.MAX_VALUE, -1, -1, Integer.MAX_VALUE);
      to.sendRtcp(Arrays.copyOf(out, writer.length()));
      // Negative acknowledgement of all numbers there are.
      var numbers = new int[64];
      for (var first = 0; first < 0x10000; first += 64 * 17) {
        for (var i = 0; i < numbers.length; i++) {
          numbers[i] = first + 17 * i & 0xffff;
        }
        writer.begin(out, 0, out.length);
        writer.nack(7, ssrc, numbers, 0, numbers.length);
        to.sendRtcp(Arrays.copyOf(out, writer.length()));
      }
      writer.begin(out, 0, out.length);
      writer.pictureLoss(7, ssrc);
      writer.fullIntraRequest(7, ssrc, 255);
      writer.receiverEstimatedBitrate(7, 0, new int[] {ssrc}, 1);
      to.sendRtcp(Arrays.copyOf(out, writer.length()));
      // The sender's own clock runs backwards, and it says goodbye but goes on.
      for (var ntp : new long[] {Long.MAX_VALUE, 0, -1, NtpTime.ofNanos(1)}) {
        writer.begin(out, 0, out.length);
        writer.senderReport(ssrc, ntp, -1, -1, -1);
        writer.bye(ssrc);
        from.sendRtcp(Arrays.copyOf(out, writer.length()));
      }
    }
    // Feedback about packets that were never sent, with counts that its length cannot hold.
    var feedback = new byte[24];
    ByteBuffer.wrap(feedback).putInt(0x8fcd0005).putInt(7).putInt(consumed).putInt(0x1234ffff);
    to.sendRtcp(feedback);
    // Lengths that lead out of the packet.
    for (var length = 8; length < 40; length++) {
      var cut = new byte[length];
      ByteBuffer.wrap(cut)
          .put((byte) 0x9f)
          .put((byte) (199 + length % 10))
          .putShort((short) length);
      to.sendRtcp(cut);
    }
    assertGoesOn();
    var refused =
        world.stats(call.room()).getTransportsList().stream()
            .mapToDouble(t -> t.getPacketsRefused())
            .sum();
    assertTrue(refused >= 30, "refused " + refused);
  }

  // --- handshakes ---

  /// They said hello and no more, from one address; those who mean it still come in from another.
  @Test
  void aThousandHalfOpenHandshakes() throws IOException {
    var others = new DtlsHandshakes(Instant.now(), new SecureRandom());
    var peers = new Peer[1_000];
    try {
      var room = world.room();
      for (var i = 0; i < peers.length; i++) {
        var transport = world.transport(room);
        world.connectTransport(
            transport, others.fingerprint(crypho.rtc.dtls.DtlsFingerprint.Algorithm.SHA_256));
        peers[i] = new Peer(others, transport, Protocol.UDP, FLOOD);
        peers[i].greet();
        if (i % 100 == 0) {
          assertGoesOn();
        }
      }
      assertTrue(world.service.handshakes().refused() > 0, "the flood is refused");
      var member = world.join(call.room());
      var _ = world.consume(member, call.producer(), call.room().getRtpCapabilities());
      var running = world.service.handshakes().running();
      assertTrue(running > 0 && running <= DtlsHandshakes.PER_SOURCE_MAX, "still on: " + running);
      sequence++;
      call.assertForwards(sequence, "to both");
      assertEquals("to both", World.text(member.peer().awaitRtp()));
    } finally {
      for (var peer : peers) {
        if (peer != null) {
          peer.close();
        }
      }
      others.close();
    }
  }
}
