package crypho.rtc.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.Packets;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.SeqNo;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// A sender with layers, a network that loses and reorders, and a consumer that changes its mind.
final class LayerSwitcherTest {
  private static final long FRAME_NANOS = 33_333_333L;
  private static final int TICKS = 3_000;
  private static final int[] PATTERN = {0, 2, 1, 2};

  /// One packet as the sender made it.
  record Sent(
      int source, long sequence, int frame, int temporal, boolean key, boolean start, Bytes data) {}

  /// One packet as it came out.
  record Out(Sent packet, int verdict, int timestamp, boolean marker, int pictureId, int tl0) {}

  /// VP8 simulcast with three temporal layers in each of three streams; streams do not agree in
  /// sequence numbers, timestamps, picture ids.
  private static final class Sender {
    final Gen gen;
    final long[] sequence = new long[3];
    final int[] pictureId = new int[3];
    final int[] tl0 = new int[3];
    final int[] timestampBase = new int[3];
    final boolean[] keyWanted = {true, true, true};
    final int[] sinceKey = new int[3];

    Sender(Gen gen) {
      this.gen = gen;
      for (var i = 0; i < 3; i++) {
        sequence[i] = SeqNo.START + gen.below(65_536);
        pictureId[i] = gen.below(32_768);
        tl0[i] = gen.below(256);
        timestampBase[i] = (int) gen.anyLong();
      }
    }

    List<Sent> frame(int source, int number) {
      if (keyWanted[source]) {
        sinceKey[source] = 0;
        keyWanted[source] = false;
      }
      var key = sinceKey[source] == 0;
      var temporal = PATTERN[sinceKey[source] % 4];
      var sync = sinceKey[source] % 8 == 1 || sinceKey[source] % 8 == 2;
      sinceKey[source]++;
      pictureId[source] = (pictureId[source] + 1) & 0x7fff;
      tl0[source] = temporal == 0 ? (tl0[source] + 1) & 0xff : tl0[source];
      var packets = new ArrayList<Sent>();
      var count = gen.intBetween(1, 4);
      for (var i = 0; i < count; i++) {
        var payload =
            Packets.hex(
                "%02xe0%04x%02x%02x%02x"
                    .formatted(
                        i == 0 ? 0x90 : 0x80,
                        0x8000 | pictureId[source],
                        tl0[source],
                        temporal << 6 | (sync ? 0x20 : 0),
                        key ? 0 : 1));
        sequence[source]++;
        packets.add(
            new Sent(
                source,
                sequence[source],
                number,
                temporal,
                key,
                i == 0,
                Bytes.wrap(
                    Packets.rtp(
                        96,
                        i == count - 1,
                        SeqNo.wire16(sequence[source]),
                        timestampBase[source] + number * TICKS,
                        source,
                        List.of(),
                        payload))));
      }
      return packets;
    }
  }

  private final RtpHeader header = new RtpHeader();
  private final FrameInfo frame = new FrameInfo();
  private final FrameReader[] readers = {
    new FrameReader(Codec.VP8, ExtensionIds.NONE, false),
    new FrameReader(Codec.VP8, ExtensionIds.NONE, false),
    new FrameReader(Codec.VP8, ExtensionIds.NONE, false)
  };
  private final StreamClock[] clocks = {
    new StreamClock(90_000), new StreamClock(90_000), new StreamClock(90_000)
  };

  /// The last packet of each outgoing number.
  private final TreeMap<Long, Out> out = new TreeMap<>();

  private int offer(LayerSwitcher switcher, Sent packet, long now) {
    var data = packet.data().toArray();
    assertEquals(RtpHeader.OK, header.read(data, 0, data.length));
    readers[packet.source()].read(header, data, frame);
    var verdict = switcher.onPacket(packet.source(), header, packet.sequence(), frame, now);
    if (verdict != LayerSwitcher.DROP) {
      var outgoing = switcher.outgoing();
      outgoing.applyTo(data, header.payloadOffset());
      var at = header.payloadOffset();
      var written = (data[at + 2] & 0x7f) << 8 | (data[at + 3] & 0xff);
      var before =
          out.put(
              outgoing.extendedSequence(),
              new Out(
                  packet,
                  verdict,
                  outgoing.timestamp(),
                  outgoing.marker(),
                  written,
                  data[at + 4] & 0xff));
      assertEquals(null, before, "one number twice");
    }
    return verdict;
  }

