package crypho.rtc.rtp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RtpHeaderTest {
  private final RtpHeader header = new RtpHeader();

  private int read(byte[] packet) {
    var shifted = new byte[packet.length + 5];
    System.arraycopy(packet, 0, shifted, 3, packet.length);
    return header.read(shifted, 3, packet.length);
  }

  @Test
  void fixedFieldsCsrcExtensionAndPaddingAreRead() {
    var packet =
        Packets.hex(
            "b2e0 fffe 01020304 89abcdef 11111111 22222222"
                + "bede0002 10aa 00 22bbccdd 00 cafe 000003");
    assertEquals(RtpHeader.OK, read(packet));
    assertTrue(header.marker());
    assertEquals(0x60, header.payloadType());
    assertEquals(0xfffe, header.sequenceNumber());
    assertEquals(0x01020304, header.timestamp());
    assertEquals(0x89abcdef, header.ssrc());
    assertEquals(2, header.csrcCount());
    assertEquals(32, header.headerLength());
    assertEquals(2, header.payloadLength());
    assertEquals(3, header.paddingLength());
    assertEquals(2, header.elementCount());
    assertEquals(3, header.elementLength(header.find(2)));
    assertEquals(-1, header.find(3));
    assertEquals(-1, header.find(ExtensionIds.NONE));
  }

  @Test
  void twoByteElementsMayBeEmptyAndLong() {
    var packet =
        Packets.hex(
            "9060 0001 00000001 00000002 10050006 0100 ff11" + "ab".repeat(17) + "00 00 00");
    assertEquals(RtpHeader.OK, read(packet));
    assertEquals(0, header.elementLength(header.find(1)));
    assertEquals(17, header.elementLength(header.find(255)));
  }

  @Test
  void oneByteIdFifteenAndZeroWithLengthEndTheExtension() {
    assertEquals(
        RtpHeader.OK,
        read(Packets.hex("9060 0001 00000001 00000002 bede0002 10aa f0bb 20cc 0000")));
    assertEquals(1, header.elementCount());
    assertEquals(
        RtpHeader.OK,
        read(Packets.hex("9060 0001 00000001 00000002 bede0002 10aa 01bb 20cc 0000")));
    assertEquals(1, header.elementCount());
  }

  @Test
  void malformedHeadersAreRefused() {
    var good = Packets.rtp(96, false, 1, 2, 3, List.of(new Packets.Element(1, "aa")), new byte[4]);
    for (var length = 0; length < 20; length++) {
      assertEquals(RtpHeader.TOO_SHORT, read(Arrays.copyOf(good, length)), "length " + length);
    }
    assertEquals(RtpHeader.OK, read(Arrays.copyOf(good, 20)));
    var version = good.clone();
    version[0] = 0x50;
    assertEquals(RtpHeader.BAD_VERSION, read(version));
    var overrun = good.clone();
    overrun[16] = 0x1f;
    assertEquals(RtpHeader.BAD_EXTENSION, read(overrun));
    for (var padding : new int[] {0, 5, 255}) {
      var padded = good.clone();
      padded[0] |= 0x20;
      padded[padded.length - 1] = (byte) padding;
      assertEquals(RtpHeader.BAD_PADDING, read(padded), "padding " + padding);
    }
    var noPayload = Arrays.copyOf(good, 20);
    noPayload[0] |= 0x20;
    assertEquals(RtpHeader.BAD_PADDING, read(noPayload));
    var many = Packets.hex("9060 0001 00000001 00000002 bede0011" + "10aa".repeat(33) + "0000");
    assertEquals(RtpHeader.TOO_MANY_EXTENSIONS, read(many));
    assertEquals(
        RtpHeader.BAD_EXTENSION,
        read(Packets.hex("9060 0001 00000001 00000002 10000001 00000001")));
  }

  @Test
  void datagramsAreSortedIntoRtpAndRtcp() {
    var rtp = Packets.rtp(96, true, 1, 2, 3, List.of(), new byte[0]);
    assertTrue(RtpPacket.isRtp(rtp, 0, rtp.length));
    assertFalse(RtpPacket.isRtcp(rtp, 0, rtp.length));
    var rtcp = Packets.hex("81c8 0006 00000001 00000001");
    assertFalse(RtpPacket.isRtp(rtcp, 0, rtcp.length));
    assertTrue(RtpPacket.isRtcp(rtcp, 0, rtcp.length));
    assertFalse(RtpPacket.isRtp(Packets.hex("1603 0000 00000000 00000000"), 0, 12));
    assertFalse(RtpPacket.isRtcp(rtcp, 0, 3));
  }

  private static final ExtensionIds FROM =
      new ExtensionIds(
          Map.of(
              ExtensionKind.MID, 1,
              ExtensionKind.RID, 2,
              ExtensionKind.AUDIO_LEVEL, 3,
              ExtensionKind.TRANSPORT_WIDE_CC, 4,
              ExtensionKind.DEPENDENCY_DESCRIPTOR, 5,
              ExtensionKind.COLOR_SPACE, 6));

  private byte[] rewritten(
      ExtensionIds to, boolean mixed, byte[] packet, int delta, boolean empty) {
    assertEquals(RtpHeader.OK, header.read(packet, 0, packet.length));
    var rewriter = new HeaderRewriter(FROM, to, mixed);
    rewriter.prepare(header, packet);
    var values = new OutgoingHeader(100, 0x01020304, new byte[] {'4', '2'});
    values.sequenceNumber = 0x1fffe;
    values.timestamp = 0x0a0b0c0d;
    values.marker = true;
    values.frameNumberDelta = delta;
    values.transportSequenceNumber = 0xabcd;
    values.absSendTime = 0x123456;
    var out = new byte[HeaderRewriter.HEADER_LENGTH_MAX + 7];
    var length = empty ? rewriter.writeEmpty(out, 7, values) : rewriter.write(out, 7, values);
    return Arrays.copyOfRange(out, 7, 7 + length);
  }

  private static byte[] packet(String descriptor) {
    return Packets.rtp(
        96,
        false,
        7,
        8,
        9,
        List.of(
            new Packets.Element(1, "30"),
            new Packets.Element(2, "6869"),
            new Packets.Element(3, "85"),
            new Packets.Element(4, "0001"),
            new Packets.Element(5, descriptor)),
        new byte[] {1, 2, 3});
  }

  @Test
  void extensionsAreRemappedReplacedAddedAndDropped() {
    var to =
        new ExtensionIds(
            Map.of(
                ExtensionKind.MID, 9,
                ExtensionKind.ABS_SEND_TIME, 2,
                ExtensionKind.TRANSPORT_WIDE_CC, 3,
                ExtensionKind.DEPENDENCY_DESCRIPTOR, 12));
    assertArrayEquals(
        Packets.hex(
            "90e4 fffe 0a0b0c0d 01020304 bede0004" + "31abcd 22123456 c2c10002 913432 0000"),
        rewritten(to, true, packet("c1ffff"), 3, false));
    assertArrayEquals(
        Packets.hex("b064 fffe 0a0b0c0d 01020304 bede0003" + "31abcd 22123456 913432 0000"),
        rewritten(to, true, packet("c1ffff"), 3, true));
  }

  @Test
  void longElementsTakeTheTwoByteFormOrStayBehind() {
    var to = new ExtensionIds(Map.of(ExtensionKind.MID, 1, ExtensionKind.DEPENDENCY_DESCRIPTOR, 2));
    var element = "c1ffff" + "77".repeat(14);
    var packet = Packets.hex("9060 0001 00000001 00000002 10000005 0511" + element + "00 ffff");
    assertArrayEquals(
        Packets.hex("90e4 fffe 0a0b0c0d 01020304 10000006 0211" + element + "01023432 00"),
        rewritten(to, true, packet, 0, false));
    assertArrayEquals(
        Packets.hex("90e4 fffe 0a0b0c0d 01020304 bede0001 11343200"),
        rewritten(to, false, packet, 0, false));
  }

  @Test
  void withoutExtensionsTheHeaderIsBareAndPaddingIsGone() {
    var packet = Packets.hex("a1600001 00000001 00000002 deadbeef 0a 01");
    assertArrayEquals(
        Packets.hex("81e4 fffe 0a0b0c0d 01020304 deadbeef"),
        rewritten(ExtensionIds.none(), true, packet, 0, false));
  }

  @Test
  void aRetransmissionCarriesTheOriginalThereAndBack() {
    var original = packet("c10001");
    assertEquals(RtpHeader.OK, header.read(original, 0, original.length));
    var rtx = Arrays.copyOf(original, original.length + Rtx.OSN_LENGTH);
    var payloadLength =
        Rtx.encapsulate(
            7,
            original,
            header.payloadOffset(),
            header.payloadLength(),
            rtx,
            header.headerLength());
    assertEquals(5, payloadLength);
    rtx[1] = 97;
    rtx[3] = 77;
    rtx[11] = 55;
    assertEquals(RtpHeader.OK, header.read(rtx, 0, rtx.length));
    assertEquals(7, Rtx.decapsulate(rtx, header, 96, 9));
    assertArrayEquals(original, Arrays.copyOfRange(rtx, 2, rtx.length));
    var probe = Packets.rtp(97, false, 1, 2, 3, List.of(), new byte[1]);
    assertEquals(RtpHeader.OK, header.read(probe, 0, probe.length));
    assertEquals(Rtx.EMPTY, Rtx.decapsulate(probe, header, 96, 9));
  }

  @Test
  void absSendTimeIsSecondsInSixEighteen() {
    assertEquals(0, OutgoingHeader.absSendTime(0));
    assertEquals(1 << 18, OutgoingHeader.absSendTime(1_000_000_000L));
    assertEquals(0x20000, OutgoingHeader.absSendTime(64_500_000_000L));
  }
}
