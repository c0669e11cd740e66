package crypho.rtc.rtp;

import java.util.HexFormat;
import java.util.List;

/// Builds RTP packets for tests, independently of the code under test.
public final class Packets {
  private Packets() {}

  /// An element of a header extension.
  public record Element(int id, String hex) {}

  public static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits.replace(" ", ""));
  }

  /// A packet with a one-byte header extension, or none if there are no elements.
  public static byte[] rtp(
      int payloadType,
      boolean marker,
      int seq,
      int ts,
      int ssrc,
      List<Element> elements,
      byte[] payload) {
    var extension = new StringBuilder();
    for (var element : elements) {
      var length = element.hex().length() / 2;
      extension.append("%02x".formatted(element.id() << 4 | (length - 1))).append(element.hex());
    }
    while (extension.length() % 8 != 0) {
      extension.append("00");
    }
    var head =
        "%02x%02x%04x%08x%08x"
            .formatted(
                elements.isEmpty() ? 0x80 : 0x90,
                payloadType | (marker ? 0x80 : 0),
                seq & 0xffff,
                ts,
                ssrc);
    if (!elements.isEmpty()) {
      head += "bede%04x".formatted(extension.length() / 8) + extension;
    }
    var header = hex(head);
    var out = new byte[header.length + payload.length];
    System.arraycopy(header, 0, out, 0, header.length);
    System.arraycopy(payload, 0, out, header.length, payload.length);
    return out;
  }
}
