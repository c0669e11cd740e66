package crypho.router;

import crypho.router.net.PacketPort;
import crypho.rtc.codec.LayerSwitcher;
import crypho.rtc.rtcp.RoundTrip;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.ExtensionKind;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.rtp.PacketRing;
import crypho.rtc.rtp.Rtx;
import crypho.rtc.rtp.SeqNo;
import crypho.rtc.srtp.SrtpSender;
import crypho.wire.router.v1.Layers;
import crypho.wire.router.v1.Suspension;
import org.jspecify.annotations.Nullable;

/// What one transport gets of one producer. Forwards the producer's waiting packets at the end of
/// each read batch: decides by [LayerSwitcher], writes its own header, encrypts the shared payload
/// into the socket's batch. One owner thread.
final class Consumer {
  /// Packets of which it is remembered where they came from, to send them again.
  private static final int VIDEO_HISTORY = 1_024;

  private static final int AUDIO_HISTORY = 64;

  /// The same packet is not sent again within this, before a round trip is known.
  private static final long RESEND_NANOS_MIN = 20_000_000L;

  static final int NO_LAYERS = -1;
  private static final int TEMPORAL_SHIFT = 3;
  private static final int TEMPORAL_MASK = 7;

  private static final byte[] EMPTY_PAYLOAD = {HeaderRewriter.EMPTY_PAYLOAD};

  final String id;
  final Transport transport;
  final Producer producer;
  final LayerSwitcher switcher;
  final RewriteGroup group;

  /// Whether its packets carry transport-wide numbers.
  final boolean isNumbered;

  final int ssrc;
  final RoundTrip roundTrip = new RoundTrip();
  private final OutgoingHeader header;
  private final @Nullable OutgoingHeader rtxHeader;
  private long rtxSequence;

  final Wish wish;
  boolean isPaused;

  long packetsSent;
  long octetsSent;
  long payloadOctetsSent;
  long packetsResent;
  long probeOctetsSent;
  long nacksReceived;
  long keyFramesWanted;
  int fractionLost;

  // What was told last, see [Branch].
  Suspension toldSuspension = Suspension.NOT_SUSPENDED;
  int toldLayers = NO_LAYERS;
  int toldScore = ProducerScore.MAX;

  /// The next consumer of the transport that has something to forward.
  @Nullable Consumer nextDirty;

  boolean isDirty;

  Consumer(
      String id,
      Transport transport,
      Producer producer,
      OutgoingHeader header,
      int ssrc,
      @Nullable OutgoingHeader rtxHeader,
      RewriteGroup group,
      int firstSequenceNumber) {
    this.id = id;
    this.transport = transport;
    this.producer = producer;
    this.header = header;
    this.ssrc = ssrc;
    this.rtxHeader = rtxHeader;
    this.group = group;
    this.isNumbered = group.to.idOf(ExtensionKind.TRANSPORT_WIDE_CC) != ExtensionIds.NONE;
    this.rtxSequence = firstSequenceNumber;
    this.wish = new Wish(producer);
    switcher =
        new LayerSwitcher(
            producer.mode(),
            producer.clocks(),
            firstSequenceNumber,
            producer.isVideo ? VIDEO_HISTORY : AUDIO_HISTORY);
  }

  /// Why nothing is forwarded.
  Suspension suspension() {
    if (isPaused) {
      return Suspension.BY_CONSUMER;
    }
    if (producer.isPaused) {
      return Suspension.BY_PRODUCER;
    }
    if (producer.isOutsideLastN && !wish.isPinned) {
      return Suspension.OUTSIDE_LAST_N;
    }
    if (wish.isHidden && producer.isVideo) {
      return Suspension.HIDDEN;
    }
    return wish.isStarved() ? Suspension.BANDWIDTH : Suspension.NOT_SUSPENDED;
  }

  /// Whether the bandwidth plan is to reckon with it.
  boolean isWantedAtAll() {
    return !isPaused
        && !producer.isPaused
        && (!producer.isOutsideLastN || wish.isPinned)
        && !(wish.isHidden && producer.isVideo);
  }

  /// Puts pauses, wishes and the plan into effect.
  void retarget() {
    if (suspension() == Suspension.NOT_SUSPENDED) {
      switcher.target(wish.spatial(), wish.temporal());
    } else {
      switcher.pause();
    }
    wishKeyFrame();
  }

  /// The layers that are forwarded, as one number, or [#NO_LAYERS].
  int layersNow() {
    var spatial = switcher.currentSpatialLayer();
    return spatial < 0
        ? NO_LAYERS
        : spatial << TEMPORAL_SHIFT | Math.max(0, switcher.currentTemporalLayer());
  }

  static Layers layers(int of) {
    return Layers.newBuilder()
        .setSpatialLayer(of >> TEMPORAL_SHIFT)
        .setTemporalLayer(of & TEMPORAL_MASK)
        .build();
  }

  /// What its layers take at the producer now; 0 where nothing is forwarded.
  long bitrateBps(long nowNanos) {
    var spatial = producer.isVideo ? switcher.currentSpatialLayer() : 0;
    return switcher.currentSource() < 0
        ? 0
        : producer.rates.bitrateBps(
            spatial, Math.max(0, switcher.currentTemporalLayer()), nowNanos);
  }

  int score() {
    return ProducerScore.of(fractionLost / 256.0);
  }

  void wishKeyFrame() {
    var source = switcher.keyFrameSource();
    if (source != LayerSwitcher.NO_SOURCE) {
      producer.streams[source].keyFrames.request();
    }
  }

