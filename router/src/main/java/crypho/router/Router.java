package crypho.router;

import crypho.base.Rng;
import crypho.rtc.codec.ActiveSpeaker;
import crypho.wire.router.v1.ControlEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A room: the transports of those who meet, on one loop. One owner thread.
final class Router {
  /// Producers of audio whose levels are compared; more are heard, but cannot be named as speaker.
  private static final int SPEAKERS_MAX = 256;

  final String id;
  final RouterLoop loop;
  final Rng rng;
  final byte[] cname;
  final List<Transport> transports = new ArrayList<>();
  private final RouterEvents events;
  private final ActiveSpeaker speaker = new ActiveSpeaker(SPEAKERS_MAX);
  private final @Nullable Producer[] speakers = new @Nullable Producer[SPEAKERS_MAX];
  private int activeSlot = ActiveSpeaker.NOBODY;

  Router(String id, RouterLoop loop, Rng rng, RouterEvents events) {
    this.id = id;
    this.loop = loop;
    this.rng = rng;
    this.events = events;
    this.cname = HexFormat.of().formatHex(rng.bytes(8)).getBytes(StandardCharsets.US_ASCII);
  }

  void tell(ControlEvent event) {
    events.event(event.toBuilder().setRouterId(id).build());
  }

  int newSsrc() {
    int out;
    do {
      out = ByteBuffer.wrap(rng.bytes(4)).getInt();
    } while (out == 0);
    return out;
  }

  void addSpeaker(Producer producer, long nowNanos) {
    for (var slot = 0; slot < SPEAKERS_MAX; slot++) {
      if (speakers[slot] == null) {
        speakers[slot] = producer;
        producer.speakerSlot = slot;
        speaker.add(slot, nowNanos);
        return;
      }
    }
  }

  void removeSpeaker(Producer producer) {
    if (producer.speakerSlot >= 0) {
      speaker.remove(producer.speakerSlot);
      speakers[producer.speakerSlot] = null;
      producer.speakerSlot = -1;
    }
  }

  void onLevel(Producer producer, int level, long nowNanos) {
    if (producer.speakerSlot >= 0) {
      speaker.onLevel(producer.speakerSlot, level, nowNanos);
    }
  }

  void onTick(long nowNanos) {
    if (nowNanos < speaker.deadlineNanos()) {
      return;
    }
    var slot = speaker.decide(nowNanos);
    if (slot != activeSlot) {
      activeSlot = slot;
      var producer = slot == ActiveSpeaker.NOBODY ? null : speakers[slot];
      tell(
          ControlEvent.newBuilder()
              .setActiveSpeaker(
                  crypho.wire.router.v1.ActiveSpeaker.newBuilder()
                      .setProducerId(producer == null ? "" : producer.id))
              .build());
    }
  }
}
