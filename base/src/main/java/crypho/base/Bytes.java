package crypho.base;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/// An immutable sequence of bytes, compared by content. Not for secrets: see [Secret].
///
/// Arrays are copied on the way in and out; [#wrap] takes over an array that nobody else keeps.
public final class Bytes implements Comparable<Bytes> {
  public static final Bytes EMPTY = new Bytes(new byte[0]);
  private static final int PRINTED_MAX = 8;

  private final byte[] value;

  private Bytes(byte[] value) {
    this.value = value;
  }

  public static Bytes copyOf(byte[] source) {
    return source.length == 0 ? EMPTY : new Bytes(source.clone());
  }

  public static Bytes copyOf(byte[] source, int from, int to) {
    return new Bytes(Arrays.copyOfRange(source, from, to));
  }

  /// Takes over `source` without a copy: the caller must not keep it.
  public static Bytes wrap(byte[] source) {
    return new Bytes(source);
  }

  /// @throws IllegalArgumentException where `hex` is not an even number of hexadecimal digits
  public static Bytes fromHex(String hex) {
    return new Bytes(HexFormat.of().parseHex(hex));
  }

  public int size() {
    return value.length;
  }

  public boolean isEmpty() {
    return value.length == 0;
  }

  public byte at(int index) {
    return value[index];
  }

  /// The bytes from `from` (inclusive) to `to` (exclusive).
  public Bytes slice(int from, int to) {
    return copyOf(value, from, to);
  }

  public byte[] toArray() {
    return value.clone();
  }

  /// A read-only view without a copy.
  public ByteBuffer asBuffer() {
    return ByteBuffer.wrap(value).asReadOnlyBuffer();
  }

  public String toHex() {
    return HexFormat.of().formatHex(value);
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(value, other.value);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(value, that.value);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(value);
  }

  /// At most the first eight bytes in hexadecimal, and the length.
  @Override
  public String toString() {
    var head = HexFormat.of().formatHex(value, 0, Math.min(PRINTED_MAX, value.length));
    return value.length <= PRINTED_MAX ? head : head + "…[" + value.length + "]";
  }
}
