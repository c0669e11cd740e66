package crypho.mls;

import crypho.base.Bytes;

/// A list of 16-bit registry codes as they stand on the wire, two bytes each.
public record CodeList(Bytes codes) {
  public boolean contains(int code) {
    for (var i = 0; i + 1 < codes.size(); i += 2) {
      if (at(i) == code) {
        return true;
      }
    }
    return false;
  }

  /// Whether every code of `this` is also in `other`.
  public boolean isWithin(CodeList other) {
    for (var i = 0; i + 1 < codes.size(); i += 2) {
      if (!other.contains(at(i))) {
        return false;
      }
    }
    return true;
  }

  private int at(int offset) {
    return (codes.at(offset) & 0xff) << 8 | (codes.at(offset + 1) & 0xff);
  }
}