  /// What the network does: each packet is lost, late by up to a few, or on time.
  private static List<Sent> network(Gen gen, List<Sent> sent, double loss, int reorder) {
    var keyed = new TreeMap<Long, Sent>();
    var n = 0L;
    for (var packet : sent) {
      n += 16;
      if (!gen.chance(loss)) {
        keyed.put(n + (gen.chance(0.1) && reorder > 0 ? 16L * gen.below(reorder) + 8 : 0), packet);
      }
    }
    return List.copyOf(keyed.values());
  }

  @Seeded
  void theOutputIsContinuousWhateverTheLayersDo(Gen gen) {
    var isLossy = gen.chance(0.7);
    var sender = new Sender(gen.split());
    var network = gen.split();
    var switcher =
        new LayerSwitcher(LayerSwitcher.Mode.SIMULCAST, clocks, gen.below(65_536), 1_024);
    switcher.target(gen.below(3), gen.below(3));
    var lost = new ArrayList<Sent>();
    for (var number = 0; number < 20 + gen.size() * 2; number++) {
      var now = number * FRAME_NANOS;
      if (gen.chance(0.08)) {
        switcher.target(gen.below(3), gen.below(3));
      }
      var wanted = switcher.keyFrameSource();
      if (wanted >= 0 && gen.chance(0.3)) {
        sender.keyWanted[wanted] = true;
      }
      var sent = new ArrayList<Sent>();
      for (var source = 0; source < 3; source++) {
        sent.addAll(sender.frame(source, number));
        if (number == 3) {
          clocks[source].onSenderReport(
              SeqNo.START << 20, sender.timestampBase[source] + number * TICKS, now);
        }
      }
      var arriving = isLossy ? network(network, sent, 0.05, 6) : sent;
      for (var packet : sent) {
        if (!arriving.contains(packet)) {
          lost.add(packet);
        }
      }
      for (var packet : arriving) {
        offer(switcher, packet, now);
      }
      if (gen.chance(0.3)) {
        for (var packet : lost) {
          if (gen.chance(0.5)) {
            offer(switcher, packet, now); // came by retransmission
          }
        }
        lost.clear();
      }
    }
    check(isLossy);
  }

  private void check(boolean isLossy) {
    assertFalse(out.isEmpty());
    assertTrue(out.firstEntry().getValue().packet().key());
    Out before = null;
    var sequenceBefore = 0L;
    for (var entry : out.entrySet()) {
      var now = entry.getValue();
      if (before != null) {
        var gap = entry.getKey() - sequenceBefore;
        if (!isLossy) {
          assertEquals(1, gap, "a gap without loss");
        }
        var isSwitch = before.packet().source() != now.packet().source();
        if (isSwitch) {
          assertTrue(now.packet().key() && now.packet().start(), "a switch off a key frame");
        } else {
          var lostThere = now.packet().sequence() - before.packet().sequence();
          assertTrue(gap <= lostThere, "more missing than was lost");
        }
        follows(before, now, gap == 1, isSwitch);
      }
      before = now;
      sequenceBefore = entry.getKey();
    }
  }

  private static void follows(Out before, Out now, boolean isNext, boolean isSwitch) {
    if (before.verdict() == LayerSwitcher.FILL || now.verdict() == LayerSwitcher.FILL) {
      return;
    }
    var sameFrame = !isSwitch && before.packet().frame() == now.packet().frame();
    var step = now.timestamp() - before.timestamp();
    assertTrue(sameFrame ? step == 0 : step > 0, "timestamps go on: " + step);
    var pictures = (now.pictureId() - before.pictureId()) << 17 >> 17;
    if (sameFrame) {
      assertEquals(0, pictures);
    } else if (isNext) {
      assertEquals(1, pictures, "picture ids without gap");
    } else {
      assertTrue(pictures >= 1, "picture ids go on");
    }
    var tl0 = (byte) (now.tl0() - before.tl0());
    if (isNext && !sameFrame) {
      assertEquals(now.packet().temporal() == 0 ? 1 : 0, tl0, "TL0PICIDX counts base layers");
    }
  }

