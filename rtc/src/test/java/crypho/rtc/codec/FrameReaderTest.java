package crypho.rtc.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.Packets;
import crypho.rtc.rtp.RtpHeader;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FrameReaderTest {
  private final FrameInfo frame = new FrameInfo();
  private final DependencyDescriptor descriptor = new DependencyDescriptor();

  private int read(byte[] bytes) {
    return descriptor.read(bytes, 0, bytes.length, frame);
  }

  private void tablesAreRead(Structure structure) {
    assertEquals(
        DependencyDescriptor.NO_STRUCTURE, read(structure.shortDescriptor(true, true, 1, 9)));
    assertFalse(frame.isReadable());
    assertEquals(DependencyDescriptor.OK, read(structure.keyDescriptor(false, 65_535, -1)));
    assertTrue(frame.isKeyFrame());
    for (var i = 0; i < structure.templates().size(); i++) {
      var template = structure.templates().get(i);
      assertEquals(
          DependencyDescriptor.OK, read(structure.shortDescriptor(i % 2 == 0, i % 3 == 0, i, i)));
      assertEquals(i % 2 == 0, frame.isStartOfFrame());
      assertEquals(i % 3 == 0, frame.isEndOfFrame());
      assertEquals(i, frame.frameId());
      assertEquals(template.s(), frame.spatialLayer());
      assertEquals(template.t(), frame.temporalLayer());
      assertEquals(structure.present(i), frame.decodeTargetsPresent);
      assertEquals(structure.switches(i), frame.decodeTargetsSwitch);
      assertEquals(
          template.fdiffs(),
          Arrays.stream(frame.dependencies, 0, frame.dependencyCount).boxed().toList());
      for (var chain = 0; chain < template.chains().size(); chain++) {
        assertEquals(template.chains().get(chain), descriptor.chainDistance(chain));
      }
    }
    assertEquals(
        DependencyDescriptor.NO_STRUCTURE,
        read(structure.shortDescriptor(true, true, structure.templates().size(), 9)));
  }

  @Test
  void theTablesOfTheSpecificationAreRead() {
    tablesAreRead(Structure.L1T3);
  }

  @Test
  void spatialTablesAreRead() {
    tablesAreRead(Structure.L2T1);
    assertEquals(1, Structure.L2T1.protectedBy().getFirst());
    var structure = descriptor.structure();
    assertNotNull(structure);
    assertEquals(1, structure.spatialLayerMax());
    assertEquals(0, structure.bestTarget(1, 0, 3));
    assertEquals(1, structure.bestTarget(0, 7, 3));
    assertEquals(1, structure.bestTarget(1, 0, 2));
    assertEquals(0, structure.bestTarget(0, 0, 1), "nothing smaller is active");
    assertEquals(-1, structure.bestTarget(1, 0, 0));
  }

  @Test
  void customFieldsAndActiveTargetsAreRead() {
    assertEquals(DependencyDescriptor.OK, read(Structure.L1T3.keyDescriptor(true, 1, 6)));
    assertEquals(6, descriptor.activeTargets());
    var bits = new Bits().put(1, 1).put(1, 0).put(6, 5 + 3).put(16, 77);
    bits.put(1, 0).put(1, 1).put(3, 7).put(3, 5);
    bits.put(2, 2).put(2, 1).put(2, 0);
    bits.put(2, 1).put(4, 14).put(2, 2).put(8, 200).put(2, 3).put(12, 4_000).put(2, 0);
    bits.put(8, 250);
    assertEquals(DependencyDescriptor.OK, read(bits.toBytes()));
    assertEquals(5, descriptor.activeTargets());
    assertEquals(3, frame.decodeTargetsPresent);
    assertEquals(1, frame.decodeTargetsSwitch);
    assertEquals(
        List.of(15, 201, 4_001),
        Arrays.stream(frame.dependencies, 0, frame.dependencyCount).boxed().toList());
    assertEquals(250, descriptor.chainDistance(0));
  }

  @Test
  void anUnchangedStructureKeepsItsObjectAndTheOneBeforeStaysForLatePackets() {
    read(Structure.L1T3.keyDescriptor(true, 1, -1));
    var first = descriptor.structure();
    read(Structure.L1T3.keyDescriptor(true, 9, -1));
    assertSame(first, descriptor.structure());
    read(Structure.L2T1.keyDescriptor(true, 20, -1));
    assertEquals(DependencyDescriptor.OK, read(Structure.L1T3.shortDescriptor(true, true, 4, 19)));
    assertSame(first, frame.structure);
  }

  @Test
  void truncatedAndExcessiveDescriptorsAreRefused() {
    var key = Structure.L2T1.keyDescriptor(true, 1, 3);
    for (var length = 0; length < key.length; length++) {
      if (length != 3) {
        assertEquals(
            DependencyDescriptor.MALFORMED, read(Arrays.copyOf(key, length)), "length " + length);
      }
    }
    assertEquals(null, descriptor.structure());
    var endless = new byte[200];
    endless[3] = (byte) 0x80;
    assertEquals(DependencyDescriptor.MALFORMED, read(endless), "templates without end");
  }

  @Test
  void resolutionsAreRead() {
    var bits = new Bits().put(2, 3).put(6, 0).put(16, 1).put(1, 1).put(4, 0);
    bits.put(6, 0).put(5, 0).put(2, 3).put(2, 2).put(1, 0).nonSymmetric(2, 0);
    bits.put(1, 1).put(16, 1279).put(16, 719);
    assertEquals(DependencyDescriptor.OK, read(bits.toBytes()));
    var structure = descriptor.structure();
    assertNotNull(structure);
    assertEquals(1280, structure.width(0));
    assertEquals(720, structure.height(0));
  }

  private final RtpHeader header = new RtpHeader();

  private void packet(FrameReader reader, int timestamp, String payload) {
    var packet = Packets.rtp(96, false, 1, timestamp, 3, List.of(), Packets.hex(payload));
    assertEquals(RtpHeader.OK, header.read(packet, 0, packet.length));
    reader.read(header, packet, frame);
  }

  private static FrameReader reader(Codec codec) {
    return new FrameReader(codec, ExtensionIds.NONE, false);
  }

  @Test
  void vp8DescriptorsAreRead() {
    var reader = reader(Codec.VP8);
    packet(reader, 1, "90 e0 8102 07 60 00");
    assertTrue(frame.isReadable() && frame.isKeyFrame() && frame.isStartOfFrame());
    assertEquals(0x102, frame.frameId());
    assertEquals(15, frame.frameIdBits);
    assertEquals(7, frame.tl0PictureIndex);
    assertEquals(2, frame.pictureIdOffset);
    assertEquals(4, frame.tl0PictureIndexOffset);
    assertEquals(1, frame.temporalLayer());
    assertTrue(frame.isTemporalSwitchPoint);
    packet(reader, 1, "80 80 7f 00");
    assertTrue(frame.isReadable());
    assertFalse(frame.isStartOfFrame() || frame.isKeyFrame());
    assertEquals(127, frame.frameId());
    packet(reader, 1, "10 01");
    assertTrue(frame.isStartOfFrame());
    assertFalse(frame.isKeyFrame());
    packet(reader, 1, "11 00");
    assertFalse(frame.isStartOfFrame() || frame.isKeyFrame(), "a later partition");
    for (var bad : List.of("90", "90 80", "90 80 81", "90 40", "90 20", "90 e0 8102 07 60", "10")) {
      packet(reader, 1, bad);
      assertFalse(frame.isReadable(), bad);
    }
    assertEquals(7, reader.unreadable());
  }

  @Test
  void vp9DescriptorsAreRead() {
    var reader = reader(Codec.VP9);
    packet(reader, 1, "ac 8005 31 09 00");
    assertTrue(frame.isReadable() && frame.isStartOfFrame() && frame.isEndOfFrame());
    assertTrue(frame.isTemporalSwitchPoint && frame.isSpatialSwitchPoint);
    assertEquals(0, frame.spatialLayer());
    assertEquals(1, frame.temporalLayer());
  }

  @Test
  void vp9LayersAndModesAreRead() {
    var reader = reader(Codec.VP9);
    packet(reader, 1, "a8 8005 00 09 ff");
    assertTrue(frame.isKeyFrame());
    assertEquals(9, frame.tl0PictureIndex);
    packet(reader, 1, "e8 05 34 09 ff");
    assertEquals(2, frame.spatialLayer());
    assertEquals(1, frame.temporalLayer());
    assertTrue(frame.isTemporalSwitchPoint);
    assertFalse(frame.isSpatialSwitchPoint || frame.isKeyFrame());
    packet(reader, 1, "f8 8005 22 03 05 02 ff");
    assertTrue(frame.isReadable());
    assertEquals(1, frame.spatialLayer());
    assertEquals(FrameInfo.ABSENT, frame.tl0PictureIndex);
    for (var bad :
        List.of(
            "80", "80 81", "a0 05 00", "f8 05 22 03 03 03 ff", "f8 05 22 03", "a8 05 0e 09 ff")) {
      packet(reader, 1, bad);
      assertFalse(frame.isReadable(), bad);
    }
  }

  @Test
  void h264BeginsWhereParameterSetsAre() {
    var reader = reader(Codec.H264);
    packet(reader, 10, "65 88");
    assertTrue(frame.isKeyFrame() && frame.isStartOfFrame(), "parameter sets out of band");
    packet(reader, 20, "78 0002 6742 0002 68ce");
    assertTrue(frame.isKeyFrame() && frame.isStartOfFrame());
    packet(reader, 20, "7c 85 88");
    assertFalse(frame.isStartOfFrame() || frame.isKeyFrame());
    packet(reader, 30, "7c 81 9a");
    assertTrue(frame.isStartOfFrame());
    assertFalse(frame.isKeyFrame());
    packet(reader, 30, "7c 41 9a");
    assertFalse(frame.isStartOfFrame());
    packet(reader, 40, "7c 87 42");
    assertTrue(frame.isKeyFrame());
    for (var bad : List.of("60 00", "65", "78 0009 6742", "78 0000 67", "78 00")) {
      packet(reader, 50, bad);
      assertFalse(frame.isReadable(), bad);
    }
  }

  @Test
  void av1SequencesBeginWhereTheAggregationHeaderSays() {
    var reader = reader(Codec.AV1);
    packet(reader, 10, "18 0a");
    assertTrue(frame.isKeyFrame() && frame.isStartOfFrame());
    packet(reader, 10, "90 0a");
    assertTrue(frame.isReadable());
    assertFalse(frame.isKeyFrame() || frame.isStartOfFrame());
    packet(reader, 20, "10 0a");
    assertTrue(frame.isStartOfFrame());
    packet(reader, 20, "88 0a");
    assertFalse(frame.isReadable());
  }

  @Test
  void anEncryptedPayloadIsNotReadAndItsKeyFramesAreAnnounced() {
    var reader = new FrameReader(Codec.VP8, 5, true);
    packet(reader, 10, "90 e0 8102 07 60 00");
    assertTrue(frame.isReadable() && frame.isStartOfFrame());
    assertFalse(frame.isKeyFrame());
    assertEquals(FrameInfo.ABSENT, frame.pictureIdOffset);
    reader.announceKeyFrame(30);
    packet(reader, 20, "00");
    assertFalse(frame.isKeyFrame());
    packet(reader, 30, "00");
    assertTrue(frame.isKeyFrame() && frame.isStartOfFrame());
    packet(reader, 30, "00");
    assertTrue(frame.isKeyFrame());
    assertFalse(frame.isStartOfFrame());
    packet(reader, 40, "00");
    assertFalse(frame.isKeyFrame());
  }

  @Test
  void theDescriptorIsPreferredToThePayload() {
    var reader = new FrameReader(Codec.VP8, 5, false);
    var key = Structure.L1T1.keyDescriptor(false, 3, -1);
    var element = new Packets.Element(5, HexFormat.of().formatHex(key));
    assertTrue(key.length <= 16);
    var packet = Packets.rtp(96, false, 1, 2, 3, List.of(element), Packets.hex("80 01"));
    assertEquals(RtpHeader.OK, header.read(packet, 0, packet.length));
    reader.read(header, packet, frame);
    assertTrue(frame.isKeyFrame() && frame.isStartOfFrame());
    assertEquals(16, frame.frameIdBits);
  }

  @Test
  void opusSilenceIsShort() {
    assertTrue(OpusPacket.isSilence(1));
    assertFalse(OpusPacket.isSilence(3));
  }
}
