package crypho.router;

import crypho.base.Rng;
import crypho.base.Secret;
import crypho.router.net.Remote;
import crypho.rtc.dtls.DtlsEvent;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.IceEvent;
import crypho.rtc.ice.Protocol;
import crypho.rtc.srtp.SrtpKeys;
import crypho.rtc.srtp.SrtpProfile;
import crypho.rtc.srtp.SrtpSender;
import crypho.wire.router.v1.Consume;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import crypho.wire.router.v1.CreateRouter;
import crypho.wire.router.v1.CreateTransport;
import crypho.wire.router.v1.Produce;
import crypho.wire.router.v1.RtcpParameters;
import crypho.wire.router.v1.RtpCapabilities;
import crypho.wire.router.v1.RtpCodecParameters;
import crypho.wire.router.v1.RtpEncodingParameters;
import crypho.wire.router.v1.RtpHeaderExtensionParameters;
import crypho.wire.router.v1.RtpParameters;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Forwards media of its own over the loopback before anybody is served, so that the JIT compiler
/// is done with the forward path by then. Without, it works beside the first calls for minutes: it
/// compiles what has run often, and at ordinary rates that takes long. Why this way:
/// docs/adr/0015-router-warm-up.md.
///
/// One sender of a picture and of sound and some receivers, in a router of their own, with real
/// sockets, rings and ciphers, and strangers' packets between; only ICE and DTLS are passed over.
public final class WarmUp implements AutoCloseable {
  /// After so many the compiler has little left to do.
  public static final int PACKETS = 1_000_000;

  /// A slow machine begins to serve before it has forwarded them all.
  private static final long NANOS_MAX = 5_000_000_000L;

  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final int RECEIVERS = 16;
  private static final int VIDEO_TYPE = 96;
  private static final int AUDIO_TYPE = 111;
  private static final int VIDEO_SSRC = 1;
  private static final int AUDIO_SSRC = 2;
  private static final int VIDEO_BYTES = 1_200;
  private static final int AUDIO_BYTES = 120;
  private static final int BURST = 5;
  private static final int KEY_FRAME_INTERVAL = 300;
  private static final int VOICES = 6;
  private static final int LOSS_INTERVAL = 40;
  private static final int LATE_INTERVAL = 50;
  private static final int STRANGE_INTERVAL = 64;

  /// Of STUN, DTLS and RTCP, and of nothing that there is (RFC 7983).
  private static final byte[] FIRST_OCTETS = {0, 22, (byte) 0x80, (byte) 0xff};

  private static final int RTCP_TYPE = 201;
  private static final int MID_ID = 1;
  private static final int FEEDBACK_ID = 5;
  private static final int LEVEL_ID = 10;
  private static final String MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid";
  private static final String LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
  private static final String FEEDBACK_URI =
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

  private final Rng rng = Rng.secure();
  private final RouterService service;
  private final DatagramChannel socket;
  private final DatagramChannel sink;
  private final DatagramChannel stranger;
  private final InetSocketAddress router;
  private final SrtpSender sender;
  final RouterLoop loop;
  private final byte[] plain = new byte[VIDEO_BYTES];
  private final byte[] packet = new byte[VIDEO_BYTES + SrtpProfile.EXPANSION_BYTES_MAX];
  private int transportSequence;
  private int videoSequence;
  private final int[] audioSequences = new int[VOICES];
  private int frames;
  private boolean isFull;
  private boolean isNextLate;
  private byte[] late = new byte[0];

