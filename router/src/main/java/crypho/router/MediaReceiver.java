package crypho.router;

import crypho.router.net.PacketPort;
import crypho.rtc.bwe.ArrivalRecorder;
import crypho.rtc.rtp.ExtensionKind;
import crypho.rtc.rtp.Octets;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.RtpPacket;
import crypho.rtc.rtp.Rtx;
import crypho.rtc.srtp.SrtpReceiver;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Takes one transport's RTP: authenticates and decrypts into the ring of the stream that it
/// belongs to, and lets it wait for the end of the read batch. One owner thread.
///
/// A stream is known by its SSRC: from signalling, or from the first packet that names its mid or
/// rid. RTP of an SSRC that belongs to nobody costs a decryption and is dropped.
final class MediaReceiver {
  private static final int LEVEL_MASK = 0x7f;

  private final Transport transport;
  private @Nullable ArrivalRecorder arrivals;
  private final RtpHeader plainHeader = new RtpHeader();
  private @Nullable SrtpReceiver srtp;

  private int[] ssrcs = new int[8];
  private @Nullable IncomingStream[] streams = new @Nullable IncomingStream[8];
  private boolean[] isRtx = new boolean[8];
  private int count;

  long unknownStreams;
  long malformed;
  long duplicates;

  MediaReceiver(Transport transport) {
    this.transport = transport;
  }

  void start(SrtpReceiver with) {
    srtp = with;
  }

  void stop() {
    srtp = null;
  }

  /// Null until a packet came that carries a transport-wide number.
  @Nullable ArrivalRecorder arrivals() {
    return arrivals;
  }

  /// The SSRCs that signalling named.
  void add(Producer producer) {
    for (var stream : producer.streams) {
      if (stream.hasSsrc) {
        bind(stream.ssrc, stream, false);
      }
      if (stream.hasRtxSsrc) {
        bind(stream.rtxSsrc, stream, true);
      }
    }
  }

  void remove(Producer producer) {
    var kept = 0;
    for (var i = 0; i < count; i++) {
      var stream = streams[i];
      if (stream != null && stream.producer != producer) {
        ssrcs[kept] = ssrcs[i];
        streams[kept] = stream;
        isRtx[kept++] = isRtx[i];
      }
    }
    for (var i = kept; i < count; i++) {
      streams[i] = null;
    }
    count = kept;
  }

  private void bind(int ssrc, IncomingStream stream, boolean isRepair) {
    if (count == ssrcs.length) {
      ssrcs = java.util.Arrays.copyOf(ssrcs, 2 * count);
      streams = java.util.Arrays.copyOf(streams, 2 * count);
      isRtx = java.util.Arrays.copyOf(isRtx, 2 * count);
    }
    ssrcs[count] = ssrc;
    streams[count] = stream;
    isRtx[count++] = isRepair;
  }

  private int indexOf(int ssrc) {
    for (var i = 0; i < count; i++) {
      if (ssrcs[i] == ssrc) {
        return i;
      }
    }
    return -1;
  }

  @Nullable IncomingStream stream(int ssrc) {
    var index = indexOf(ssrc);
    return index < 0 || isRtx[index] ? null : streams[index];
  }

  void onRtp(byte[] data, int offset, int length, long nowNanos) {
    var context = srtp;
    if (context == null) {
      transport.refused++;
      return;
    }
    transport.packetsReceived++;
    transport.octetsReceived += length;
    var index = indexOf(RtpPacket.ssrc(data, offset));
    var stream = index < 0 ? null : streams[index];
    if (stream != null && !isRtx[index]) {
      onOriginal(context, stream, data, offset, length, nowNanos);
    } else {
      onPlain(context, index, stream, data, offset, length, nowNanos);
    }
  }

  private void onOriginal(
      SrtpReceiver context,
      IncomingStream stream,
      byte[] data,
      int offset,
      int length,
      long nowNanos) {
    var producer = stream.producer;
    if (producer.isFull()) {
      transport.loop.forwardAll(nowNanos);
    }
    var at = stream.ring.reserve(length, nowNanos);
    var plain = context.unprotect(data, offset, length, stream.ring.data(), at);
    if (plain < 0) {
      transport.refused++;
      return;
    }
    settle(stream, stream.ring.data(), at, plain, false, nowNanos);
  }

