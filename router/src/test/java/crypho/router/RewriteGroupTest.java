package crypho.router;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.ExtensionKind;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.rtp.RtpHeader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RewriteGroupTest {
  private static final int LENGTH = 80;

  /// As long as the structure of three spatial and three temporal layers.
  @Test
  void aDependencyStructureReachesConsumers() {
    var from = new ExtensionIds(Map.of(ExtensionKind.DEPENDENCY_DESCRIPTOR, 12));
    var to = new ExtensionIds(Map.of(ExtensionKind.DEPENDENCY_DESCRIPTOR, 8, ExtensionKind.MID, 1));
    var packet =
        ByteBuffer.allocate(12 + 4 + 84 + 1)
            .put((byte) 0x90)
            .put((byte) 96)
            .putShort((short) 1)
            .putLong(7)
            .putShort((short) 0x1000)
            .putShort((short) 21)
            .put((byte) 12)
            .put((byte) LENGTH);
    for (var i = 0; i < LENGTH; i++) {
      packet.put((byte) (i + 1));
    }
    var incoming = new Incoming();
    incoming.data = packet.array();
    var length = incoming.data.length;
    assertEquals(RtpHeader.OK, incoming.header.read(incoming.data, 0, length));
    var out = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
    var outgoing = new OutgoingHeader(101, 9, new byte[] {'3'});
    var written = new RewriteGroup(from, to).prepared(0, incoming).write(out, 0, outgoing);
    var header = new RtpHeader();
    assertEquals(RtpHeader.OK, header.read(out, 0, written));
    var element = header.find(8);
    assertTrue(element >= 0);
    var at = header.elementOffset(element);
    assertArrayEquals(
        Arrays.copyOfRange(incoming.data, 18, 18 + LENGTH),
        Arrays.copyOfRange(out, at, at + header.elementLength(element)));
  }
}