  WarmUp(RouterService.Sockets sockets) throws IOException {
    var loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    socket = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0));
    sink = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0));
    stranger = DatagramChannel.open().bind(new InetSocketAddress(loopback, 0));
    service =
        RouterService.open(
            new RouterConfig(
                1,
                List.of(loopback),
                List.of(loopback.getHostAddress()),
                0,
                null,
                RouterConfig.Limits.USUAL
                    .withPacketsPerSecond(Long.MAX_VALUE)
                    .withCpuShare(Double.MAX_VALUE)),
            sockets);
    var room = call(ControlRequest.newBuilder().setCreateRouter(CreateRouter.newBuilder()));
    var id = room.getRouterCreated().getRouterId();
    var source = transport(id);
    loop = source.loop;
    var key = key();
    var salt = salt();
    sender = new SrtpSender(keys(key, salt, key, salt));
    connect(source, socket, keys(key, salt, key, salt));
    router = loop.bound().getFirst();
    var video = produce(source, "video", "video/VP8", VIDEO_TYPE, 90_000, 1, VIDEO_SSRC);
    var producers = new ArrayList<>(List.of(video));
    for (var i = 0; i < VOICES; i++) {
      producers.add(produce(source, "audio", "audio/opus", AUDIO_TYPE, 48_000, 2, AUDIO_SSRC + i));
    }
    var all = room.getRouterCreated().getRtpCapabilities();
    var few = onlyMid(all);
    for (var i = 0; i < RECEIVERS; i++) {
      var receiver = transport(id);
      connect(receiver, sink, keys(key(), salt(), key(), salt()));
      var capabilities = i % 2 == 0 ? all : few;
      for (var producer : producers) {
        consume(receiver, producer, capabilities);
      }
    }
  }

  /// Forwards about so many packets, or what can be forwarded in five seconds; answers how many.
  public static long run(RouterService.Sockets sockets, long packets) {
    if (packets <= 0) {
      return 0;
    }
    try (var warmUp = new WarmUp(sockets)) {
      return warmUp.forward(packets);
    } catch (IOException e) {
      LOG.warn("the router begins cold: nothing can be sent over the loopback", e);
      return 0;
    }
  }

  private Secret key() {
    return Secret.wrap(rng.bytes(SrtpProfile.AEAD_AES_128_GCM.keyBytes()));
  }

  private Secret salt() {
    return Secret.wrap(rng.bytes(SrtpProfile.AEAD_AES_128_GCM.saltBytes()));
  }

  private static SrtpKeys keys(Secret key, Secret salt, Secret receiveKey, Secret receiveSalt) {
    return new SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, key, salt, receiveKey, receiveSalt);
  }

  private static RtpCapabilities onlyMid(RtpCapabilities all) {
    var out = all.toBuilder().clearHeaderExtensions();
    for (var extension : all.getHeaderExtensionsList()) {
      if (extension.getUri().equals(MID_URI)) {
        out.addHeaderExtensions(extension);
      }
    }
    return out.build();
  }

  private ControlReply call(ControlRequest.Builder request) {
    var reply = service.call(request.build()).join();
    if (reply.hasError()) {
      throw new IllegalStateException(reply.getError().getMessage());
    }
    return reply;
  }

  private Transport transport(String room) {
    var reply =
        call(
            ControlRequest.newBuilder()
                .setCreateTransport(CreateTransport.newBuilder().setRouterId(room)));
    return service.transport(reply.getTransportCreated().getTransportId());
  }

  private void connect(Transport transport, DatagramChannel client, SrtpKeys keys)
      throws IOException {
    var remote = (InetSocketAddress) client.getLocalAddress();
    var low = ByteBuffer.wrap(remote.getAddress().getAddress()).getInt() & 0xffff_ffffL;
    CompletableFuture.runAsync(
            () -> {
              var port = transport.loop.port();
              var tuple = new FiveTuple(Protocol.UDP, port.local(), remote);
              transport.loop.answering =
                  new Path(tuple, transport, port, new Remote(remote), 0, low);
              transport.event(new IceEvent.PathAdded(tuple));
              transport.loop.answering = null;
              transport.event(new IceEvent.PathSelected(tuple, true));
              transport.event(new DtlsEvent.Connected(keys));
            },
            transport.loop)
        .join();
  }

  private String produce(
      Transport transport, String kind, String codec, int type, int rate, int channels, int ssrc) {
    var parameters =
        RtpParameters.newBuilder()
            .setMid(kind)
            .addCodecs(
                RtpCodecParameters.newBuilder()
                    .setMimeType(codec)
                    .setPayloadType(type)
                    .setClockRate(rate)
                    .setChannels(channels))
            .addHeaderExtensions(extension(MID_URI, MID_ID))
            .addHeaderExtensions(extension(FEEDBACK_URI, FEEDBACK_ID))
            .addHeaderExtensions(extension(LEVEL_URI, LEVEL_ID))
            .addEncodings(RtpEncodingParameters.newBuilder().setSsrc(ssrc))
            .setRtcp(RtcpParameters.newBuilder().setCname(kind));
    return call(ControlRequest.newBuilder()
            .setProduce(
                Produce.newBuilder()
                    .setTransportId(transport.id)
                    .setKind(kind)
                    .setRtpParameters(parameters)))
        .getProduced()
        .getProducerId();
  }

  private static RtpHeaderExtensionParameters extension(String uri, int id) {
    return RtpHeaderExtensionParameters.newBuilder().setUri(uri).setId(id).build();
  }

  private void consume(Transport transport, String producer, RtpCapabilities capabilities) {
    call(
        ControlRequest.newBuilder()
            .setConsume(
                Consume.newBuilder()
                    .setTransportId(transport.id)
                    .setProducerId(producer)
                    .setRtpCapabilities(capabilities)));
  }

  /// Mostly in order, in bursts and one by one; what is rare in it is so also in calls.
  long forward(long packets) throws IOException {
    var end = System.nanoTime() + NANOS_MAX;
    var done = 0L;
    for (var round = 0; done < packets && System.nanoTime() < end; round++) {
      var burst = round % 2 == 0 ? BURST : 1;
      if (round % LOSS_INTERVAL == 0) {
        videoSequence++;
      }
      isNextLate = round % LATE_INTERVAL == 0;
      isFull = round % 4 < 2;
      for (var i = 0; i < burst; i++) {
        sendVideo(i == 0, i == burst - 1);
      }
      if (round % 2 == 0) {
        sendAudio(round / 2 % VOICES);
      }
      if (round % STRANGE_INTERVAL == 0) {
        sendStrange();
      }
      done = forwarded();
    }
    return done;
  }

  /// What the loop has forwarded, once it has done what it was given before.
  private long forwarded() {
    return CompletableFuture.supplyAsync(() -> loop.forwarded, loop).join();
  }

  private void sendVideo(boolean isFirst, boolean isLast) throws IOException {
    var isKey = frames % KEY_FRAME_INTERVAL == 0;
    var out =
        header(isLast, VIDEO_TYPE, videoSequence++, 3_000 * frames, VIDEO_SSRC, 0)
            .put((byte) (isFirst ? 0x90 : 0x80))
            .put((byte) 0x80)
            .putShort((short) (0x8000 | frames))
            .put((byte) (isFirst && isKey ? 0x10 : 0x11));
    out.position(VIDEO_BYTES);
    if (isLast) {
      frames++;
    }
    send(VIDEO_BYTES);
  }

  private void sendAudio(int voice) throws IOException {
    var sequence = audioSequences[voice]++;
    header(false, AUDIO_TYPE, sequence, 960 * sequence, AUDIO_SSRC + voice, sequence & 0x7f);
    send(AUDIO_BYTES);
  }

  /// From an address that nobody has proved, and from one that somebody has, but of no key. Code
  /// that has never seen them would be compiled anew when they come.
  private void sendStrange() throws IOException {
    header(false, AUDIO_TYPE, 0, 0, AUDIO_SSRC, 0);
    stranger.send(ByteBuffer.wrap(plain, 0, AUDIO_BYTES), router);
    socket.send(ByteBuffer.wrap(plain, 0, AUDIO_BYTES), router);
    for (var kind : FIRST_OCTETS) {
      stranger.send(ByteBuffer.wrap(new byte[] {kind, (byte) RTCP_TYPE, 0, 1}), router);
    }
  }

  /// A header with two words of extensions: all, or the mid alone.
  private ByteBuffer header(
      boolean marker, int type, int sequence, int timestamp, int ssrc, int level) {
    var out =
        ByteBuffer.wrap(plain)
            .put((byte) 0x90)
            .put((byte) (marker ? 0x80 | type : type))
            .putShort((short) sequence)
            .putInt(timestamp)
            .putInt(ssrc)
            .putShort((short) 0xbede)
            .putShort((short) 2);
    return isFull
        ? out.put((byte) (FEEDBACK_ID << 4 | 1))
            .putShort((short) transportSequence++)
            .put((byte) (LEVEL_ID << 4))
            .put((byte) level)
            .put(new byte[3])
        : out.put((byte) (MID_ID << 4)).put((byte) '0').put(new byte[6]);
  }

  private void send(int length) throws IOException {
    var written = sender.protect(plain, 0, length, packet, 0);
    if (isNextLate) {
      isNextLate = false;
      late = Arrays.copyOf(packet, written);
      return;
    }
    socket.send(ByteBuffer.wrap(packet, 0, written), router);
    if (late.length > 0) {
      socket.send(ByteBuffer.wrap(late), router);
      late = new byte[0];
    }
  }

  @Override
  public void close() throws IOException {
    service.close();
    socket.close();
    sink.close();
    stranger.close();
  }
}
