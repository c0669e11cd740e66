package crypho.rtc.codec;

import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.SeqNo;
import org.jspecify.annotations.Nullable;

/// Makes one continuous stream for one consumer out of one or several incoming ones: chooses
/// simulcast stream, spatial and temporal layer, and keeps sequence numbers, timestamps, picture
/// ids, TL0PICIDX and frame numbers continuous. Looks only at [FrameInfo], never at the payload.
///
/// | state | on | becomes |
/// | --- | --- | --- |
/// | paused | [#target] with a layer | waiting |
/// | waiting | a key frame of the target's stream begins (audio: any packet) | forwarding |
/// | forwarding | a key frame of another stream begins, which is the target's | forwarding that one; the former's late packets still fill their places |
/// | forwarding | frames of one stream | [LayerRule] |
/// | any | [#pause] | paused |
///
/// A packet that is left out leaves no gap: later ones move up. One that arrives after its place
/// was passed over is forwarded, or, if its frame was left out, padding goes out in its place
/// ([#FILL]): so the output has no gap that the input did not have. A timestamp after a change of
/// stream comes from the sender reports of both ([StreamClock]), or, without, from the arrival. One
/// owner thread.
public final class LayerSwitcher {
  /// Nothing goes to this consumer.
  public static final int DROP = 0;

  /// The packet goes out as [#outgoing] says.
  public static final int FORWARD = 1;

  /// A packet of padding goes out as [#outgoing] says.
  public static final int FILL = 2;

  /// Incoming streams of one producer.
  public static final int SOURCES_MAX = 4;

  /// What [#keyFrameSource] answers when no key frame is wanted.
  public static final int NO_SOURCE = -1;

  /// A sender report that places a layer further off than this is not believed.
  private static final long TIMESTAMP_SKEW_SECONDS_MAX = 5;

  private static final int PACKET_WINDOW = 512;
  private static final int FRAME_WINDOW = 128;

  /// How the incoming streams relate.
  public enum Mode {
    /// One stream without key frames or layers.
    AUDIO,
    /// Each stream is a spatial layer and may have temporal ones; also one stream alone.
    SIMULCAST,
    /// One stream with spatial and temporal layers.
    SVC
  }

  /// One incoming stream as it appears in the output.
  private static final class Source {
    final Renumbering packets = new Renumbering(PACKET_WINDOW);
    final Renumbering frames = new Renumbering(FRAME_WINDOW);
    final LayerRule rule;
    int timestampOffset;
    int tl0Offset;
    long newestTimestamp;
    boolean hasFrames;

    Source(boolean isSpatial) {
      rule = new LayerRule(isSpatial);
    }
  }

  private final Mode mode;
  private final StreamClock[] clocks;
  private final @Nullable Source[] sources;
  private final SentHistory history;
  private final Outgoing outgoing = new Outgoing();
  private int targetSpatial = NO_SOURCE;
  private int targetTemporal;
  private int current = NO_SOURCE;

  /// The first stream forwarded, whose clock all timestamps follow.
  private int reference = NO_SOURCE;

  /// The highest outgoing number that was used or is left free for a missing packet.
  private long highestOut;

  private boolean hasSent;
  private int lastTimestamp;
  private long lastTimestampNanos;

  /// The same for picture ids or frame numbers; below 0 before the first.
  private long highestFrameOut = -1;

  private int lastTl0 = FrameInfo.ABSENT;
  private long switches;

  /// @param clocks one for each incoming stream, lowest layer first, all of one rate; at most
  ///   [#SOURCES_MAX]
  /// @param firstSequenceNumber 16 bits, random
  /// @param historyPackets remembered to answer NACKs, a power of two
  public LayerSwitcher(
      Mode mode, StreamClock[] clocks, int firstSequenceNumber, int historyPackets) {
    if (clocks.length < 1
        || clocks.length > SOURCES_MAX
        || (mode != Mode.SIMULCAST && clocks.length > 1)
        || Integer.bitCount(historyPackets) != 1) {
      throw new IllegalArgumentException(mode + " of " + clocks.length + ", " + historyPackets);
    }
    this.mode = mode;
    this.clocks = clocks.clone();
    this.sources = new @Nullable Source[clocks.length];
    this.history = new SentHistory(historyPackets);
    this.highestOut = SeqNo.START + (firstSequenceNumber & 0xffff) - 1;
  }

