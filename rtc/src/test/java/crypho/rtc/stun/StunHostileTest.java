package crypho.rtc.stun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What is malformed, each way, and that what was written is read.
final class StunHostileTest {
  private static final String HEADER = "2112a442000000000000000000000000";

  private final StunReader reader = new StunReader(StunReader.types(Attribute.USERNAME));

  private int read(String hex) {
    var data = StunVectors.hex(hex);
    return reader.read(data, 0, data.length);
  }

  @Test
  void malformedMessagesAreToldApart() {
    assertEquals(StunReader.NOT_STUN, read(""));
    assertEquals(StunReader.NOT_STUN, read("00010000" + HEADER.substring(2)));
    assertEquals(StunReader.NOT_STUN, read("00010000" + "2112a443" + HEADER.substring(8)));
    assertEquals(StunReader.NOT_STUN, read("40010000" + HEADER));
    assertEquals(StunReader.BAD_LENGTH, read("00010004" + HEADER));
    assertEquals(StunReader.BAD_LENGTH, read("00010000" + HEADER + "00000000"));
    assertEquals(StunReader.BAD_LENGTH, read("00010001" + HEADER + "00"));
    assertEquals(StunReader.BAD_ATTRIBUTE, read("00010004" + HEADER + "00060001"));
    assertEquals(StunReader.BAD_ATTRIBUTE, read("00010004" + HEADER + "0006ffff"));
    assertEquals(StunReader.BAD_ATTRIBUTE, read("00010008" + HEADER + "0024000301020300"));
    assertEquals(StunReader.BAD_ATTRIBUTE, read("00010008" + HEADER + "0008000401020300"));
    assertEquals(StunReader.BAD_ATTRIBUTE, read("00010008" + HEADER + "0025000100000000"));
    assertEquals(
        StunReader.BAD_ATTRIBUTE, read("0001000c" + HEADER + "8028000401020304" + "80220000"));
    assertEquals(StunReader.TOO_MANY_ATTRIBUTES, read("00010104" + HEADER + "80220000".repeat(65)));
    assertEquals(StunReader.OK, read("00010100" + HEADER + "80220000".repeat(64)));
    assertEquals(StunReader.OK, read("00010000" + HEADER));
    assertFalse(reader.hasIntegrity());
    assertFalse(reader.hasValidFingerprint());
  }

  @Test
  void firstOfTwoCountsAndWhatFollowsIntegrityIsNotSeen() {
    var out = new byte[300];
    var key = StunVectors.shortTermKey();
    int length =
        new StunWriter()
            .begin(out, 0, 1, new byte[12], 0)
            .text(Attribute.USERNAME, "first")
            .text(Attribute.USERNAME, "second")
            .integrity(key)
            .flag(Attribute.USE_CANDIDATE)
            .text(Attribute.REALM, "late")
            .fingerprint()
            .length();
    assertEquals(StunReader.OK, reader.read(out, 0, length));
    assertEquals("first", reader.text(Attribute.USERNAME));
    assertFalse(reader.has(Attribute.USE_CANDIDATE));
    assertFalse(reader.has(Attribute.REALM));
    assertEquals(1, reader.unknownCount(), "integrity, which this reader was not told of");
    assertTrue(reader.verify(key));
    assertTrue(reader.hasValidFingerprint());
    int second = reader.next(Attribute.USERNAME, reader.next(Attribute.USERNAME, 0));
    assertEquals("second", new String(out, second, 6, StandardCharsets.UTF_8));
    assertEquals(-1, reader.next(Attribute.USERNAME, second));
    assertEquals(-1, reader.next(Attribute.REALM, 0));
  }

  @Test
  void addressesOfWrongLengthOrFamilyAreNone() {
    for (var value : List.of("00030050c0000201", "0002005000000001", "00010050c00002")) {
      var bytes = StunVectors.hex(value);
      var out = new byte[100];
      int length =
          new StunWriter()
              .begin(out, 0, 1, new byte[12], 0)
              .bytes(Attribute.XOR_MAPPED_ADDRESS, bytes)
              .length();
      assertEquals(StunReader.OK, reader.read(out, 0, length));
      assertNull(reader.xorAddressAt(reader.valueOffset(Attribute.XOR_MAPPED_ADDRESS)), value);
    }
  }

