package crypho.router;

import crypho.rtc.codec.Codec;
import crypho.rtc.codec.FrameReader;
import crypho.rtc.codec.LayerRates;
import crypho.rtc.codec.LayerSwitcher;
import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.ExtensionKind;
import crypho.wire.router.v1.RtpParameters;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A source of media that a transport sends us: one stream, or several encodings of one picture.
/// One owner thread.
final class Producer {
  /// Packets that wait for the end of a read batch at most; one more and they are forwarded early.
  static final int PENDING_MAX = 64;

  private static final int CNAME_BYTES_MAX = 255;

  final String id;
  final Transport transport;
  final boolean isVideo;
  final Media media;
  final RtpParameters parameters;
  final IncomingStream[] streams;
  final LayerRates rates;
  final List<Consumer> consumers = new ArrayList<>();
  private final List<RewriteGroup> groups = new ArrayList<>();
  private final @Nullable Incoming[] pending = new @Nullable Incoming[PENDING_MAX];
  private final byte[] cname;
  int pendingCount;
  boolean isPaused;

  /// The slot in the room's speaker detection, or below 0.
  int speakerSlot = -1;

  Producer(String id, Transport transport, boolean isVideo, Media media, RtpParameters parameters) {
    this.id = id;
    this.transport = transport;
    this.isVideo = isVideo;
    this.media = media;
    this.parameters = parameters;
    this.cname = cname(parameters.getRtcp().getCname());
    this.rates = new LayerRates(media.isSvc());
    this.streams = new IncomingStream[Math.max(1, parameters.getEncodingsCount())];
    for (var i = 0; i < streams.length; i++) {
      streams[i] = stream(i);
    }
  }

  private static byte[] cname(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOf(bytes, Math.min(bytes.length, CNAME_BYTES_MAX));
  }

  private IncomingStream stream(int index) {
    var encoding = parameters.getEncodings(index);
    var rid = encoding.hasRid() ? encoding.getRid() : null;
    var stream = new IncomingStream(this, index, rid, frames(), media.hasNack());
    if (encoding.hasSsrc()) {
      stream.ssrc = encoding.getSsrc();
      stream.hasSsrc = true;
    }
    if (encoding.hasRtx()) {
      stream.rtxSsrc = encoding.getRtx().getSsrc();
      stream.hasRtxSsrc = true;
    }
    return stream;
  }

  private FrameReader frames() {
    // Where the payload can be read, picture ids are kept continuous from there.
    var isReadable =
        !media.isEncrypted() && (media.codec() == Codec.VP8 || media.codec() == Codec.H264);
    var descriptor =
        isReadable
            ? ExtensionIds.NONE
            : media.extensions().idOf(ExtensionKind.DEPENDENCY_DESCRIPTOR);
    return new FrameReader(media.codec(), descriptor, media.isEncrypted());
  }

  /// The name of the sender, by which its streams belong together.
  byte[] cname() {
    return cname;
  }

  /// The m-section that the packets name.
  String mid() {
    return parameters.getMid();
  }

  LayerSwitcher.Mode mode() {
    if (!isVideo) {
      return LayerSwitcher.Mode.AUDIO;
    }
    return media.isSvc() ? LayerSwitcher.Mode.SVC : LayerSwitcher.Mode.SIMULCAST;
  }

  StreamClock[] clocks() {
    var out = new StreamClock[streams.length];
    for (var i = 0; i < out.length; i++) {
      out[i] = streams[i].clock;
    }
    return out;
  }

  /// The slot for the next packet; there is room, see [#isFull].
  Incoming next() {
    var slot = pending[pendingCount];
    if (slot == null) {
      slot = new Incoming();
      pending[pendingCount] = slot;
    }
    return slot;
  }

  boolean isFull() {
    return pendingCount == PENDING_MAX;
  }

  Incoming waiting(int position) {
    var slot = pending[position];
    if (slot == null || position >= pendingCount) {
      throw new IndexOutOfBoundsException(position);
    }
    return slot;
  }

  void clearPending() {
    for (var i = 0; i < groups.size(); i++) {
      groups.get(i).clear(pendingCount);
    }
    pendingCount = 0;
  }

  RewriteGroup group(ExtensionIds to, boolean isMixedAllowed) {
    for (var group : groups) {
      if (group.to.equals(to)) {
        return group;
      }
    }
    var made = new RewriteGroup(media.extensions(), to, isMixedAllowed);
    groups.add(made);
    return made;
  }
}