  /// What the consumer is to get: a spatial layer (simulcast: stream) from 0, a temporal layer from
  /// 0; more than there is means the highest. Ends a pause.
  public void target(int spatial, int temporal) {
    targetSpatial = Math.clamp(spatial, 0, SOURCES_MAX - 1);
    targetTemporal = Math.clamp(temporal, 0, DependencyStructure.TEMPORAL_LAYERS_MAX - 1);
    for (var source : sources) {
      if (source != null) {
        source.rule.target(targetSpatial, targetTemporal);
      }
    }
  }

  /// Nothing is forwarded until the next [#target], and then from a key frame on.
  public void pause() {
    targetSpatial = NO_SOURCE;
    current = NO_SOURCE;
  }

  /// Decides about one packet of one incoming stream. After [#FORWARD] and [#FILL] see [#outgoing].
  ///
  /// @param extendedSequence of the packet in its stream
  public int onPacket(
      int source, RtpHeader header, long extendedSequence, FrameInfo frame, long nowNanos) {
    if (targetSpatial == NO_SOURCE) {
      return DROP;
    }
    var state = sources[source];
    if (source != current && isBeginning(source, state, header, extendedSequence, frame)) {
      state = begin(source, header, extendedSequence, frame, nowNanos);
    }
    if (state == null) {
      return DROP;
    }
    var place = state.packets.state(extendedSequence);
    if (place == Renumbering.AHEAD && source == current) {
      return onNext(source, state, header, extendedSequence, frame, nowNanos);
    }
    return place == Renumbering.MISSING
        ? onLate(source, state, header, extendedSequence, frame)
        : DROP;
  }

  private boolean isBeginning(
      int source,
      @Nullable Source state,
      RtpHeader header,
      long extendedSequence,
      FrameInfo frame) {
    return source == targetSource()
        && frame.isReadable
        && frame.isKeyFrame
        && frame.isStartOfFrame
        && header.payloadLength() > 0
        && (state == null || extendedSequence > state.packets.highest());
  }

  /// The stream of the target, which exists only below the number of streams.
  private int targetSource() {
    return Math.min(targetSpatial, sources.length - 1);
  }

  private Source begin(
      int source, RtpHeader header, long extendedSequence, FrameInfo frame, long nowNanos) {
    var state = sources[source];
    if (state == null) {
      state = new Source(mode == Mode.SVC);
      state.rule.target(targetSpatial, targetTemporal);
      sources[source] = state;
    }
    state.timestampOffset = timestampOffset(source, state, header.timestamp(), nowNanos);
    state.packets.begin(extendedSequence, highestOut + 1);
    state.hasFrames = false;
    state.rule.restart();
    if (reference == NO_SOURCE) {
      reference = source;
    }
    state.newestTimestamp = SeqNo.START + (header.timestamp() & 0xffff_ffffL) - 1;
    if (frame.tl0PictureIndex != FrameInfo.ABSENT) {
      state.tl0Offset = lastTl0 == FrameInfo.ABSENT ? 0 : lastTl0 + 1 - frame.tl0PictureIndex;
    }
    current = source;
    switches++;
    return state;
  }

  /// What to add to the stream's timestamps from this one on.
  private int timestampOffset(int source, Source state, int timestamp, long nowNanos) {
    if (!hasSent) {
      return 0;
    }
    var rate = clocks[source].clockRate();
    var elapsed = Math.max(0, nowNanos - lastTimestampNanos) / 1_000;
    var byArrival = lastTimestamp + (int) (elapsed * rate / 1_000_000);
    var wanted = timestamp + state.timestampOffset;
    var isKnown = state.packets.highest() != Long.MIN_VALUE;
    var base = sources[reference];
    if (source != reference
        && base != null
        && clocks[source].isSynchronized()
        && clocks[reference].isSynchronized()) {
      wanted = timestamp + clocks[source].offsetTo(clocks[reference]) + base.timestampOffset;
      isKnown = true;
    }
    var skew = Math.abs((long) (wanted - byArrival));
    if (!isKnown || skew > TIMESTAMP_SKEW_SECONDS_MAX * rate) {
      wanted = byArrival;
    }
    var step = Math.max(1, rate / 1_000);
    return (SeqNo.isNewer32(wanted, lastTimestamp) ? wanted : lastTimestamp + step) - timestamp;
  }

  private int onNext(
      int source,
      Source state,
      RtpHeader header,
      long extendedSequence,
      FrameInfo frame,
      long nowNanos) {
    if (header.payloadLength() == 0 || !isWanted(state, header, frame, true)) {
      state.packets.drop(extendedSequence, 0, true);
      highestOut = state.packets.outNow(extendedSequence);
      return DROP;
    }
    var out = state.packets.pass(extendedSequence, 0);
    describe(source, state, header, extendedSequence, frame, out);
    highestOut = out;
    if (!hasSent || SeqNo.isNewer32(outgoing.timestamp, lastTimestamp)) {
      lastTimestamp = outgoing.timestamp;
      lastTimestampNanos = nowNanos;
    }
    hasSent = true;
    history.record(outgoing);
    return FORWARD;
  }

