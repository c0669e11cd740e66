package crypho.client.crypto;

import java.util.Arrays;

/// One byte 0x80, then zero bytes up to the Padmé length (Nikitin et al., "Reducing Metadata
/// Leakage from Encrypted Files and Communication with PURBs", 2019): the length then tells at most
/// about log log of itself.
public final class Padding {
  private static final int LENGTH_MIN = 32;
  private static final byte MARK = (byte) 0x80;

  private Padding() {}

  public static byte[] pad(byte[] content) {
    var padded = Arrays.copyOf(content, paddedLength(content.length + 1));
    padded[content.length] = MARK;
    return padded;
  }

  public static byte[] unpad(byte[] padded, String what) throws OpenException {
    var end = padded.length - 1;
    while (end >= 0 && padded[end] == 0) {
      end--;
    }
    if (end < 0 || padded[end] != MARK) {
      throw new OpenException(what);
    }
    return Arrays.copyOf(padded, end);
  }

  static int paddedLength(int length) {
    if (length <= LENGTH_MIN) {
      return LENGTH_MIN;
    }
    var exponent = 31 - Integer.numberOfLeadingZeros(length);
    var mantissaBits = 32 - Integer.numberOfLeadingZeros(exponent);
    var mask = (1 << (exponent - mantissaBits)) - 1;
    return (length + mask) & ~mask;
  }
}
