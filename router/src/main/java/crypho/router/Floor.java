package crypho.router;

import crypho.rtc.codec.ActiveSpeaker;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.LastN;
import crypho.wire.router.v1.Loudest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Who has the floor in a room, and who is heard and seen where not everyone is (last-N). A
/// participant is a transport that sends.
///
/// | of | forwarded |
/// | --- | --- |
/// | audio | the N loudest of late: another takes the place of the quietest when it is louder by [#LOUDER] and that one has had its place for [#PLACE_NANOS] |
/// | video | of the N participants who had the floor last; who never had comes after, as they came |
/// | a producer outside of last-N, a consumer that is pinned | always |
///
/// One owner thread: the room's loop.
final class Floor {
  /// Producers of audio whose levels are compared; more are heard, but cannot be named as speaker.
  static final int SPEAKERS_MAX = 256;

  static final int TOLD_MAX = 16;
  static final double LOUDER = 10;
  static final long PLACE_NANOS = 1_000_000_000L;
  private static final long LOUDEST_NANOS = 1_000_000_000L;
  private static final long SILENT_NANOS = 200_000_000L;
  private static final long COMPARE_NANOS = 100_000_000L;
  private static final int LEVEL_MAX = 127;

  /// Quieter than this (-77 dBov) nobody takes a place.
  private static final double AUDIBLE = 50;

  private static final double ATTACK = 0.5;
  private static final double DECAY = 0.1;

  private final Router router;
  private final ActiveSpeaker speaker = new ActiveSpeaker(SPEAKERS_MAX);
  private final @Nullable Producer[] speakers = new @Nullable Producer[SPEAKERS_MAX];

  /// In dB over silence, smoothed; by slot.
  private final double[] loudness = new double[SPEAKERS_MAX];

  private final long[] heardNanos = new long[SPEAKERS_MAX];
  private final long[] placedNanos = new long[SPEAKERS_MAX];
  private final List<Transport> order = new ArrayList<>();
  private final List<Producer> producers = new ArrayList<>();
  private final Set<Producer> outside = new HashSet<>();
  private int audioMax;
  private int videoMax;
  private int loudestMax;
  private int activeSlot = ActiveSpeaker.NOBODY;
  private long compareDueNanos = Long.MIN_VALUE;
  private long loudestDueNanos = Long.MIN_VALUE;
  private boolean wasSilent = true;

  Floor(Router router) {
    this.router = router;
  }

  void limit(LastN to) {
    audioMax = Math.max(0, to.getAudio());
    videoMax = Math.max(0, to.getVideo());
    place();
  }

  void tellLoudest(int most) {
    loudestMax = Math.clamp(most, 0, TOLD_MAX);
  }

  void add(Producer producer, long nowNanos) {
    producers.add(producer);
    if (!order.contains(producer.transport)) {
      order.add(producer.transport);
    }
    if (!producer.isVideo) {
      addSpeaker(producer, nowNanos);
    }
    place();
  }

  private void addSpeaker(Producer producer, long nowNanos) {
    for (var slot = 0; slot < SPEAKERS_MAX; slot++) {
      if (speakers[slot] == null) {
        speakers[slot] = producer;
        producer.speakerSlot = slot;
        loudness[slot] = 0;
        heardNanos[slot] = nowNanos;
        placedNanos[slot] = nowNanos;
        speaker.add(slot, nowNanos);
        return;
      }
    }
  }

  void remove(Producer producer) {
    producers.remove(producer);
    outside.remove(producer);
    var slot = producer.speakerSlot;
    if (slot >= 0) {
      speaker.remove(slot);
      speakers[slot] = null;
      producer.speakerSlot = -1;
    }
    if (producers.stream().noneMatch(p -> p.transport == producer.transport)) {
      order.remove(producer.transport);
    }
    place();
  }

  /// @param level as RFC 6464 has it: 0 loudest to 127 silent, in -dBov
  void onLevel(Producer producer, int level, long nowNanos) {
    var slot = producer.speakerSlot;
    if (slot < 0) {
      return;
    }
    speaker.onLevel(slot, level, nowNanos);
    var loud = LEVEL_MAX - level;
    loudness[slot] += (loud - loudness[slot]) * (loud > loudness[slot] ? ATTACK : DECAY);
    heardNanos[slot] = nowNanos;
  }

  void onTick(long nowNanos) {
    if (nowNanos >= speaker.deadlineNanos()) {
      decide(nowNanos);
    }
    if (nowNanos >= compareDueNanos) {
      compareDueNanos = nowNanos + COMPARE_NANOS;
      fade(nowNanos);
      compare(nowNanos);
    }
    if (loudestMax > 0 && nowNanos >= loudestDueNanos) {
      loudestDueNanos = nowNanos + LOUDEST_NANOS;
      tellLoudest();
    }
  }

