package crypho.mls;

import crypho.base.Bytes;
import java.util.Arrays;
import java.util.Collection;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Writes the presentation language of RFC 9420 §2.1 into a growing buffer. One owner thread.
final class Writer {
  private byte[] data = new byte[256];
  private int size;

  static Bytes bytes(Consumer<Writer> content) {
    var out = new Writer();
    content.accept(out);
    return out.toBytes();
  }

  Bytes toBytes() {
    return Bytes.wrap(toArray());
  }

  byte[] toArray() {
    return Arrays.copyOf(data, size);
  }

  Writer u8(int value) {
    grow(1);
    data[size++] = (byte) value;
    return this;
  }

  Writer u16(int value) {
    return u8(value >> 8).u8(value);
  }

  Writer u32(long value) {
    return u16((int) (value >> 16)).u16((int) value);
  }

  Writer u64(long value) {
    return u32(value >>> 32).u32(value);
  }

  Writer present(boolean value) {
    return u8(value ? 1 : 0);
  }

  /// A variable-length integer in its shortest form (RFC 9420 §2.1.2).
  Writer length(int value) {
    if (value < 1 << 6) {
      return u8(value);
    }
    return value < 1 << 14 ? u16(0x4000 | value) : u32(0x8000_0000L | value);
  }

  Writer opaque(Bytes value) {
    return length(value.size()).raw(value);
  }

  Writer raw(Bytes value) {
    grow(value.size());
    value.asBuffer().get(data, size, value.size());
    size += value.size();
    return this;
  }

  <T> Writer vector(Collection<T> elements, BiConsumer<Writer, T> element) {
    return nested(content -> {
      for (var each : elements) {
        element.accept(content, each);
      }
    });
  }

  /// A vector whose content is written by `fill`.
  Writer nested(Consumer<Writer> fill) {
    var content = new Writer();
    fill.accept(content);
    grow(content.size + 4);
    length(content.size);
    System.arraycopy(content.data, 0, data, size, content.size);
    size += content.size;
    return this;
  }

  private void grow(int bytes) {
    if (size + bytes > data.length) {
      data = Arrays.copyOf(data, Math.max(data.length * 2, size + bytes));
    }
  }
}
