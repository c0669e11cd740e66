package crypho.router;

import crypho.base.Rng;
import crypho.base.Secret;
import crypho.rtc.dtls.DtlsEndpoint;
import crypho.rtc.dtls.DtlsEvent;
import crypho.rtc.dtls.DtlsFingerprint;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.dtls.DtlsRole;
import crypho.rtc.ice.IceCredentials;
import crypho.rtc.ice.Protocol;
import crypho.rtc.srtp.SrtpReceiver;
import crypho.rtc.srtp.SrtpSender;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.Demux;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunWriter;
import crypho.wire.router.v1.TransportCreated;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// A WebRTC client in small: one socket, checks by STUN, DTLS as the client, SRTP. All on the
/// test's thread, save the handshake's own.
final class Peer implements DtlsEndpoint.Output, AutoCloseable {
  private static final int WAIT_MILLIS = 20;
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final InetSocketAddress router;
  private final InetAddress from;
  private Wire wire;
  private final IceCredentials credentials;
  private final DtlsEndpoint dtls;
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final Rng rng = Rng.secure();
  private final Deque<byte[]> rtp = new ArrayDeque<>();
  private final Deque<byte[]> stun = new ArrayDeque<>();
  private final Deque<byte[]> rtcp = new ArrayDeque<>();
  private @Nullable SrtpSender sender;
  private @Nullable SrtpReceiver receiver;
  private boolean isQuiet;
  private long octetsReceived;
  @Nullable DtlsEvent ended;

  Peer(DtlsHandshakes handshakes, TransportCreated transport) throws IOException {
    this(handshakes, transport, Protocol.UDP, null);
  }

  /// Goes to the transport's first candidate of this protocol.
  ///
  /// @param from an address of this machine; null for the router's own
  Peer(
      DtlsHandshakes handshakes,
      TransportCreated transport,
      Protocol protocol,
      @Nullable InetAddress from)
      throws IOException {
    var candidate =
        transport.getIceCandidatesList().stream()
            .filter(c -> c.getProtocol().equals(protocol.text()))
            .findFirst()
            .orElseThrow();
    router =
        new InetSocketAddress(InetAddress.ofLiteral(candidate.getAddress()), candidate.getPort());
    this.from = from == null ? router.getAddress() : from;
    wire = Wire.open(protocol, this.from, router, WAIT_MILLIS);
    credentials =
        new IceCredentials(
            transport.getIceParameters().getUsernameFragment(),
            Secret.wrap(
                transport.getIceParameters().getPassword().getBytes(StandardCharsets.US_ASCII)));
    var theirs = transport.getDtlsParameters().getFingerprints(0);
    var fingerprint =
        Objects.requireNonNull(DtlsFingerprint.parse(theirs.getAlgorithm(), theirs.getValue()));
    dtls = handshakes.endpoint(DtlsRole.CLIENT, fingerprint, tasks::add, this);
  }

  byte[] check(String ufrag, Secret password) {
    var out = new byte[512];
    var length =
        new StunWriter()
            .begin(out, 0, Stun.type(Stun.BINDING, Stun.REQUEST), rng.bytes(12), 0)
            .text(Attribute.USERNAME, ufrag + ":peer")
            .int32(Attribute.PRIORITY, 1_000)
            .int64(Attribute.ICE_CONTROLLING, 7)
            .flag(Attribute.USE_CANDIDATE)
            .integrity(IntegrityKey.shortTerm(password))
            .fingerprint()
            .length();
    return Arrays.copyOf(out, length);
  }

  void send(byte[] data) throws IOException {
    wire.send(data);
  }

  Wire wire() {
    return wire;
  }

  /// Goes on from another port, whose path is yet to be checked.
  void move(Protocol protocol, InetSocketAddress to) throws IOException {
    wire.close();
    wire = Wire.open(protocol, from, to, WAIT_MILLIS);
  }

  InetSocketAddress router() {
    return router;
  }

  /// Checks the path.
  void openPath() throws IOException {
    send(check(credentials.ufrag(), credentials.password()));
    if (awaitStun() == null) {
      throw new AssertionError("no answer to a check");
    }
  }

