package crypho.rtc.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.Packets;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.SeqNo;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Layers within one stream: by dependency descriptor over payloads that cannot be read, and by the
/// VP9 payload descriptor.
final class SvcTest {
  private static final int DESCRIPTOR = 5;

  private final LayerSwitcher switcher =
      new LayerSwitcher(
          LayerSwitcher.Mode.SVC, new StreamClock[] {new StreamClock(90_000)}, 1_000, 64);
  private final RtpHeader header = new RtpHeader();
  private final FrameInfo frame = new FrameInfo();
  private final FrameReader encrypted = new FrameReader(Codec.OPAQUE_VIDEO, DESCRIPTOR, true);
  private final FrameReader vp9 = new FrameReader(Codec.VP9, ExtensionIds.NONE, false);
  private final List<Integer> numbers = new ArrayList<>();
  private int sequence = 65_530;

  /// Sends one frame of one packet; returns what became of it, with "m" where the marker is set.
  private String send(int timestamp, byte[] descriptor, boolean marker) {
    var hex = HexFormat.of().formatHex(descriptor);
    var block = "%02x%02x".formatted(DESCRIPTOR, descriptor.length) + hex;
    block += "00".repeat(-(block.length() / 2) & 3);
    var packet =
        Packets.hex(
            "90%02x%04x%08x000000071000%04x"
                    .formatted(
                        marker ? 0xe0 : 0x60, sequence & 0xffff, timestamp, block.length() / 8)
                + block
                + "deadbeef");
    return offer(encrypted, packet);
  }

  private String offer(FrameReader reader, byte[] packet) {
    assertEquals(RtpHeader.OK, header.read(packet, 0, packet.length));
    reader.read(header, packet, frame);
    var verdict = switcher.onPacket(0, header, SeqNo.START + sequence, frame, 0);
    sequence++;
    if (verdict == LayerSwitcher.DROP) {
      return "-";
    }
    assertEquals(LayerSwitcher.FORWARD, verdict);
    numbers.add(switcher.outgoing().sequenceNumber());
    return switcher.outgoing().marker() ? "m" : "f";
  }

  private void assertNoGap() {
    for (var i = 0; i < numbers.size(); i++) {
      assertEquals(1_000 + i, numbers.get(i));
    }
  }

  /// One picture of A.6.2 in two spatial layers; `low` and `high` are template indices.
  private String picture(int number, int low, int high) {
    var s = Structure.L2T1;
    var first =
        low == 0
            ? s.keyDescriptor(true, number * 2, -1)
            : s.shortDescriptor(true, true, low, number * 2);
    return send(number * 3_000, first, false)
        + send(number * 3_000, s.shortDescriptor(true, true, high, number * 2 + 1), true);
  }

  @Test
  void spatialLayersFollowTheSwitchIndications() {
    switcher.target(0, 0);
    assertEquals("--", picture(0, 1, 4), "nothing before a key frame");
    assertEquals(0, switcher.keyFrameSource());
    assertEquals("m-", picture(1, 0, 3));
    assertEquals("m-", picture(2, 1, 4));
    assertEquals(LayerSwitcher.NO_SOURCE, switcher.keyFrameSource());
    switcher.target(1, 0);
    assertEquals("m-", picture(3, 1, 4), "required is no switch");
    assertEquals(0, switcher.keyFrameSource());
    // Template 3 lets one switch to the high layer without a key frame: S for both targets.
    assertEquals("fm", picture(4, 2, 3));
    assertEquals(1, switcher.currentSpatialLayer());
    assertEquals("fm", picture(5, 1, 4));
    switcher.target(0, 0);
    assertEquals("m-", picture(6, 1, 4), "down at any frame that is a switch for the low target");
    switcher.target(1, 0);
    assertEquals("fm", picture(7, 0, 3), "a key frame always");
    assertNoGap();
  }

  @Test
  void aSwitchNeedsTheFramesThatItRefersTo() {
    switcher.target(0, 0);
    assertEquals("m-", picture(1, 0, 3));
    sequence += 2; // picture 2 is lost
    switcher.target(1, 0);
    assertEquals("m-", picture(3, 2, 3), "refers to a lost frame");
    assertEquals("fm", picture(4, 2, 3));
  }

  @Test
  void temporalLayersAreDroppedAndTakenUp() {
    var s = Structure.L1T3;
    switcher.target(0, 0);
    var out = new StringBuilder();
    var templates = new int[] {1, 3, 2, 4};
    for (var i = 0; i < 24; i++) {
      if (i == 10) {
        switcher.target(0, 7);
      } else if (i == 18) {
        switcher.target(0, 1);
      }
      var descriptor =
          i == 0
              ? s.keyDescriptor(true, 0, -1)
              : s.shortDescriptor(true, true, templates[i % 4], i);
      out.append(send(i * 3_000, descriptor, true));
    }
    // The middle layer's frame at 10 is a switch: it refers to nothing but the base layer.
    assertEquals("m---m---m-mmmmmmmm", out.substring(0, 18));
    // Down at the next switch indication for the lower target, which is the base frame at 20.
    assertEquals("mmm-m-", out.substring(18));
    assertNoGap();
  }

  @Test
  void aMissingStructureNeverStartsAConsumer() {
    switcher.target(1, 0);
    assertEquals("-", send(1, Structure.L2T1.shortDescriptor(true, true, 0, 1), true));
    assertEquals(1, encrypted.unreadable());
    assertFalse(frame.isReadable());
  }

  private String vp9(int timestamp, String payload, boolean marker) {
    return offer(
        vp9,
        Packets.rtp(98, marker, sequence & 0xffff, timestamp, 7, List.of(), Packets.hex(payload)));
  }

  /// A picture of three spatial layers, non-flexible; flags: I P L F B E.
  private String vp9Picture(int picture, int temporal, boolean isKey, boolean isUp) {
    var out = new StringBuilder();
    for (var layer = 0; layer < 3; layer++) {
      var tid = temporal << 5 | (isUp ? 0x10 : 0) | layer << 1 | (layer > 0 ? 1 : 0);
      out.append(
          vp9(
              picture * 3_000,
              "%02x%02x%02x%02xff".formatted(isKey ? 0xac : 0xec, picture, tid, picture),
              layer == 2));
    }
    return out.toString();
  }

  @Test
  void vp9LayersRiseAtKeyPicturesAndFallAtAny() {
    switcher.target(2, 0);
    assertEquals("---", vp9Picture(1, 0, false, false));
    assertEquals("ffm", vp9Picture(2, 0, true, false));
    assertEquals("---", vp9Picture(3, 1, false, true));
    switcher.target(1, 2);
    assertEquals("fm-", vp9Picture(4, 0, false, true));
    assertEquals("fm-", vp9Picture(5, 1, false, true), "after a switching up point");
    switcher.target(2, 2);
    assertEquals("fm-", vp9Picture(6, 0, false, false));
    assertEquals(0, switcher.keyFrameSource());
    assertEquals("ffm", vp9Picture(7, 0, true, false));
    assertEquals(LayerSwitcher.NO_SOURCE, switcher.keyFrameSource());
    assertTrue(switcher.currentSpatialLayer() == 2 && switcher.currentTemporalLayer() == 2);
    assertNoGap();
  }
}