  private int onLate(
      int source, Source state, RtpHeader header, long extendedSequence, FrameInfo frame) {
    var isWanted =
        header.payloadLength() > 0
            && !(source != current && isWholeFrameLate(state, frame))
            && isWanted(state, header, frame, false);
    state.packets.settle(extendedSequence, true);
    describe(source, state, header, extendedSequence, frame, state.packets.out(extendedSequence));
    outgoing.isEmpty = !isWanted;
    history.record(outgoing);
    return isWanted ? FORWARD : FILL;
  }

  /// Whether nothing of the frame had come. In a stream that was left such a frame is of no use:
  /// the key frame of the other came first, and its TL0PICIDX has been given to that.
  private boolean isWholeFrameLate(Source state, FrameInfo frame) {
    return frame.isReadable
        && frame.frameId != FrameInfo.ABSENT
        && state.frames.state(frameId(state, frame)) != Renumbering.PASSED;
  }

  /// Whether the packet's frame is among those that this consumer gets. Packets of which nothing is
  /// known follow their stream: to leave one out could break a frame.
  private boolean isWanted(Source state, RtpHeader header, FrameInfo frame, boolean isNext) {
    if (mode == Mode.AUDIO || !frame.isReadable) {
      return true;
    }
    if (frame.frameId == FrameInfo.ABSENT) {
      return isWantedByTimestamp(state, header, frame, isNext);
    }
    var id = frameId(state, frame);
    var known = state.frames.state(id);
    if (isNext && known == Renumbering.OUTSIDE && frame.isKeyFrame && frame.isStartOfFrame) {
      beginFrames(state, frame); // the encoder has begun to count anew
      known = Renumbering.AHEAD;
      id = frameId(state, frame);
    }
    return switch (known) {
      case Renumbering.AHEAD -> isNewFrameWanted(state, header, frame, id, isNext);
      case Renumbering.OUTSIDE -> LayerRule.admits(state.rule.limit(frame), frame);
      case Renumbering.MISSING -> isLateFrameWanted(state, frame, id);
      default -> isKnownFrameWanted(state, frame, id, known, isNext);
    };
  }

  private boolean isNewFrameWanted(
      Source state, RtpHeader header, FrameInfo frame, long id, boolean isNext) {
    if (isNext) {
      var isNewPicture = !hasSent || header.timestamp() + state.timestampOffset != lastTimestamp;
      state.rule.onNewFrame(frame, state.frames, id, isNewPicture);
      state.rule.onLayerFrame(frame);
    }
    var limit = state.rule.limit(frame);
    var isAdmitted = LayerRule.admits(limit, frame);
    if (isAdmitted || (frame.structure == null && !frame.isFrameIdGapless)) {
      state.frames.pass(id, limit);
    } else {
      state.frames.drop(id, limit, frame.isFrameIdGapless);
    }
    highestFrameOut = Math.max(highestFrameOut, state.frames.outNow(id));
    return isAdmitted;
  }

  /// A frame of which nothing had come when later ones were decided about. One that is counted
  /// without gaps has to come now, whatever its layer: the receiver waits for its number. A key
  /// frame may have brought another structure, under which the old limit means nothing.
  private static boolean isLateFrameWanted(Source state, FrameInfo frame, long id) {
    var isAdmitted =
        frame.isFrameIdGapless || frame.isKeyFrame || LayerRule.admits(state.frames.tag(id), frame);
    state.frames.settle(id, isAdmitted || frame.structure == null);
    return isAdmitted;
  }

  private static boolean isKnownFrameWanted(
      Source state, FrameInfo frame, long id, int known, boolean isNext) {
    if (frame.structure != null || frame.isFrameIdGapless) {
      return known == Renumbering.PASSED;
    }
    if (isNext && id == state.frames.highest()) {
      state.rule.onLayerFrame(frame);
      state.frames.retag(id, state.rule.limit(frame));
    }
    return LayerRule.admits(state.frames.tag(id), frame);
  }

