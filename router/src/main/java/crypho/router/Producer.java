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

/// A source of media that a transport sends us: one stream, or several encodings of one picture. It
/// lives on its transport's loop; for consumers on other loops there is a copy on each of these,
/// which gets the decrypted packets by [HandOver]. One owner thread.
final class Producer {
  /// Packets that wait for the end of a read batch at most; one more and they are forwarded early.
  static final int PENDING_MAX = 64;

  private static final int CNAME_BYTES_MAX = 255;

  /// Of a source of which nobody told the size: 1280 by 720.
  private static final double PIXELS_UNKNOWN = 921_600;

  final String id;
  final Router router;

  /// Who sends it. Only the original's loop may use more of it than the reference.
  final Transport transport;

  final RouterLoop loop;

  /// Null for the original.
  final @Nullable Producer origin;

  /// Of the original: its copies on other loops.
  final List<Producer> copies = new ArrayList<>();

  /// Of a copy: whether it has consumers, so that packets are to be handed over.
  volatile boolean isWanted;

  boolean isClosed;
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

  /// Whether others are forwarded in its place, see [LastN].
  boolean isOutsideLastN;

  /// Whether it is shown whoever speaks.
  boolean isExempt;

  /// Whether its participant is the dominant speaker.
  boolean isSpeaker;

  /// Pixels of the source, 0 where nobody told.
  int width;

  int height;
  final ProducerScore score = new ProducerScore();
  int toldScore = ProducerScore.MAX;

  /// The slot in the room's speaker detection, or below 0.
  int speakerSlot = -1;

  Producer(String id, Transport transport, boolean isVideo, Media media, RtpParameters parameters) {
    this(id, transport, transport.loop, null, isVideo, media, parameters);
  }

  private Producer(
      String id,
      Transport transport,
      RouterLoop loop,
      @Nullable Producer origin,
      boolean isVideo,
      Media media,
      RtpParameters parameters) {
    this.id = id;
    this.router = transport.router;
    this.transport = transport;
    this.loop = loop;
    this.origin = origin;
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

  /// The copy on a loop, made where there is none yet; on the original's thread. Its state is then
  /// that loop's.
  Producer copyOn(RouterLoop other) {
    if (other == loop) {
      return this;
    }
    for (var copy : copies) {
      if (copy.loop == other) {
        return copy;
      }
    }
    var made = new Producer(id, transport, other, this, isVideo, media, parameters);
    made.isPaused = isPaused;
    made.isOutsideLastN = isOutsideLastN;
    made.isExempt = isExempt;
    made.isSpeaker = isSpeaker;
    made.width = width;
    made.height = height;
    copies.add(made);
    loop.prepareHandOver(other);
    other.execute(() -> other.addCopy(made));
    return made;
  }

  /// Does something to the original and to its copies, on each one's loop; on the original's
  /// thread.
  void onEach(java.util.function.Consumer<Producer> change) {
    change.accept(this);
    for (var copy : copies) {
      copy.loop.execute(() -> change.accept(copy));
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

  /// How many pixels a spatial layer has: halved on each side from layer to layer unless signalled.
  double pixels(int spatial) {
    var whole = width > 0 && height > 0 ? (double) width * height : PIXELS_UNKNOWN;
    var layers = media.isSvc() ? spatialLayers() : streams.length;
    if (spatial >= layers - 1) {
      var last = media.isSvc() ? 1 : scale(layers - 1, 1);
      return whole / (last * last);
    }
    var scale =
        media.isSvc() ? 1 << (layers - 1 - spatial) : scale(spatial, 1 << (layers - 1 - spatial));
    return whole / (scale * scale);
  }

  private double scale(int stream, double usual) {
    var encoding = parameters.getEncodings(stream);
    return encoding.hasScaleResolutionDownBy()
        ? Math.max(1, encoding.getScaleResolutionDownBy())
        : usual;
  }

  /// As the scalability mode says (`L3T2`: 3).
  private int spatialLayers() {
    var mode = parameters.getEncodings(0).getScalabilityMode();
    var digit = mode.length() > 1 ? Character.digit(mode.charAt(1), 10) : 1;
    return Math.clamp(digit, 1, LayerSwitcher.SOURCES_MAX);
  }

  void setSpeaker(boolean speaks) {
    if (isSpeaker != speaks) {
      isSpeaker = speaks;
      replan();
    }
  }

  void setOutsideLastN(boolean isOutside) {
    isOutsideLastN = isOutside;
    replan();
  }

  void setPaused(boolean paused) {
    isPaused = paused;
    replan();
  }

  private void replan() {
    var now = System.nanoTime();
    for (var consumer : consumers) {
      consumer.transport.plan.replan(now);
    }
  }

  // --- packets ---

  /// Puts a decrypted packet, which lies at its place in the stream's ring, among those that wait.
  /// [#next] has read its header. Returns its extended number, or a negative verdict of the ring.
  long settle(IncomingStream stream, Incoming packet, byte[] data, int length, long nowNanos) {
    var header = packet.header;
    var sequence = stream.ring.extend(header.sequenceNumber());
    var entry = stream.ring.commit(sequence, length, nowNanos);
    if (entry < 0) {
      return entry;
    }
    stream.octets += length;
    stream.frames.read(header, data, packet.frame);
    var frame = packet.frame;
    if (isVideo) {
      var spatial = media.isSvc() ? frame.spatialLayer() : stream.index;
      rates.onPacket(spatial, frame.temporalLayer(), length, nowNanos);
      if (frame.isReadable() && frame.isKeyFrame() && frame.isStartOfFrame()) {
        stream.keyFrames.onKeyFrame();
        stream.keyFramesSeen++;
      }
    } else {
      rates.onPacket(0, 0, length, nowNanos);
    }
    if (!isPaused && (!consumers.isEmpty() || !copies.isEmpty())) {
      packet.data = data;
      packet.length = length;
      packet.source = stream.index;
      packet.sequence = sequence;
      pendingCount++;
      if (pendingCount == 1) {
        loop.markPending(this);
      }
    }
    return sequence;
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

  RewriteGroup group(ExtensionIds to) {
    for (var group : groups) {
      if (group.to.equals(to)) {
        return group;
      }
    }
    var made = new RewriteGroup(media.extensions(), to);
    groups.add(made);
    return made;
  }
}
