package crypho.router;

import crypho.rtc.codec.FrameReader;
import crypho.rtc.rtcp.ReceptionStats;
import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.KeyFrameRequester;
import crypho.rtc.rtp.NackGenerator;
import crypho.rtc.rtp.PacketRing;
import org.jspecify.annotations.Nullable;

/// One encoding of a producer: its packets, for forwarding and sending again, and what its sender
/// is told about it. One owner thread.
final class IncomingStream {
  private static final int VIDEO_SLOTS = 2_048;
  private static final int AUDIO_SLOTS = 256;
  private static final int VIDEO_ARENA_BYTES_MAX = 2 * 1024 * 1024;
  private static final int AUDIO_ARENA_BYTES_MAX = 128 * 1024;

  final Producer producer;
  final int index;
  final @Nullable String rid;
  final PacketRing ring;
  final StreamClock clock;
  final ReceptionStats stats;
  final KeyFrameRequester keyFrames = new KeyFrameRequester();
  final FrameReader frames;

  /// Where lost packets are asked for.
  final @Nullable NackGenerator nacks;

  int ssrc;
  boolean hasSsrc;
  int rtxSsrc;
  boolean hasRtxSsrc;
  long octets;
  long nacksSent;
  long keyFramesAsked;
  long keyFramesSeen;

  IncomingStream(
      Producer producer, int index, @Nullable String rid, FrameReader frames, boolean hasNack) {
    this.producer = producer;
    this.index = index;
    this.rid = rid;
    this.frames = frames;
    ring =
        producer.isVideo
            ? new PacketRing(VIDEO_SLOTS, VIDEO_ARENA_BYTES_MAX)
            : new PacketRing(AUDIO_SLOTS, AUDIO_ARENA_BYTES_MAX);
    clock = new StreamClock(producer.media.clockRate());
    stats = new ReceptionStats(producer.media.clockRate());
    nacks = hasNack ? new NackGenerator() : null;
  }
}
