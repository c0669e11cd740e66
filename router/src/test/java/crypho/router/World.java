package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import crypho.rtc.dtls.DtlsFingerprint;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.ice.Protocol;
import crypho.rtc.rtp.RtpHeader;
import crypho.wire.router.v1.CloseRouter;
import crypho.wire.router.v1.ConnectTransport;
import crypho.wire.router.v1.Consume;
import crypho.wire.router.v1.Consumed;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import crypho.wire.router.v1.CreateRouter;
import crypho.wire.router.v1.CreateTransport;
import crypho.wire.router.v1.DtlsParameters;
import crypho.wire.router.v1.GetStats;
import crypho.wire.router.v1.Produce;
import crypho.wire.router.v1.RouterCreated;
import crypho.wire.router.v1.RtcpFeedback;
import crypho.wire.router.v1.RtcpParameters;
import crypho.wire.router.v1.RtpCapabilities;
import crypho.wire.router.v1.RtpCodecParameters;
import crypho.wire.router.v1.RtpEncodingParameters;
import crypho.wire.router.v1.RtpHeaderExtension;
import crypho.wire.router.v1.RtpHeaderExtensionParameters;
import crypho.wire.router.v1.RtpParameters;
import crypho.wire.router.v1.RtxStream;
import crypho.wire.router.v1.Stats;
import crypho.wire.router.v1.TransportCreated;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A whole router over real sockets of loopback, with clients that do ICE, DTLS and SRTP.
final class World implements AutoCloseable {
  static final int SSRC = 0x1234_5678;
  static final int AUDIO_TYPE = 111;
  static final int VIDEO_TYPE = 96;
  static final int RTX_TYPE = 97;
  static final int MID_ID = 9;
  static final int LEVEL_ID = 7;
  private static final String LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
  private static final String MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid";
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  final DtlsHandshakes clients = new DtlsHandshakes(Instant.now(), new SecureRandom());
  final RouterService service;
  private final List<Runnable> open = new ArrayList<>();
  private final Deque<ControlEvent> events = new ArrayDeque<>();

  World(RouterService.Sockets sockets, int loops, RouterConfig.Limits limits) throws IOException {
    this(sockets, config(loops, limits));
  }

  World(RouterService.Sockets sockets, RouterConfig config) throws IOException {
    service = RouterService.open(config, sockets);
    closing(clients::close);
    closing(service::close);
  }

  private static RouterConfig config(int loops, RouterConfig.Limits limits) {
    var address = InetAddress.getLoopbackAddress();
    var announced = List.of(address.getHostAddress());
    return new RouterConfig(loops, List.of(address), announced, 0, RouterConfig.Tcp.USUAL, limits);
  }

  static World usual() throws IOException {
    return new World(RouterService.Sockets.best(), 1, RouterConfig.Limits.USUAL);
  }

  @Override
  public void close() {
    open.forEach(Runnable::run);
  }

  /// Closed with the world.
  void closing(Runnable close) {
    open.add(close);
  }

  // --- control ---

  ControlReply call(ControlRequest.Builder request) {
    return service.call(request.build()).join();
  }

  /// From here on events are kept for [#awaitEvent].
  void listen() {
    var listening =
        service.onEvent(event -> {
          synchronized (events) {
            events.add(event);
            events.notifyAll();
          }
        });
    closing(listening::close);
  }

