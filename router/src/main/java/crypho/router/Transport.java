package crypho.router;

import crypho.router.net.PacketPort;
import crypho.rtc.bwe.BandwidthEstimator;
import crypho.rtc.bwe.Pacer;
import crypho.rtc.dtls.DtlsEndpoint;
import crypho.rtc.dtls.DtlsEvent;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.IceCredentials;
import crypho.rtc.ice.IceEvent;
import crypho.rtc.ice.IceLiteAgent;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.srtp.SrtpReceiver;
import crypho.rtc.srtp.SrtpSender;
import crypho.rtc.stun.StunReader;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.TransportState;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One client's connection: ICE, DTLS and SRTP on one path at a time, with what it sends
/// ([Producer]) and gets ([Consumer]). One owner thread: its loop's.
///
/// | state | on | becomes |
/// | --- | --- | --- |
/// | new | a check with our credentials | checked: DTLS packets from that address are read |
/// | checked | handshake done, fingerprint as signalled | connected: media flows |
/// | connected | consent lost | silent: nothing is sent until a path is selected again |
/// | any | DTLS fails or is closed by the peer, [#close] | closed to media |
final class Transport implements IceLiteAgent.Sink, DtlsEndpoint.Output {
  private static final long PROBE_NANOS_MIN = 1_000_000L;
  private static final long PROBE_NANOS_MAX = 20_000_000L;

  final String id;
  final Router router;
  final Branch branch;
  final RouterLoop loop;
  final IceLiteAgent ice;
  final List<Producer> producers = new ArrayList<>();
  final List<Consumer> consumers = new ArrayList<>();
  final MediaReceiver receiver;
  final MediaFeedback feedback;
  final TransportPlan plan = new TransportPlan(this);

  /// By which checks are led here: the current fragment, and during a restart the one before.
  final List<String> ufrags = new ArrayList<>();

  private final List<Path> paths = new ArrayList<>();
  @Nullable DtlsEndpoint dtls;
  @Nullable SrtpSender sender;
  private @Nullable Path selected;
  private @Nullable FiveTuple answering;
  private String iceState = "new";
  private String dtlsState = "new";
  private int transportSequence;
  private boolean isProbing;

  /// Whether a consumer's packets carry transport-wide numbers.
  boolean usesTransportFeedback;

  /// There from the first packet that carries such a number, or the first REMB: it is large.
  @Nullable BandwidthEstimator bandwidth;

  private final Pacer pacer = new Pacer();

  int nextMid;
  boolean isClosed;

  long packetsReceived;
  long octetsReceived;
  long packetsSent;
  long octetsSent;
  long refused;
  long refusedToSend;

  /// Retransmissions that were asked for faster than the path bears.
  long withheld;

  // Consumers that have something to forward, and whether the loop knows.
  private @Nullable Consumer firstDirty;
  private @Nullable Consumer lastDirty;

  Transport(String id, Branch branch, IceCredentials credentials) {
    this.id = id;
    this.branch = branch;
    this.router = branch.router;
    this.loop = branch.loop;
    this.ice = new IceLiteAgent(credentials);
    this.receiver = new MediaReceiver(this);
    this.feedback = new MediaFeedback(this);
  }

  // --- ICE ---

  /// Checks by this fragment are this transport's.
  void addUfrag(String ufrag) {
    ufrags.add(ufrag);
    loop.ufrags.put(ufrag, this);
  }

  /// A STUN message that names this transport came from `from`. Returns whether it was authentic.
  boolean onStun(Path from, StunReader message, long nowNanos) {
    answering = from.tuple();
    loop.answering = from;
    var verdict = ice.onMessage(nowNanos, from.tuple(), message, this);
    loop.answering = null;
    answering = null;
    if (verdict < 0) {
      refused++;
    }
    return verdict >= 0;
  }

  @Override
  public void transmit(FiveTuple path, byte[] data, int offset, int length) {
    var to = loop.answering;
    if (to != null && path.equals(answering)) {
      to.port().transmit(to.remote(), data, offset, length);
    }
  }

