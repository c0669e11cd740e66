package crypho.rtc.srtp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Network byte order in arrays.
final class BigEndian {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private BigEndian() {}

  static int getInt(byte[] source, int offset) {
    return (int) INT.get(source, offset);
  }

  static void putInt(byte[] target, int offset, int value) {
    INT.set(target, offset, value);
  }

  static int getShort(byte[] source, int offset) {
    return ((source[offset] & 0xff) << 8) | (source[offset + 1] & 0xff);
  }
}
