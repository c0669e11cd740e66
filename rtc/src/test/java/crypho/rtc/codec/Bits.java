package crypho.rtc.codec;

import java.util.Arrays;

/// Writes bits for tests, from the highest down.
final class Bits {
  private byte[] data = new byte[512];
  private int at;

  Bits put(int count, int value) {
    for (var i = count - 1; i >= 0; i--) {
      if ((value >> i & 1) != 0) {
        data[at >> 3] |= (byte) (0x80 >> (at & 7));
      }
      at++;
    }
    return this;
  }

  /// `ns(values)` of the AV1 specification, by its definition.
  Bits nonSymmetric(int values, int value) {
    var width = 0;
    for (var x = values; x != 0; x >>= 1) {
      width++;
    }
    var shorter = (1 << width) - values;
    return value < shorter ? put(width - 1, value) : put(width, value + shorter);
  }

  byte[] toBytes() {
    return Arrays.copyOf(data, (at + 7) / 8);
  }
}