  @Override
  public void event(IceEvent event) {
    switch (event) {
      case IceEvent.PathAdded(var tuple) -> addPath(tuple);
      case IceEvent.PathRemoved(var tuple) -> removePath(tuple);
      case IceEvent.PathSelected(var tuple, var isNominated) -> {
        selected = find(tuple);
        changeIce(isNominated ? "completed" : "connected");
      }
      case IceEvent.ConsentLost() -> {
        selected = null;
        changeIce("disconnected");
      }
      case IceEvent.UfragRetired(var ufrag) -> {
        ufrags.remove(ufrag);
        loop.ufrags.remove(ufrag);
      }
    }
  }

  private void addPath(FiveTuple tuple) {
    var path = loop.answering;
    if (path != null && path.tuple().equals(tuple)) {
      paths.add(path);
      loop.add(path);
    }
  }

  private void removePath(FiveTuple tuple) {
    var path = find(tuple);
    if (path != null) {
      paths.remove(path);
      loop.remove(path);
    }
  }

  /// The connection of a path has ended.
  void onPathClosed(Path path, long nowNanos) {
    ice.onPathClosed(nowNanos, path.tuple(), this);
  }

  /// Over what it is reached: `udp`, `tcp`, or nothing.
  String protocol() {
    var path = selected;
    return path == null ? "" : path.tuple().protocol().text();
  }

  private @Nullable Path find(FiveTuple tuple) {
    for (var path : paths) {
      if (path.tuple().equals(tuple)) {
        return path;
      }
    }
    return null;
  }

  private void changeIce(String state) {
    if (!iceState.equals(state)) {
      iceState = state;
      tellState();
    }
  }

  private void tellState() {
    router.tell(
        ControlEvent.newBuilder()
            .setTransportState(
                TransportState.newBuilder().setTransportId(id).setIce(iceState).setDtls(dtlsState))
            .build());
  }

  String iceState() {
    return iceState;
  }

  String dtlsState() {
    return dtlsState;
  }

  // --- DTLS ---

  /// A packet of DTLS came on one of the transport's paths, from this address.
  void onDtls(InetAddress source, byte[] data, int offset, int length) {
    var endpoint = dtls;
    if (endpoint == null) {
      refused++;
      return;
    }
    endpoint.from(source);
    endpoint.onPacket(data, offset, length);
  }

  @Override
  public void transmit(byte[] data, int offset, int length) {
    var path = selected;
    if (path != null) {
      path.port().transmit(path.remote(), data, offset, length);
      loop.flushSoon(path.port());
    }
  }

  @Override
  public void event(DtlsEvent event) {
    switch (event) {
      case DtlsEvent.Connected(var keys) -> {
        try (keys) {
          receiver.start(new SrtpReceiver(keys));
          sender = new SrtpSender(keys);
        }
        changeDtls("connected");
        plan.replan(System.nanoTime());
        probeSoon();
      }
      case DtlsEvent.Closed() -> endMedia("closed");
      case DtlsEvent.Failed(var _) -> endMedia("failed");
    }
  }

  private void endMedia(String state) {
    receiver.stop();
    sender = null;
    changeDtls(state);
  }

  private void changeDtls(String state) {
    dtlsState = state;
    tellState();
  }

  // --- media out ---

  /// The transport's own fields of an outgoing header.
  void stamp(OutgoingHeader header, long nowNanos) {
    header.transportSequenceNumber = transportSequence;
    header.absSendTime = OutgoingHeader.absSendTime(nowNanos);
  }

  /// The packet stamped last went out.
  ///
  /// @param isNumbered whether it carries a transport-wide number: without, the client cannot tell
  ///   of it, and it would be taken for lost
  void onSent(int octets, boolean isNumbered, long nowNanos) {
    packetsSent++;
    loop.forwarded++;
    octetsSent += octets;
    if (isNumbered) {
      bandwidth().onSent(nowNanos, transportSequence & 0xffff, octets);
      transportSequence++;
    }
  }

  BandwidthEstimator bandwidth() {
    var known = bandwidth;
    if (known == null) {
      known = new BandwidthEstimator();
      bandwidth = known;
    }
    return known;
  }

  /// A producer of this consumer has packets waiting.
  void markDirty(Consumer consumer) {
    if (consumer.isDirty) {
      return;
    }
    consumer.isDirty = true;
    consumer.nextDirty = null;
    var last = lastDirty;
    if (last == null) {
      firstDirty = consumer;
      loop.markDirty(this);
    } else {
      last.nextDirty = consumer;
    }
    lastDirty = consumer;
  }