  /// Forwards what waits.
  void forward(PacketPort port, SrtpSender srtp, byte[] scratch, long nowNanos) {
    var count = producer.pendingCount;
    for (var i = 0; i < count; i++) {
      var packet = producer.waiting(i);
      var verdict =
          switcher.onPacket(packet.source, packet.header, packet.sequence, packet.frame, nowNanos);
      if (verdict == LayerSwitcher.FORWARD) {
        write(port, srtp, scratch, packet, i, nowNanos);
      } else if (verdict == LayerSwitcher.FILL) {
        fill(port, srtp, scratch, packet, i, nowNanos);
      }
    }
    wishKeyFrame();
  }

  private void write(
      PacketPort port,
      SrtpSender srtp,
      byte[] scratch,
      Incoming packet,
      int position,
      long nowNanos) {
    var outgoing = switcher.outgoing();
    var payload = packet.header.payloadOffset();
    outgoing.applyTo(header);
    outgoing.applyTo(packet.data, payload);
    transport.stamp(header, nowNanos);
    var headerLength = group.prepared(position, packet).write(scratch, 0, header);
    var written =
        srtp.protect(
            scratch,
            0,
            headerLength,
            packet.data,
            payload,
            packet.header.payloadLength(),
            outgoing.extendedSequence() - SeqNo.START,
            port.stage(),
            port.at());
    sent(port, written, packet.header.payloadLength(), nowNanos);
  }

  private void fill(
      PacketPort port,
      SrtpSender srtp,
      byte[] scratch,
      Incoming packet,
      int position,
      long nowNanos) {
    var outgoing = switcher.outgoing();
    outgoing.applyTo(header);
    transport.stamp(header, nowNanos);
    var headerLength = group.prepared(position, packet).writeEmpty(scratch, 0, header);
    var written =
        srtp.protect(
            scratch,
            0,
            headerLength,
            EMPTY_PAYLOAD,
            0,
            1,
            outgoing.extendedSequence() - SeqNo.START,
            port.stage(),
            port.at());
    sent(port, written, 0, nowNanos);
  }

  private void sent(PacketPort port, int written, int payloadLength, long nowNanos) {
    if (written <= 0) {
      transport.refusedToSend++;
      return;
    }
    port.add(written);
    packetsSent++;
    octetsSent += written;
    payloadOctetsSent += payloadLength;
    transport.onSent(written, isNumbered, nowNanos);
  }

  /// Answers one number of a NACK from the ring, as a packet of the RTX stream (RFC 4588). Returns
  /// whether something went out.
  boolean resend(
      int sequenceNumber, PacketPort port, SrtpSender srtp, ResendScratch scratch, long nowNanos) {
    var again = rtxHeader;
    var interval = Math.max(roundTrip.nanos(), RESEND_NANOS_MIN);
    if (again == null || !switcher.recall(sequenceNumber, nowNanos, interval)) {
      return false;
    }
    var outgoing = switcher.outgoing();
    if (outgoing.isEmpty()) {
      return false;
    }
    var ring = producer.streams[outgoing.source()].ring;
    var entry = ring.find(outgoing.sourceSequence());
    if (entry == PacketRing.UNKNOWN || entry == PacketRing.OVERWRITTEN) {
      return false;
    }
    var data = ring.data();
    if (scratch.header.read(data, ring.offset(entry), ring.length(entry)) < 0) {
      return false;
    }
    outgoing.applyTo(again);
    outgoing.applyTo(data, scratch.header.payloadOffset());
    again.sequenceNumber = SeqNo.wire16(rtxSequence);
    transport.stamp(again, nowNanos);
    var rewriter = scratch.rewriter(producer.media.extensions(), group.to);
    rewriter.prepare(scratch.header, data);
    var headerLength = rewriter.write(scratch.head, 0, again);
    var payloadLength =
        Rtx.encapsulate(
            outgoing.sequenceNumber(),
            data,
            scratch.header.payloadOffset(),
            scratch.header.payloadLength(),
            scratch.payload,
            0);
    var written =
        srtp.protect(
            scratch.head,
            0,
            headerLength,
            scratch.payload,
            0,
            payloadLength,
            rtxSequence,
            port.stage(),
            port.at());
    if (written <= 0) {
      transport.refusedToSend++;
      return false;
    }
    rtxSequence++;
    port.add(written);
    packetsResent++;
    transport.onSent(written, isNumbered, nowNanos);
    return true;
  }

  /// Whether [#pad] can send anything.
  boolean hasRtx() {
    return rtxHeader != null;
  }

  /// Sends a packet of padding on the RTX stream, which receivers drop, to probe the path. Returns
  /// its octets on the wire, 0 where it could not be sent.
  int pad(PacketPort port, SrtpSender srtp, ResendScratch scratch, long nowNanos) {
    var again = rtxHeader;
    if (again == null) {
      return 0;
    }
    again.sequenceNumber = SeqNo.wire16(rtxSequence);
    again.marker = false;
    transport.stamp(again, nowNanos);
    var headerLength = scratch.padding(group.to).writeEmpty(scratch.head, 0, again);
    var written =
        srtp.protect(
            scratch.head,
            0,
            headerLength,
            ResendScratch.PADDING,
            0,
            ResendScratch.PADDING.length,
            rtxSequence,
            port.stage(),
            port.at());
    if (written <= 0) {
      transport.refusedToSend++;
      return 0;
    }
    rtxSequence++;
    port.add(written);
    probeOctetsSent += written;
    transport.onSent(written, isNumbered, nowNanos);
    return written;
  }
}