  /// The next event that fits; those before it are gone.
  ControlEvent awaitEvent(Predicate<ControlEvent> wanted) {
    var deadline = System.nanoTime() + PATIENCE_NANOS;
    synchronized (events) {
      while (true) {
        for (var event = events.poll(); event != null; event = events.poll()) {
          if (wanted.test(event)) {
            return event;
          }
        }
        var left = (deadline - System.nanoTime()) / 1_000_000;
        assertTrue(left > 0, "no such event");
        try {
          events.wait(left);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  /// The first event so far that fits; those before it are gone.
  @Nullable ControlEvent pollEvent(Predicate<ControlEvent> wanted) {
    synchronized (events) {
      for (var event = events.poll(); event != null; event = events.poll()) {
        if (wanted.test(event)) {
          return event;
        }
      }
      return null;
    }
  }

  RouterCreated room() {
    return room(CreateRouter.getDefaultInstance());
  }

  RouterCreated room(CreateRouter request) {
    return call(ControlRequest.newBuilder().setCreateRouter(request)).getRouterCreated();
  }

  void closeRoom(String routerId) {
    var reply =
        call(
            ControlRequest.newBuilder()
                .setCloseRouter(CloseRouter.newBuilder().setRouterId(routerId)));
    assertTrue(reply.hasDone(), reply::toString);
  }

  ControlReply tryTransport(RouterCreated room) {
    return call(
        ControlRequest.newBuilder()
            .setCreateTransport(CreateTransport.newBuilder().setRouterId(room.getRouterId())));
  }

  TransportCreated transport(RouterCreated room) {
    var reply = tryTransport(room);
    assertTrue(reply.hasTransportCreated(), reply::toString);
    return reply.getTransportCreated();
  }

  void connectTransport(TransportCreated transport, DtlsFingerprint fingerprint) {
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
  }

  /// A client that has not connected yet.
  Peer peer(TransportCreated transport, DtlsFingerprint fingerprint) throws IOException {
    return peer(transport, fingerprint, Protocol.UDP);
  }

  Peer peer(TransportCreated transport, DtlsFingerprint fingerprint, Protocol protocol)
      throws IOException {
    return peer(transport, fingerprint, protocol, null);
  }

  Peer peer(
      TransportCreated transport,
      DtlsFingerprint fingerprint,
      Protocol protocol,
      @Nullable InetAddress from)
      throws IOException {
    connectTransport(transport, fingerprint);
    var peer = new Peer(clients, transport, protocol, from);
    closing(peer::close);
    return peer;
  }

  DtlsFingerprint ours() {
    return clients.fingerprint(DtlsFingerprint.Algorithm.SHA_256);
  }

  /// A client whose media flows.
  record Member(TransportCreated transport, Peer peer) {}

  Member join(RouterCreated room) throws IOException {
    return join(room, Protocol.UDP);
  }

  Member join(RouterCreated room, Protocol protocol) throws IOException {
    var transport = transport(room);
    var peer = peer(transport, ours(), protocol);
    peer.connect();
    assertTrue(peer.isConnected());
    return new Member(transport, peer);
  }

  // --- producers ---

  String produce(TransportCreated transport, Produce.Builder request) {
    var reply =
        call(
            ControlRequest.newBuilder()
                .setProduce(request.setTransportId(transport.getTransportId())));
    assertTrue(reply.hasProduced(), reply::toString);
    return reply.getProduced().getProducerId();
  }

  static Produce.Builder audio(int ssrc) {
    return Produce.newBuilder()
        .setKind("audio")
        .setRtpParameters(
            RtpParameters.newBuilder()
                .setMid("0")
                .addCodecs(
                    RtpCodecParameters.newBuilder()
                        .setMimeType("audio/opus")
                        .setPayloadType(AUDIO_TYPE)
                        .setClockRate(48_000)
                        .setChannels(2))
                .addHeaderExtensions(
                    RtpHeaderExtensionParameters.newBuilder().setUri(LEVEL_URI).setId(LEVEL_ID))
                .addEncodings(RtpEncodingParameters.newBuilder().setSsrc(ssrc))
                .setRtcp(RtcpParameters.newBuilder().setCname("test")));
  }

  /// VP8 in as many layers as streams, of SSRCs from `ssrc` on; RTX from `ssrc` + 16 on.
  static Produce.Builder video(int ssrc, int streams) {
    var parameters =
        RtpParameters.newBuilder()
            .setMid("1")
            .addCodecs(
                RtpCodecParameters.newBuilder()
                    .setMimeType("video/VP8")
                    .setPayloadType(VIDEO_TYPE)
                    .setClockRate(90_000)
                    .addRtcpFeedback(RtcpFeedback.newBuilder().setType("nack"))
                    .addRtcpFeedback(RtcpFeedback.newBuilder().setType("nack").setParameter("pli")))
            .addCodecs(
                RtpCodecParameters.newBuilder()
                    .setMimeType("video/rtx")
                    .setPayloadType(RTX_TYPE)
                    .setClockRate(90_000)
                    .setParameters(
                        Struct.newBuilder()
                            .putFields(
                                "apt", Value.newBuilder().setNumberValue(VIDEO_TYPE).build())))
            .addHeaderExtensions(
                RtpHeaderExtensionParameters.newBuilder().setUri(MID_URI).setId(MID_ID))
            .setRtcp(RtcpParameters.newBuilder().setCname("test"));
    for (var i = 0; i < streams; i++) {
      parameters.addEncodings(
          RtpEncodingParameters.newBuilder()
              .setSsrc(ssrc + i)
              .setRtx(RtxStream.newBuilder().setSsrc(ssrc + 16 + i)));
    }
    return Produce.newBuilder()
        .setKind("video")
        .setWidth(1_280)
        .setHeight(720)
        .setRtpParameters(parameters);
  }

  // --- consumers ---

  ControlReply tryConsume(
      TransportCreated transport, String producer, RtpCapabilities capabilities) {
    return call(
        ControlRequest.newBuilder()
            .setConsume(
                Consume.newBuilder()
                    .setTransportId(transport.getTransportId())
                    .setProducerId(producer)
                    .setRtpCapabilities(capabilities)));
  }

  Consumed consume(Member member, String producer, RtpCapabilities capabilities) {
    return consume(member.transport, producer, capabilities);
  }

  Consumed consume(TransportCreated transport, String producer, RtpCapabilities capabilities) {
    var reply = tryConsume(transport, producer, capabilities);
    assertTrue(reply.hasConsumed(), reply::toString);
    return reply.getConsumed();
  }

  /// What a client reads that sends no transport-wide feedback, so that bandwidth is no matter.
  static RtpCapabilities withoutFeedback(RtpCapabilities all) {
    return all.toBuilder()
        .clearHeaderExtensions()
        .addAllHeaderExtensions(
            all.getHeaderExtensionsList().stream().filter(World::isPlain).toList())
        .build();
  }

  private static boolean isPlain(RtpHeaderExtension extension) {
    return !extension.getUri().contains("transport-wide");
  }

  Stats stats(RouterCreated room) {
    return call(ControlRequest.newBuilder()
            .setGetStats(GetStats.newBuilder().setRouterId(room.getRouterId())))
        .getStats();
  }

  // --- packets ---

  static byte[] packet(int type, int ssrc, int sequence, byte[] payload) {
    return ByteBuffer.allocate(12 + payload.length)
        .put((byte) 0x80)
        .put((byte) type)
        .putShort((short) sequence)
        .putInt(sequence * 960)
        .putInt(ssrc)
        .put(payload)
        .array();
  }

  static byte[] packet(int type, int ssrc, int sequence, String payload) {
    return packet(type, ssrc, sequence, payload.getBytes(StandardCharsets.US_ASCII));
  }

  /// Audio that says how loud it is: 0 loudest to 127 silent.
  static byte[] voice(int ssrc, int sequence, int level, String payload) {
    var text = payload.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(20 + text.length)
        .put((byte) 0x90)
        .put((byte) AUDIO_TYPE)
        .putShort((short) sequence)
        .putInt(sequence * 960)
        .putInt(ssrc)
        .putShort((short) 0xbede)
        .putShort((short) 1)
        .put((byte) (LEVEL_ID << 4))
        .put((byte) level)
        .putShort((short) 0)
        .put(text)
        .array();
  }

  /// One frame of VP8 in one packet, with picture id.
  static byte[] frame(int ssrc, int sequence, int picture, boolean isKey, String text) {
    var body = text.getBytes(StandardCharsets.US_ASCII);
    var payload =
        ByteBuffer.allocate(5 + body.length)
            .put((byte) 0x90)
            .put((byte) 0x80)
            .putShort((short) (0x8000 | picture))
            .put((byte) (isKey ? 0 : 1))
            .put(body)
            .array();
    var out = packet(VIDEO_TYPE, ssrc, sequence, payload);
    out[1] |= (byte) 0x80;
    ByteBuffer.wrap(out).putInt(4, picture * 3_000);
    return out;
  }

  static String payload(byte[] packet) {
    var header = new RtpHeader();
    assertEquals(RtpHeader.OK, header.read(packet, 0, packet.length));
    return new String(
        packet, header.payloadOffset(), header.payloadLength(), StandardCharsets.US_ASCII);
  }

  // --- a running call ---

  /// Two in a room, one hears the other.
  record Call(RouterCreated room, Member from, Member to, String producer, Consumed consumed) {
    /// A packet arrives; `sequence` is of the sender.
    void assertForwards(int sequence, String text) throws IOException {
      send(sequence, text);
      var got = to.peer.awaitRtp();
      assertNotNull(got, text);
      assertEquals(text, payload(got));
    }

    void send(int sequence, String text) throws IOException {
      from.peer.send(from.peer.protect(packet(AUDIO_TYPE, SSRC, sequence, text)));
    }
  }

  Call call() throws IOException {
    return call(room());
  }

  Call call(RouterCreated room) throws IOException {
    return call(room, join(room), join(room));
  }

  Call call(RouterCreated room, Member from, Member to) {
    var producer = produce(from.transport, audio(SSRC));
    var consumed = consume(to, producer, room.getRtpCapabilities());
    return new Call(room, from, to, producer, consumed);
  }

  /// Something done while waiting.
  interface Meanwhile {
    void run() throws IOException;
  }

  /// Does something until something is so.
  static void await(String what, BooleanSupplier isSo, Meanwhile meanwhile) throws IOException {
    var deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!isSo.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, what);
      meanwhile.run();
    }
  }

  static @Nullable String text(byte @Nullable [] packet) {
    return packet == null ? null : payload(packet);
  }
}