  @Test
  void withSenderReportsALayerTakesUpTheSamePictureTime() {
    var sender = new Sender(new Gen(5, 1));
    var switcher = new LayerSwitcher(LayerSwitcher.Mode.SIMULCAST, clocks, 1, 64);
    for (var source = 0; source < 3; source++) {
      clocks[source].onSenderReport(1L << 40, sender.timestampBase[source], 0);
    }
    switcher.target(0, 2);
    for (var number = 0; number < 10; number++) {
      if (number == 5) {
        switcher.target(2, 2);
        assertEquals(2, switcher.keyFrameSource());
        sender.keyWanted[2] = true;
      }
      for (var source = 0; source < 3; source++) {
        for (var packet : sender.frame(source, number)) {
          offer(switcher, packet, number * FRAME_NANOS);
        }
      }
    }
    assertEquals(LayerSwitcher.NO_SOURCE, switcher.keyFrameSource());
    assertEquals(2, switcher.currentSpatialLayer());
    // In frame 5 the low layer was there first: one millisecond later, then exact again.
    var seen = new TreeMap<Integer, Integer>();
    out.values()
        .forEach(o -> seen.put(o.timestamp() - sender.timestampBase[0], o.packet().source()));
    assertEquals(
        List.of(0, 3_000, 6_000, 9_000, 12_000, 15_000, 15_090, 18_090, 21_090, 24_090, 27_090),
        List.copyOf(seen.keySet()));
  }

  @Test
  void whatWasSentIsRecalledOnceARoundTrip() {
    var sender = new Sender(new Gen(5, 1));
    var switcher = new LayerSwitcher(LayerSwitcher.Mode.SIMULCAST, clocks, 65_535, 64);
    switcher.target(0, 2);
    var packet = sender.frame(0, 0).getFirst();
    assertFalse(switcher.recall(65_535, 0, 0));
    assertEquals(LayerSwitcher.FORWARD, offer(switcher, packet, 0));
    assertTrue(switcher.recall(65_535, 10, 100));
    assertEquals(packet.sequence(), switcher.outgoing().sourceSequence());
    assertEquals(0, switcher.outgoing().source());
    assertEquals(out.firstEntry().getValue().pictureId(), switcher.outgoing().pictureId());
    assertEquals(out.firstEntry().getValue().tl0(), switcher.outgoing().tl0PictureIndex());
    assertFalse(switcher.recall(65_535, 50, 100));
    assertTrue(switcher.recall(65_535, 110, 100));
    assertFalse(switcher.recall(0, 110, 100));
  }

  @Test
  void nothingComesWhilePausedAndAKeyFrameComesFirstAfterwards() {
    var sender = new Sender(new Gen(7, 1));
    var switcher = new LayerSwitcher(LayerSwitcher.Mode.SIMULCAST, clocks, 9, 64);
    for (var number = 0; number < 30; number++) {
      switch (number) {
        case 0, 10 -> {
          switcher.target(0, 2);
          assertEquals(0, switcher.keyFrameSource());
        }
        case 5 -> switcher.pause();
        case 20 -> sender.keyWanted[0] = true;
        default -> {}
      }
      for (var packet : sender.frame(0, number)) {
        var verdict = offer(switcher, packet, number * FRAME_NANOS);
        assertEquals(
            number < 5 || number >= 20 ? LayerSwitcher.FORWARD : LayerSwitcher.DROP, verdict);
      }
    }
    check(false);
  }

  @Test
  void audioPassesWithoutKeyFramesAndWithoutGapsOverAPause() {
    var switcher =
        new LayerSwitcher(
            LayerSwitcher.Mode.AUDIO, new StreamClock[] {new StreamClock(48_000)}, 100, 64);
    var reader = new FrameReader(Codec.OPUS, ExtensionIds.NONE, false);
    var forwarded = new ArrayList<Integer>();
    switcher.target(0, 0);
    for (var i = 0; i < 20; i++) {
      if (i == 5) {
        switcher.pause();
      } else if (i == 10) {
        switcher.target(0, 0);
      }
      var data = Packets.rtp(111, false, 500 + i, 960 * i, 7, List.of(), new byte[] {1});
      assertEquals(RtpHeader.OK, header.read(data, 0, data.length));
      reader.read(header, data, frame);
      if (switcher.onPacket(0, header, SeqNo.START + 500 + i, frame, i * 20_000_000L)
          == LayerSwitcher.FORWARD) {
        forwarded.add(switcher.outgoing().sequenceNumber());
        assertEquals(960 * i, switcher.outgoing().timestamp());
      }
    }
    assertEquals(15, forwarded.size());
    assertEquals(100, forwarded.getFirst());
    assertEquals(114, forwarded.getLast());
    assertEquals(LayerSwitcher.NO_SOURCE, switcher.keyFrameSource());
  }
}