  private void decide(long nowNanos) {
    var slot = speaker.decide(nowNanos);
    if (slot == activeSlot) {
      return;
    }
    activeSlot = slot;
    var producer = slot == ActiveSpeaker.NOBODY ? null : speakers[slot];
    if (producer != null) {
      order.remove(producer.transport);
      order.addFirst(producer.transport);
    }
    for (var each : producers) {
      var speaks = producer != null && each.transport == producer.transport;
      each.loop.execute(() -> each.onEach(p -> p.setSpeaker(speaks)));
    }
    place();
    router.tell(
        ControlEvent.newBuilder()
            .setActiveSpeaker(
                crypho.wire.router.v1.ActiveSpeaker.newBuilder()
                    .setProducerId(producer == null ? "" : producer.id)
                    .addAllRecentProducerIds(recent()))
            .build());
  }

  /// The audio of those who had the floor, the last one first.
  private List<String> recent() {
    return order.stream()
        .flatMap(t -> producers.stream().filter(p -> p.transport == t && p.speakerSlot >= 0))
        .limit(TOLD_MAX)
        .map(p -> p.id)
        .toList();
  }

  // --- last-N ---

  private void fade(long nowNanos) {
    for (var slot = 0; slot < SPEAKERS_MAX; slot++) {
      if (speakers[slot] != null && nowNanos - heardNanos[slot] > SILENT_NANOS) {
        loudness[slot] *= 1 - DECAY;
      }
    }
  }

  /// Gives the place of the quietest that is heard to the loudest that is not.
  private void compare(long nowNanos) {
    if (audioMax == 0) {
      return;
    }
    var loudest = -1;
    var quietest = -1;
    for (var slot = 0; slot < SPEAKERS_MAX; slot++) {
      var producer = speakers[slot];
      if (producer == null || producer.isExempt) {
        continue;
      }
      if (outside.contains(producer)) {
        loudest = loudest < 0 || loudness[slot] > loudness[loudest] ? slot : loudest;
      } else if (nowNanos - placedNanos[slot] >= PLACE_NANOS) {
        quietest = quietest < 0 || loudness[slot] < loudness[quietest] ? slot : quietest;
      }
    }
    if (loudest < 0 || quietest < 0) {
      return;
    }
    var comes = speakers[loudest];
    var goes = speakers[quietest];
    if (comes != null
        && goes != null
        && loudness[loudest] > AUDIBLE
        && loudness[loudest] > loudness[quietest] + LOUDER) {
      placedNanos[loudest] = nowNanos;
      setOutside(goes, true);
      setOutside(comes, false);
    }
  }

  /// Fills the places, after someone came or went or took the floor.
  private void place() {
    var seen = 0;
    for (var transport : order) {
      var hasVideo = false;
      for (var producer : producers) {
        if (producer.transport == transport && producer.isVideo && !producer.isExempt) {
          hasVideo = true;
          setOutside(producer, videoMax > 0 && seen >= videoMax);
        }
      }
      seen += hasVideo ? 1 : 0;
    }
    var heard = 0L;
    for (var producer : producers) {
      heard += !producer.isVideo && !producer.isExempt && !outside.contains(producer) ? 1 : 0;
    }
    for (var i = producers.size() - 1; i >= 0 && audioMax > 0 && heard > audioMax; i--) {
      var producer = producers.get(i);
      if (!producer.isVideo && !producer.isExempt && !outside.contains(producer)) {
        setOutside(producer, true);
        heard--;
      }
    }
    for (var producer : producers) {
      if (!producer.isVideo && outside.contains(producer) && (audioMax == 0 || heard < audioMax)) {
        setOutside(producer, false);
        heard++;
      }
    }
  }

  private void setOutside(Producer producer, boolean isOutside) {
    if (isOutside ? outside.add(producer) : outside.remove(producer)) {
      producer.loop.execute(() -> producer.onEach(p -> p.setOutsideLastN(isOutside)));
    }
  }

  // --- the loudest ---

  private void tellLoudest() {
    var loud =
        IntStream.range(0, SPEAKERS_MAX)
            .filter(slot -> speakers[slot] != null && loudness[slot] > AUDIBLE)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer slot) -> -loudness[slot]))
            .limit(loudestMax)
            .toList();
    if (loud.isEmpty() && wasSilent) {
      return;
    }
    wasSilent = loud.isEmpty();
    var out = Loudest.newBuilder();
    for (var slot : loud) {
      var producer = speakers[slot];
      if (producer != null) {
        out.addLevels(
            Loudest.Level.newBuilder()
                .setProducerId(producer.id)
                .setVolume((int) loudness[slot] - LEVEL_MAX));
      }
    }
    router.tell(ControlEvent.newBuilder().setLoudest(out).build());
  }
}
