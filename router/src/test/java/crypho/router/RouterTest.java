package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Secret;
import crypho.rtc.dtls.DtlsFingerprint;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.rtp.RtpHeader;
import crypho.wire.router.v1.ConnectTransport;
import crypho.wire.router.v1.Consume;
import crypho.wire.router.v1.Consumed;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import crypho.wire.router.v1.CreateRouter;
import crypho.wire.router.v1.CreateTransport;
import crypho.wire.router.v1.DtlsParameters;
import crypho.wire.router.v1.GetStats;
import crypho.wire.router.v1.Produce;
import crypho.wire.router.v1.RouterCreated;
import crypho.wire.router.v1.RtcpParameters;
import crypho.wire.router.v1.RtpCapabilities;
import crypho.wire.router.v1.RtpCodecParameters;
import crypho.wire.router.v1.RtpEncodingParameters;
import crypho.wire.router.v1.RtpParameters;
import crypho.wire.router.v1.TransportCreated;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A whole router over real sockets of loopback, with clients that do ICE, DTLS and SRTP.
final class RouterTest {
  private static final int SSRC = 0x1234_5678;
  private static final int TYPE = 111;

  private DtlsHandshakes clients = new DtlsHandshakes(Instant.now(), new SecureRandom());
  private final List<AutoCloseable> open = new ArrayList<>();
  private RouterService service = open(RouterService.Sockets.best());