  /// Frames without ids: the limit changes with the timestamp.
  private static boolean isWantedByTimestamp(
      Source state, RtpHeader header, FrameInfo frame, boolean isNext) {
    var timestamp = SeqNo.extend32(header.timestamp(), state.newestTimestamp);
    if (isNext && timestamp > state.newestTimestamp) {
      state.newestTimestamp = timestamp;
      state.rule.onNewFrame(frame, state.frames, 0, true);
    }
    if (isNext) {
      state.rule.onLayerFrame(frame);
    }
    return LayerRule.admits(state.rule.limit(frame), frame);
  }

  private long frameId(Source state, FrameInfo frame) {
    if (!state.hasFrames) {
      beginFrames(state, frame);
    }
    var highest = state.frames.highest();
    return SeqNo.extend(frame.frameId, frame.frameIdBits, highest);
  }

  /// The next frame's number continues the output's, whatever the stream says.
  private void beginFrames(Source state, FrameInfo frame) {
    var id = SeqNo.START + frame.frameId;
    state.frames.begin(id, highestFrameOut < 0 ? id : highestFrameOut + 1);
    state.hasFrames = true;
  }

  private void describe(
      int source,
      Source state,
      RtpHeader header,
      long extendedSequence,
      FrameInfo frame,
      long out) {
    outgoing.extendedSequence = out;
    outgoing.source = source;
    outgoing.sourceSequence = extendedSequence;
    outgoing.timestamp = header.timestamp() + state.timestampOffset;
    outgoing.isEmpty = false;
    outgoing.frameNumberDelta = 0;
    outgoing.descriptor = 0;
    outgoing.marker = header.marker();
    if (!frame.isReadable || frame.frameId == FrameInfo.ABSENT) {
      return;
    }
    var id = frameId(state, frame);
    var isKnown =
        state.frames.state(id) >= Renumbering.MISSING
            && state.frames.state(id) <= Renumbering.DROPPED;
    var frameOut = isKnown ? state.frames.out(id) : state.frames.outNow(id);
    var limit = isKnown ? state.frames.tag(id) : state.rule.limit(frame);
    if (mode == Mode.SVC) {
      var isTop = frame.isEndOfFrame && state.rule.isTop(limit, frame);
      outgoing.marker = header.marker() || isTop;
    }
    outgoing.frameNumberDelta = frame.structure == null ? 0 : (int) (frameOut - id);
    describePayload(state, frame, frameOut);
  }

  private void describePayload(Source state, FrameInfo frame, long frameOut) {
    var tl0 = FrameInfo.ABSENT;
    if (frame.tl0PictureIndex != FrameInfo.ABSENT) {
      tl0 = (frame.tl0PictureIndex + state.tl0Offset) & 0xff;
      var isNewer = lastTl0 == FrameInfo.ABSENT || (byte) (tl0 - lastTl0) > 0;
      lastTl0 = isNewer ? tl0 : lastTl0;
    }
    outgoing.describe(frame, (int) frameOut, tl0);
  }

  /// Finds what was sent under a number, to send it again: then [#outgoing] says from which packet
  /// and with which numbers. False where the number is not known any more, or was recalled less
  /// than `intervalNanos` (a round trip) ago.
  public boolean recall(int sequenceNumber, long nowNanos, long intervalNanos) {
    return history.recall(sequenceNumber, nowNanos, intervalNanos, outgoing);
  }

  /// The numbers of the last decision.
  public Outgoing outgoing() {
    return outgoing;
  }

  /// The incoming stream of which this consumer needs a key frame now, or [#NO_SOURCE].
  public int keyFrameSource() {
    if (targetSpatial == NO_SOURCE || mode == Mode.AUDIO) {
      return NO_SOURCE;
    }
    var state = current == NO_SOURCE ? null : sources[current];
    if (state == null || current != targetSource()) {
      return targetSource();
    }
    return state.rule.wantsKeyFrame() ? current : NO_SOURCE;
  }

  /// The incoming stream that is forwarded, or [#NO_SOURCE].
  public int currentSource() {
    return current;
  }

  /// The spatial layer that is forwarded (simulcast: the stream), or -1.
  public int currentSpatialLayer() {
    var state = current == NO_SOURCE ? null : sources[current];
    return state != null && mode == Mode.SVC ? state.rule.spatial() : current;
  }

  /// The highest temporal layer that is forwarded, or -1.
  public int currentTemporalLayer() {
    var state = current == NO_SOURCE ? null : sources[current];
    return state == null ? NO_SOURCE : state.rule.temporal();
  }

  /// What is added to the timestamps of the stream forwarded: for sender reports.
  public int timestampOffset() {
    var state = current == NO_SOURCE ? null : sources[current];
    return state == null ? 0 : state.timestampOffset;
  }

  /// Changes of stream, the first included.
  public long switches() {
    return switches;
  }
}
