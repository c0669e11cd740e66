package crypho.router;

import crypho.router.net.PacketPort;
import crypho.rtc.codec.LayerSwitcher;
import crypho.rtc.rtcp.RoundTrip;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.rtp.PacketRing;
import crypho.rtc.rtp.Rtx;
import crypho.rtc.rtp.SeqNo;
import crypho.rtc.srtp.SrtpSender;
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

  private static final byte[] EMPTY_PAYLOAD = {HeaderRewriter.EMPTY_PAYLOAD};

  final String id;
  final Transport transport;
  final Producer producer;
  final LayerSwitcher switcher;
  final RewriteGroup group;
  final int ssrc;
  final RoundTrip roundTrip = new RoundTrip();
  private final OutgoingHeader header;
  private final @Nullable OutgoingHeader rtxHeader;
  private long rtxSequence;

  boolean isPaused;
  int preferredSpatial = LayerSwitcher.SOURCES_MAX - 1;
  int preferredTemporal = 7;

  long packetsSent;
  long octetsSent;
  long payloadOctetsSent;
  long packetsResent;
  int fractionLost;

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
    this.rtxSequence = firstSequenceNumber;
    switcher =
        new LayerSwitcher(
            producer.mode(),
            producer.clocks(),
            firstSequenceNumber,
            producer.isVideo ? VIDEO_HISTORY : AUDIO_HISTORY);
  }

  /// Puts pause and wishes into effect.
  void retarget() {
    if (isPaused || producer.isPaused) {
      switcher.pause();
    } else {
      switcher.target(preferredSpatial, preferredTemporal);
    }
    wishKeyFrame();
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
    transport.onSent(written, nowNanos);
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
    transport.onSent(written, nowNanos);
    return true;
  }
}