  /// A packet of an SSRC that is new or carries retransmissions is decrypted beside the ring first.
  private void onPlain(
      SrtpReceiver context,
      int index,
      @Nullable IncomingStream known,
      byte[] data,
      int offset,
      int length,
      long nowNanos) {
    var plain = transport.loop.plain;
    var octets = context.unprotect(data, offset, length, plain, 0);
    if (octets < 0 || plainHeader.read(plain, 0, octets) < 0) {
      transport.refused++;
      return;
    }
    var stream = known;
    var isRepair = index >= 0 && isRtx[index];
    if (stream == null) {
      stream = owner(plain);
      if (stream == null) {
        // A browser probes the way with padding that names no stream: as lost, it would say that
        // there is no more bandwidth.
        for (var i = 0; i < transport.producers.size(); i++) {
          noteArrival(transport.producers.get(i), plainHeader, plain, nowNanos);
        }
        unknownStreams++;
        return;
      }
      isRepair = plainHeader.payloadType() == stream.producer.media.rtxPayloadType();
    }
    var from = 0;
    if (isRepair) {
      noteArrival(stream.producer, plainHeader, plain, nowNanos);
      if (!stream.hasSsrc
          || Rtx.decapsulate(plain, plainHeader, stream.producer.media.payloadType(), stream.ssrc)
              == Rtx.EMPTY) {
        return;
      }
      from = Rtx.OSN_LENGTH;
    }
    if (stream.producer.isFull()) {
      transport.loop.forwardAll(nowNanos);
    }
    var at = stream.ring.reserve(octets - from, nowNanos);
    System.arraycopy(plain, from, stream.ring.data(), at, octets - from);
    settle(stream, stream.ring.data(), at, octets - from, isRepair, nowNanos);
  }

  /// Whose stream this is, by mid and rid; from now on it is known by its SSRC.
  private @Nullable IncomingStream owner(byte[] plain) {
    for (var producer : transport.producers) {
      var ids = producer.media.extensions();
      if (!equals(plain, plainHeader.find(ids.idOf(ExtensionKind.MID)), producer.mid())) {
        continue;
      }
      var isRepair = plainHeader.payloadType() == producer.media.rtxPayloadType();
      if (!isRepair && plainHeader.payloadType() != producer.media.payloadType()) {
        continue;
      }
      var kind = isRepair ? ExtensionKind.REPAIRED_RID : ExtensionKind.RID;
      var element = plainHeader.find(ids.idOf(kind));
      for (var stream : producer.streams) {
        var isOfRid = stream.rid == null || equals(plain, element, stream.rid);
        if (isOfRid && !(isRepair ? stream.hasRtxSsrc : stream.hasSsrc)) {
          learn(stream, isRepair);
          return stream;
        }
      }
    }
    return null;
  }

  private void learn(IncomingStream stream, boolean isRepair) {
    bind(plainHeader.ssrc(), stream, isRepair);
    if (isRepair) {
      stream.rtxSsrc = plainHeader.ssrc();
      stream.hasRtxSsrc = true;
    } else {
      stream.ssrc = plainHeader.ssrc();
      stream.hasSsrc = true;
    }
  }

  private boolean equals(byte[] data, int element, String expected) {
    if (element < 0 || plainHeader.elementLength(element) != expected.length()) {
      return false;
    }
    var text =
        new String(
            data, plainHeader.elementOffset(element), expected.length(), StandardCharsets.US_ASCII);
    return text.equals(expected);
  }

  /// A decrypted packet lies at its place in the ring.
  private void settle(
      IncomingStream stream, byte[] data, int at, int length, boolean isRepair, long nowNanos) {
    var producer = stream.producer;
    var packet = producer.next();
    var header = packet.header;
    if (header.read(data, at, length) < 0 || header.payloadType() != producer.media.payloadType()) {
      malformed++;
      return;
    }
    if (!isRepair) {
      noteArrival(producer, header, data, nowNanos);
    }
    var sequence = producer.settle(stream, packet, data, length, nowNanos);
    if (sequence < 0) {
      duplicates++;
      return;
    }
    if (!isRepair) {
      stream.stats.onPacket(sequence, header.timestamp(), nowNanos);
    }
    var nacks = stream.nacks;
    if (nacks != null) {
      nacks.onPacket(sequence, nowNanos);
      var frame = packet.frame;
      if (frame.isReadable() && frame.isKeyFrame() && frame.isStartOfFrame()) {
        nacks.onKeyFrame(sequence);
      }
    }
    if (!producer.isVideo) {
      noteLevel(producer, header, data, nowNanos);
    }
  }

  private void noteLevel(Producer producer, RtpHeader header, byte[] data, long nowNanos) {
    var element = header.find(producer.media.extensions().idOf(ExtensionKind.AUDIO_LEVEL));
    if (element >= 0 && header.elementLength(element) > 0) {
      var level = data[header.elementOffset(element)] & LEVEL_MASK;
      transport.branch.onLevel(producer, level, nowNanos);
    }
  }

  /// Identifiers are one transport's: any of its producers knows them.
  private void noteArrival(Producer producer, RtpHeader header, byte[] data, long nowNanos) {
    var ids = producer.media.extensions();
    var element = header.find(ids.idOf(ExtensionKind.TRANSPORT_WIDE_CC));
    if (element >= 0 && header.elementLength(element) >= 2) {
      var recorder = arrivals == null ? new ArrivalRecorder() : arrivals;
      arrivals = recorder;
      recorder.onPacket(nowNanos, Octets.u16(data, header.elementOffset(element)));
    }
  }

  /// Decrypts RTCP into `out`; returns its length, or a negative verdict.
  int unprotectRtcp(byte[] data, int offset, int length, byte[] out) {
    var context = srtp;
    if (context == null || length > PacketPort.PACKET_BYTES_MAX) {
      return -1;
    }
    return context.unprotectRtcp(data, offset, length, out, 0);
  }
}
