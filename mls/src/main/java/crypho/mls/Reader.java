package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.util.ArrayList;
import java.util.List;

/// Reads the presentation language of RFC 9420 §2.1 from a slice. Every claimed length is compared
/// with what remains and with a named limit before anything is allocated. One owner thread.
final class Reader {
  /// Reads one element of a vector.
  @FunctionalInterface
  interface Element<T> {
    T read(Reader in) throws DecodeException;
  }

  private final byte[] data;
  private final int end;
  private int at;

  Reader(byte[] data) {
    this(data, 0, data.length);
  }

  private Reader(byte[] data, int from, int end) {
    this.data = data;
    this.at = from;
    this.end = end;
  }

  /// @throws DecodeException where `input` is larger than `bytesMax`
  static Reader of(Bytes input, String where, int bytesMax) throws DecodeException {
    if (input.size() > bytesMax) {
      throw new DecodeException(where, 0, "larger than " + bytesMax + " bytes");
    }
    return new Reader(input.toArray());
  }

  int remaining() {
    return end - at;
  }

  int offset() {
    return at;
  }

  DecodeException fault(String where, String why) {
    return new DecodeException(where, at, why);
  }

  int u8(String where) throws DecodeException {
    need(1, where);
    return data[at++] & 0xff;
  }

  int u16(String where) throws DecodeException {
    need(2, where);
    var value = (data[at] & 0xff) << 8 | (data[at + 1] & 0xff);
    at += 2;
    return value;
  }

  long u32(String where) throws DecodeException {
    return (long) u16(where) << 16 | u16(where);
  }

  /// All 64 bits; compare with `Long.compareUnsigned`.
  long u64(String where) throws DecodeException {
    return u32(where) << 32 | u32(where);
  }

  /// The presence byte of `optional<T>`.
  boolean present(String where) throws DecodeException {
    return switch (u8(where)) {
      case 0 -> false;
      case 1 -> true;
      default -> throw fault(where, "presence is neither 0 nor 1");
    };
  }

  /// A variable-length integer in its shortest form (RFC 9420 §2.1.2).
  int length(String where) throws DecodeException {
    var first = u8(where);
    var prefix = first >> 6;
    if (prefix == 3) {
      throw fault(where, "invalid length prefix");
    }
    var bytes = 1 << prefix;
    need(bytes - 1, where);
    var value = first & 0x3f;
    for (var i = 1; i < bytes; i++) {
      value = value << 8 | (data[at++] & 0xff);
    }
    if (prefix > 0 && value < (prefix == 1 ? 1 << 6 : 1 << 14)) {
      throw fault(where, "length is not in its shortest form");
    }
    return value;
  }

  private int boundedLength(String where, int bytesMax) throws DecodeException {
    var length = length(where);
    if (length > remaining()) {
      throw fault(where, "claims " + length + " bytes, " + remaining() + " remain");
    }
    if (length > bytesMax) {
      throw fault(where, "larger than " + bytesMax + " bytes");
    }
    return length;
  }

  /// `opaque x<V>`.
  Bytes opaque(String where, int bytesMax) throws DecodeException {
    return take(boundedLength(where, bytesMax));
  }

  private Bytes take(int length) {
    var value = length == 0 ? Bytes.EMPTY : Bytes.copyOf(data, at, at + length);
    at += length;
    return value;
  }

  /// Exactly `length` bytes without a length prefix.
  Bytes fixed(String where, int length) throws DecodeException {
    need(length, where);
    return take(length);
  }

  /// A slice over the content of a vector, without a copy.
  Reader nested(String where, int bytesMax) throws DecodeException {
    var length = boundedLength(where, bytesMax);
    at += length;
    return new Reader(data, at - length, at);
  }

  /// `T x<V>` with at most `countMax` elements.
  <T> List<T> vector(String where, int countMax, Element<T> element) throws DecodeException {
    var in = nested(where, remaining());
    var out = new ArrayList<T>();
    while (in.remaining() > 0) {
      if (out.size() == countMax) {
        throw in.fault(where, "more than " + countMax + " elements");
      }
      out.add(element.read(in));
    }
    return List.copyOf(out);
  }

  /// Refuses trailing bytes.
  void finish(String where) throws DecodeException {
    if (at != end) {
      throw fault(where, remaining() + " trailing bytes");
    }
  }

  private void need(int bytes, String where) throws DecodeException {
    if (remaining() < bytes) {
      throw fault(where, "ends early");
    }
  }
}
