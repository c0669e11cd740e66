package crypho.interop;

import java.util.HexFormat;

/// Bytes on the command's lines.
final class Hex {
  private Hex() {}

  static String of(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] bytes(String text) {
    return HexFormat.of().parseHex(text);
  }
}