  /// Forwards all that waits for this transport.
  void forward(long nowNanos) {
    var path = selected;
    var srtp = sender;
    var consumer = firstDirty;
    firstDirty = null;
    lastDirty = null;
    if (path != null) {
      path.port().begin(path.remote());
    }
    while (consumer != null) {
      consumer.isDirty = false;
      if (path != null && srtp != null) {
        try {
          consumer.forward(path.port(), srtp, loop.scratch, nowNanos);
        } catch (RuntimeException e) {
          // The consumers behind it are still marked: without their turn they would never get one
          // again.
          loop.onFault(e);
        }
      }
      consumer = consumer.nextDirty;
    }
  }

  /// Sends one compound of RTCP.
  void sendRtcp(byte[] data, int length) {
    var path = selected;
    var srtp = sender;
    if (path == null || srtp == null || length == 0) {
      return;
    }
    var port = path.port();
    port.begin(path.remote());
    var written = srtp.protectRtcp(data, 0, length, port.stage(), port.at());
    if (written > 0) {
      port.add(written);
      octetsSent += written;
      loop.flushSoon(port);
    }
  }

  void resend(Consumer consumer, int sequenceNumber, long nowNanos) {
    var path = selected;
    var srtp = sender;
    if (path == null || srtp == null) {
      return;
    }
    var known = bandwidth;
    if (known != null
        && !pacer.maySend(nowNanos, known.estimateBps(), known.isCongested(nowNanos))) {
      withheld++;
      return;
    }
    PacketPort port = path.port();
    port.begin(path.remote());
    var before = octetsSent;
    if (consumer.resend(sequenceNumber, port, srtp, loop.resendScratch, nowNanos)) {
      pacer.onSent(octetsSent - before);
      loop.flushSoon(port);
    }
  }

  @Nullable Consumer consumer(int ssrc) {
    for (var i = 0; i < consumers.size(); i++) {
      if (consumers.get(i).ssrc == ssrc) {
        return consumers.get(i);
      }
    }
    return null;
  }

  void onTick(long nowNanos) {
    if (nowNanos >= ice.deadlineNanos()) {
      ice.onTimeout(nowNanos, this);
    }
    feedback.onTick(nowNanos);
    plan.onTick(nowNanos);
    var known = bandwidth;
    if (known != null && !isProbing && nowNanos >= known.deadlineNanos()) {
      probe(nowNanos);
    }
  }

  // --- probes ---

  /// The client may get video: what the path carries is sought before it needs it.
  void probeSoon() {
    if (usesTransportFeedback && sender != null && padder() != null) {
      bandwidth().begin(System.nanoTime());
    }
  }

  /// A consumer on whose RTX stream padding goes out.
  private @Nullable Consumer padder() {
    for (var i = 0; i < consumers.size(); i++) {
      if (consumers.get(i).hasRtx()) {
        return consumers.get(i);
      }
    }
    return null;
  }

  /// Does what the estimator asks for now. A probe takes some 30 ms and is sent finer than ticks.
  private void probe(long nowNanos) {
    isProbing = false;
    var known = bandwidth;
    if (known == null || isClosed) {
      return;
    }
    known.onTimeout(nowNanos);
    var due = known.probeBytesDue(nowNanos);
    if (due > 0) {
      pad(due, nowNanos);
    }
    if (known.isProbing()) {
      isProbing = true;
      var wait = Math.max(known.deadlineNanos() - nowNanos, PROBE_NANOS_MIN);
      loop.in(Math.min(wait, PROBE_NANOS_MAX), () -> probe(System.nanoTime()));
    }
  }

  private void pad(int octets, long nowNanos) {
    var path = selected;
    var srtp = sender;
    var with = padder();
    if (path == null || srtp == null || with == null) {
      return;
    }
    var port = path.port();
    port.begin(path.remote());
    for (var left = octets; left > 0; ) {
      var written = with.pad(port, srtp, loop.resendScratch, nowNanos);
      if (written == 0) {
        return;
      }
      left -= written;
    }
    loop.flushSoon(port);
  }

  void close() {
    isClosed = true;
    for (var path : List.copyOf(paths)) {
      removePath(path.tuple());
    }
    selected = null;
    var endpoint = dtls;
    if (endpoint != null) {
      endpoint.close();
    }
    receiver.stop();
    sender = null;
  }
}
