package crypho.rtc.codec;

/// Reads bits from the highest down (AV1 RTP specification, A.4.1). Past the end it reads zeros and
/// remembers, so that one check at the end replaces one at each field.
final class BitReader {
  private byte[] data = new byte[0];
  private int at;
  private int end;

  void reset(byte[] data, int offset, int length) {
    this.data = data;
    at = offset * 8;
    end = (offset + length) * 8;
  }

  int bit() {
    if (at >= end) {
      at++;
      return 0;
    }
    var value = data[at >> 3] >> (7 - (at & 7)) & 1;
    at++;
    return value;
  }

  boolean flag() {
    return bit() == 1;
  }

  /// `f(count)`, up to 32 bits.
  int bits(int count) {
    var value = 0;
    for (var i = 0; i < count; i++) {
      value = value << 1 | bit();
    }
    return value;
  }

  /// `ns(values)`: a number below `values` in as few bits as possible.
  int nonSymmetric(int values) {
    var width = 32 - Integer.numberOfLeadingZeros(values);
    var shorter = (1 << width) - values;
    var value = bits(width - 1);
    return value < shorter ? value : (value << 1) - shorter + bit();
  }

  boolean isOverrun() {
    return at > end;
  }
}