  private RouterService open(RouterService.Sockets sockets) {
    try {
      var address = InetAddress.getLoopbackAddress();
      var made =
          RouterService.open(
              new RouterConfig(
                  1, List.of(address), List.of(address.getHostAddress()), 0, 100, 1_000_000, 60),
              sockets);
      open.add(made);
      return made;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void begin() {
    open.add(clients);
  }

  @AfterEach
  void end() throws Exception {
    for (var each : open) {
      each.close();
    }
  }

  private ControlReply call(ControlRequest.Builder request) {
    return service.call(request.build()).join();
  }

  private RouterCreated room() {
    return call(ControlRequest.newBuilder().setCreateRouter(CreateRouter.getDefaultInstance()))
        .getRouterCreated();
  }

  private TransportCreated transport(RouterCreated room) {
    return call(ControlRequest.newBuilder()
            .setCreateTransport(CreateTransport.newBuilder().setRouterId(room.getRouterId())))
        .getTransportCreated();
  }

  private Peer peer(TransportCreated transport, DtlsFingerprint fingerprint) throws IOException {
    var reply =
        call(
            ControlRequest.newBuilder()
                .setConnectTransport(
                    ConnectTransport.newBuilder()
                        .setTransportId(transport.getTransportId())
                        .setDtlsParameters(
                            DtlsParameters.newBuilder()
                                .setRole("client")
                                .addFingerprints(
                                    crypho.wire.router.v1.DtlsFingerprint.newBuilder()
                                        .setAlgorithm(fingerprint.algorithm().text())
                                        .setValue(fingerprint.value())))));
    assertTrue(reply.hasDone(), reply::toString);
    var peer = new Peer(clients, transport);
    open.add(peer);
    return peer;
  }

  private DtlsFingerprint ours() {
    return clients.fingerprint(DtlsFingerprint.Algorithm.SHA_256);
  }

  private String produce(TransportCreated transport) {
    var reply =
        call(
            ControlRequest.newBuilder()
                .setProduce(
                    Produce.newBuilder()
                        .setTransportId(transport.getTransportId())
                        .setKind("audio")
                        .setRtpParameters(
                            RtpParameters.newBuilder()
                                .setMid("0")
                                .addCodecs(
                                    RtpCodecParameters.newBuilder()
                                        .setMimeType("audio/opus")
                                        .setPayloadType(TYPE)
                                        .setClockRate(48_000)
                                        .setChannels(2))
                                .addEncodings(RtpEncodingParameters.newBuilder().setSsrc(SSRC))
                                .setRtcp(RtcpParameters.newBuilder().setCname("test")))));
    assertTrue(reply.hasProduced(), reply::toString);
    return reply.getProduced().getProducerId();
  }

  private ControlReply consume(
      TransportCreated transport, String producer, RtpCapabilities capabilities) {
    return call(
        ControlRequest.newBuilder()
            .setConsume(
                Consume.newBuilder()
                    .setTransportId(transport.getTransportId())
                    .setProducerId(producer)
                    .setRtpCapabilities(capabilities)));
  }

  private static byte[] packet(int type, int ssrc, int sequence, String payload) {
    var text = payload.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(12 + text.length)
        .put((byte) 0x80)
        .put((byte) type)
        .putShort((short) sequence)
        .putInt(sequence * 960)
        .putInt(ssrc)
        .put(text)
        .array();
  }

  private static String payload(byte[] packet) {
    var header = new RtpHeader();
    assertEquals(RtpHeader.OK, header.read(packet, 0, packet.length));
    return new String(
        packet, header.payloadOffset(), header.payloadLength(), StandardCharsets.US_ASCII);
  }

  private record Call(Peer sender, Peer receiver, Consumed consumed, RouterCreated room) {}

  private Call call() throws IOException {
    var room = room();
    var from = transport(room);
    var to = transport(room);
    var sender = peer(from, ours());
    var receiver = peer(to, ours());
    sender.connect();
    receiver.connect();
    assertTrue(sender.isConnected() && receiver.isConnected());
    var reply = consume(to, produce(from), room.getRtpCapabilities());
    assertTrue(reply.hasConsumed(), reply::toString);
    return new Call(sender, receiver, reply.getConsumed(), room);
  }

  private void assertForwards(Call call, int sequence, String text) throws IOException {
    call.sender.send(call.sender.protect(packet(TYPE, SSRC, sequence, text)));
    var got = call.receiver.awaitRtp();
    assertNotNull(got, text);
    assertEquals(text, payload(got));
  }

  @ParameterizedTest
  @EnumSource
  void mediaReachesTheOtherWithNumbersOfItsOwn(RouterService.Sockets sockets) throws IOException {
    service = open(sockets);
    var call = call();
    for (var i = 0; i < 20; i++) {
      call.sender.send(call.sender.protect(packet(TYPE, SSRC, 65_530 + i, "audio " + i)));
    }
    var first = -1;
    for (var i = 0; i < 20; i++) {
      var got = call.receiver.awaitRtp();
      assertNotNull(got);
      var header = new RtpHeader();
      assertEquals(RtpHeader.OK, header.read(got, 0, got.length));
      assertEquals("audio " + i, payload(got));
      assertEquals(call.consumed.getRtpParameters().getEncodings(0).getSsrc(), header.ssrc());
      assertEquals(
          call.consumed.getRtpParameters().getCodecs(0).getPayloadType(), header.payloadType());
      first = i == 0 ? header.sequenceNumber() : first;
      assertEquals((first + i) & 0xffff, header.sequenceNumber());
    }
  }

  @Test
  void aWrongCertificateGetsNoMedia() throws IOException {
    var room = room();
    var hash = ours().hash().toArray();
    hash[0] ^= 1;
    var wrong = new DtlsFingerprint(ours().algorithm(), crypho.base.Bytes.wrap(hash));
    var peer = peer(transport(room), wrong);
    peer.connect();
    var stats = stats(room).getTransports(0);
    assertEquals("failed", stats.getDtlsState());
  }

  private crypho.wire.router.v1.Stats stats(RouterCreated room) {
    return call(ControlRequest.newBuilder()
            .setGetStats(GetStats.newBuilder().setRouterId(room.getRouterId())))
        .getStats();
  }

  @Test
  void hostilePacketsDoNotHarmARunningCall() throws IOException {
    var call = call();
    assertForwards(call, 1, "before");
    var stranger = new Peer(clients, transport(call.room));
    open.add(stranger);
    var recorded = call.sender.protect(packet(TYPE, SSRC, 2, "recorded"));
    // From an address that proved nothing; by an unknown fragment; by a wrong password.
    stranger.send(recorded);
    stranger.send(stranger.check("nobodyknowsthis0", Secret.wrap(new byte[32])));
    stranger.send(new byte[1]);
    stranger.send(new byte[3_000]);
    call.sender.send(recorded);
    assertEquals("recorded", payload(java.util.Objects.requireNonNull(call.receiver.awaitRtp())));
    // Replayed; changed; cut; of a stream and of a type that nobody signalled.
    call.sender.send(recorded);
    var changed = call.sender.protect(packet(TYPE, SSRC, 3, "changed"));
    changed[changed.length - 1] ^= 1;
    call.sender.send(changed);
    call.sender.send(Arrays.copyOf(recorded, 13));
    call.sender.send(call.sender.protect(packet(TYPE, 0x0bad, 1, "nobody's")));
    call.sender.send(call.sender.protect(packet(99, SSRC, 4, "type")));
    assertForwards(call, 5, "after");
    var stats = stats(call.room);
    assertTrue(stats.getLoop().getDropped() >= 3, stats::toString);
    assertTrue(
        stats.getTransportsList().stream().anyMatch(t -> t.getPacketsRefused() >= 3),
        stats::toString);
  }

  @Test
  void roomsCannotSeeEachOther() throws IOException {
    var call = call();
    var elsewhere = transport(room());
    var reply = consume(elsewhere, call.consumed.getProducerId(), call.room.getRtpCapabilities());
    assertEquals(ControlError.Code.NOT_FOUND, reply.getError().getCode());
  }

  @Test
  void withoutASharedCodecNothingIsConsumed() throws IOException {
    var call = call();
    var reply =
        consume(
            transport(call.room),
            call.consumed.getProducerId(),
            RtpCapabilities.getDefaultInstance());
    assertEquals(ControlError.Code.INCOMPATIBLE, reply.getError().getCode());
  }
}