  /// Checks the path and shakes hands.
  void connect() throws IOException {
    openPath();
    dtls.start();
    var deadline = System.nanoTime() + PATIENCE_NANOS;
    while (sender == null && ended == null && System.nanoTime() < deadline) {
      pump();
    }
  }

  /// Checks the path and begins a handshake that it does not go on with.
  void greet() throws IOException {
    send(check(credentials.ufrag(), credentials.password()));
    if (awaitStun() == null) {
      throw new AssertionError("no answer to a check");
    }
    dtls.start();
    var deadline = System.nanoTime() + PATIENCE_NANOS;
    while (tasks.isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /// Octets of all packets that came.
  long octetsReceived() {
    return octetsReceived;
  }

  boolean isConnected() {
    return sender != null;
  }

  byte @Nullable [] awaitStun() throws IOException {
    return await(stun);
  }

  byte @Nullable [] awaitRtp() throws IOException {
    return await(rtp);
  }

  byte @Nullable [] awaitRtcp() throws IOException {
    return await(rtcp);
  }

  /// What has come so far and was not taken.
  byte @Nullable [] pollRtp() {
    return rtp.poll();
  }

  /// Reads what is there, and waits for a millisecond at most.
  void drain() throws IOException {
    wire.patience(1);
    do {
      pump();
    } while (!isQuiet);
    wire.patience(WAIT_MILLIS);
  }

  /// Whether nothing came within the socket's patience, last time.
  boolean isQuiet() {
    return isQuiet;
  }

  byte @Nullable [] pollStun() {
    return stun.poll();
  }

  void sendRtcp(byte[] plain) throws IOException {
    var out = new byte[2_048];
    var length = Objects.requireNonNull(sender).protectRtcp(plain, 0, plain.length, out, 0);
    send(Arrays.copyOf(out, length));
  }

  IceCredentials credentials() {
    return credentials;
  }

  private byte @Nullable [] await(Deque<byte[]> queue) throws IOException {
    var deadline = System.nanoTime() + PATIENCE_NANOS;
    while (queue.isEmpty() && System.nanoTime() < deadline) {
      pump();
    }
    return queue.poll();
  }

  byte[] protect(byte[] plain) {
    var out = new byte[2_048];
    var length = Objects.requireNonNull(sender).protect(plain, 0, plain.length, out, 0);
    return Arrays.copyOf(out, length);
  }

  void pump() throws IOException {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
    var data = wire.receive();
    isQuiet = data == null;
    if (data == null) {
      return;
    }
    octetsReceived += data.length;
    switch (Demux.kind(data, 0, data.length)) {
      case Demux.STUN -> stun.add(data);
      case Demux.DTLS -> dtls.onPacket(data, 0, data.length);
      case Demux.RTP -> {
        var out = new byte[2_048];
        var with = Objects.requireNonNull(receiver);
        var length = with.unprotect(data, 0, data.length, out, 0);
        if (length < 0) {
          throw new AssertionError("the router's packet is not authentic: " + length);
        }
        rtp.add(Arrays.copyOf(out, length));
      }
      case Demux.RTCP -> {
        var out = new byte[2_048];
        var with = Objects.requireNonNull(receiver);
        var length = with.unprotectRtcp(data, 0, data.length, out, 0);
        if (length < 0) {
          throw new AssertionError("the router's RTCP is not authentic: " + length);
        }
        rtcp.add(Arrays.copyOf(out, length));
      }
      default -> {}
    }
  }

  @Override
  public void transmit(byte[] data, int offset, int length) {
    try {
      send(Arrays.copyOfRange(data, offset, offset + length));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void event(DtlsEvent event) {
    switch (event) {
      case DtlsEvent.Connected(var keys) -> {
        sender = new SrtpSender(keys);
        receiver = new SrtpReceiver(keys);
      }
      case DtlsEvent.Closed _, DtlsEvent.Failed _ -> ended = event;
    }
  }

  @Override
  public void close() {
    wire.close();
  }
}