  @Test
  void messageThatDoesNotFitIsNotCut() {
    for (int room = 0; room < 60; room++) {
      var out = new byte[room];
      int length =
          new StunWriter()
              .begin(out, 0, 1, new byte[12], 0)
              .text(Attribute.USERNAME, "abcde")
              .integrity(StunVectors.shortTermKey())
              .fingerprint()
              .length();
      assertEquals(StunWriter.OVERFLOW, length, "room " + room);
    }
  }

  @Test
  void shorterSha256TagsAreTaken() {
    var out = new byte[100];
    var key = StunVectors.shortTermKey();
    int length = new StunWriter().begin(out, 0, 1, new byte[12], 0).integrity(key, true).length();
    assertEquals(StunReader.OK, reader.read(out, 0, length));
    assertTrue(reader.verify(key));
    out[length - 1] ^= 1;
    assertFalse(reader.verify(key));
    out[3] = 16;
    out[23] = 12;
    assertEquals(StunReader.BAD_ATTRIBUTE, reader.read(out, 0, 36));
  }

  @Seeded
  void writtenIsRead(Gen gen) {
    var out = new byte[2_000];
    int offset = gen.below(50);
    int method = gen.below(0x1000);
    int messageClass = gen.oneOf(List.of(Stun.REQUEST, Stun.INDICATION, Stun.SUCCESS, Stun.ERROR));
    var id = gen.bytes(12);
    var writer = new StunWriter().begin(out, offset, Stun.type(method, messageClass), id, 0);
    var values = new ArrayList<byte[]>();
    for (int i = gen.below(1 + gen.size() / 10); i > 0; i--) {
      values.add(gen.bytes(gen.below(100)));
      writer.bytes(Attribute.USERNAME, values.getLast());
    }
    var key = StunVectors.shortTermKey();
    boolean isSha256 = gen.chance(0.5);
    int length = writer.integrity(key, isSha256).fingerprint().length();
    assertEquals(StunReader.OK, reader.read(out, offset, length));
    assertEquals(method, reader.method());
    assertEquals(messageClass, reader.messageClass());
    assertTrue(reader.verify(key));
    assertTrue(reader.hasValidFingerprint());
    int at = 0;
    for (var value : values) {
      at = reader.next(Attribute.USERNAME, at);
      assertArrayEquals(value, Arrays.copyOfRange(out, at, at + value.length));
    }
    int changed = offset + gen.below(length);
    out[changed] ^= (byte) (1 + gen.below(255));
    assertFalse(
        reader.read(out, offset, length) == StunReader.OK
            && reader.verify(key)
            && reader.hasValidFingerprint());
  }

  @Test
  void packetsAreToldApartByTheirFirstBytes() {
    var packet = new byte[40];
    for (int first = 0; first < 256; first++) {
      packet[0] = (byte) first;
      packet[1] = 96;
      int expected =
          first >= 20 && first < 64
              ? Demux.DTLS
              : first >= 64 && first < 80
                  ? Demux.TURN_CHANNEL
                  : first >= 128 && first < 192 ? Demux.RTP : Demux.OTHER;
      assertEquals(expected, Demux.kind(packet, 0, packet.length), "first byte " + first);
    }
    packet[0] = (byte) 0x80;
    packet[1] = (byte) 200;
    assertEquals(Demux.RTCP, Demux.kind(packet, 0, 8));
    assertEquals(Demux.OTHER, Demux.kind(packet, 0, 7));
    assertEquals(Demux.OTHER, Demux.kind(packet, 0, 0));
    var stun = StunVectors.REQUEST;
    assertEquals(Demux.STUN, Demux.kind(stun, 0, stun.length));
    assertEquals(Demux.OTHER, Demux.kind(stun, 0, 19));
  }
}
