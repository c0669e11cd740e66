package crypho.router;

import com.code_intelligence.jazzer.junit.FuzzTest;
import crypho.base.Invariant;
import crypho.rtc.dtls.DtlsEvent;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.srtp.SrtpKeys;
import crypho.rtc.srtp.SrtpProfile;
import crypho.rtc.srtp.SrtpSender;
import crypho.rtc.stun.Demux;
import crypho.wire.router.v1.TransportCreated;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Searches for what a client of a room could send, with its keys and without, that harms the call
/// it is in. An input is a list of packets: one byte that says of what kind, one with its length,
/// the packet. Saved inputs run in every build; `JAZZER_FUZZ=1` searches.
final class TransportFuzzTest {
  private static final int VOICE = 0x0a0a_0a0a;
  private static final int VIDEO = 0x0b0b_0b00;
  private static final int KINDS = 5;
  private static final int PACKETS_MAX = 64;

  private static byte[] input(Object... parts) {
    var out = ByteBuffer.allocate(2_048);
    for (var i = 0; i < parts.length; i += 2) {
      var packet = (byte[]) parts[i + 1];
      out.put((byte) (int) parts[i]).put((byte) packet.length).put(packet);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] video(int layer, int sequence) {
    byte[] keyFrame = {0x10, 0, 0, 0, (byte) 0x9d, 1, 0x2a, 0x40, 1, (byte) 0xb4, 0, 1, 2};
    return World.packet(World.VIDEO_TYPE, VIDEO + layer, sequence, keyFrame);
  }

  private static byte[] feedback(int count, int type, int... words) {
    var out = ByteBuffer.allocate(4 + 4 * words.length);
    out.put((byte) (0x80 | count)).put((byte) type).putShort((short) words.length);
    Arrays.stream(words).forEach(out::putInt);
    return out.array();
  }

  static Stream<byte[]> seeds() {
    var repaired = World.packet(World.RTX_TYPE, VIDEO + 16, 1, new byte[] {0, 2, 0x10, 0, 0, 0});
    return Stream.of(
        input(0, video(0, 1), 0, video(1, 1), 0, video(2, 1), 0, video(0, 2), 0, repaired),
        input(0, video(0, 1), 0, video(0, 3), 0, video(0, 65_535), 0, World.voice(7, 1, 3, "x")),
        input(1, feedback(1, 200, VIDEO, 1, 2, 3, 4, 5), 1, feedback(1, 203, VIDEO)),
        input(
            0, video(0, 1), 2, feedback(1, 205, 1, VIDEO, 0x0001_0007), 2, feedback(1, 206, 1, 2)),
        input(2, feedback(1, 201, 1, 2, 0x1000_0001, 3, 4, 5, 6), 2, feedback(4, 206, 1, 2, 3, 4)),
        input(2, feedback(15, 206, 1, 0, 0x5245_4d42, 0x0103_ffff, VIDEO)),
        input(2, feedback(15, 205, 1, 2, 0x0001_0002, 0x0000_0100, 0x2002_0408)),
        input(4, new byte[] {22, (byte) 0xfe, (byte) 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
        input(3, new byte[] {0, 1, 0, 0, 0x21, 0x12, (byte) 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8}),
        input(4, video(0, 1)));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "5m")
  void whateverAClientSendsTheCallGoesOn(byte[] data) throws IOException {
    try (var call = new Call()) {
      call.speak();
      var in = ByteBuffer.wrap(data);
      for (var i = 0; i < PACKETS_MAX && in.remaining() >= 2; i++) {
        var kind = Math.floorMod(in.get(), KINDS);
        var packet = new byte[Math.min(in.get() & 0xff, in.remaining())];
        in.get(packet);
        call.send(kind, packet);
      }
      call.speak();
    }
  }

  /// Two clients, one speaking and sending video to the other. Their keys are known beforehand, so
  /// that what is sent can be anything.
  private static final class Call implements AutoCloseable {
    private static final World WORLD = world();

    private final RouterLoop loop = WORLD.service.loop(0);
    private final String room;
    private final Transport from;
    private final Transport to;
    private final Consumer voice;
    private final SrtpSender fromKeys = new SrtpSender(keys(false));
    private final SrtpSender toKeys = new SrtpSender(keys(false));
    private int spoken;

    private static World world() {
      try {
        var world = World.usual();
        // Rooms that nobody controls close after a minute.
        var _ = world.service.onEvent(_ -> {});
        return world;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private static SrtpKeys keys(boolean weAreServer) {
      var profile = SrtpProfile.AEAD_AES_128_GCM;
      return SrtpKeys.split(profile, new byte[profile.keyingMaterialBytes()], weAreServer);
    }

    Call() throws IOException {
      var made = WORLD.room();
      room = made.getRouterId();
      var sending = WORLD.transport(made);
      var receiving = WORLD.transport(made);
      from = connect(sending);
      to = connect(receiving);
      var heard = WORLD.produce(sending, World.audio(VOICE));
      var seen = WORLD.produce(sending, World.video(VIDEO, 3));
      var all = made.getRtpCapabilities();
      var _ = WORLD.consume(receiving, seen, all);
      var consumed = WORLD.consume(receiving, heard, all);
      voice =
          Objects.requireNonNull(WORLD.service.registry().consumers.get(consumed.getConsumerId()));
    }

    private Transport connect(TransportCreated created) throws IOException {
      var transport =
          Objects.requireNonNull(WORLD.service.registry().transports.get(created.getTransportId()));
      try (var peer = new Peer(WORLD.clients, created)) {
        peer.openPath();
      }
      onLoop(() -> transport.event(new DtlsEvent.Connected(keys(true))));
      return transport;
    }

    void send(int kind, byte[] packet) {
      onLoop(() -> {
        switch (kind) {
          case 0 -> sendRtp(packet);
          case 1 -> sendRtcp(from, fromKeys, packet);
          case 2 -> sendRtcp(to, toKeys, packet);
          case 3 -> sendStun(packet);
          default -> sendBare(packet);
        }
        loop.onBatchEnd(loop.port());
      });
    }

    private void sendStun(byte[] packet) {
      loop.onDatagram(loop.port(), packet, 0, packet.length);
    }

    /// As it comes from the client's address, without keys.
    private void sendBare(byte[] packet) {
      var now = System.nanoTime();
      switch (Demux.kind(packet, 0, packet.length)) {
        case Demux.RTP -> from.receiver.onRtp(packet, 0, packet.length, now);
        case Demux.RTCP -> from.feedback.onRtcp(packet, 0, packet.length, now);
        case Demux.DTLS -> from.onDtls(InetAddress.getLoopbackAddress(), packet, 0, packet.length);
        default -> {}
      }
    }

    private void sendRtp(byte[] packet) {
      var header = new RtpHeader();
      // Who sends nonsense in the voice's own name is not heard: that harms nobody else.
      if (header.read(packet, 0, packet.length) == RtpHeader.OK && header.ssrc() == VOICE) {
        return;
      }
      var out = new byte[packet.length + SrtpProfile.EXPANSION_BYTES_MAX];
      var length = fromKeys.protect(packet, 0, packet.length, out, 0);
      if (length > 0) {
        from.receiver.onRtp(out, 0, length, System.nanoTime());
      }
    }

    private static void sendRtcp(Transport as, SrtpSender keys, byte[] packet) {
      var out = new byte[packet.length + SrtpProfile.EXPANSION_BYTES_MAX + 4];
      var length = keys.protectRtcp(packet, 0, packet.length, out, 0);
      if (length > 0) {
        as.feedback.onRtcp(out, 0, length, System.nanoTime());
      }
    }

    /// The voice is heard.
    void speak() {
      var before = voice.packetsSent;
      onLoop(() -> {
        var packet = World.voice(VOICE, spoken++, 10, "hello");
        var out = new byte[packet.length + SrtpProfile.EXPANSION_BYTES_MAX];
        var length = fromKeys.protect(packet, 0, packet.length, out, 0);
        from.receiver.onRtp(out, 0, length, System.nanoTime());
        loop.onBatchEnd(loop.port());
      });
      Invariant.check(voice.packetsSent == before + 1, "the call goes on");
      Invariant.check(loop.faults == 0, "nothing ends in an exception");
    }

    private void onLoop(Runnable task) {
      CompletableFuture.runAsync(task, loop).join();
    }

    @Override
    public void close() {
      WORLD.closeRoom(room);
    }
  }
}
