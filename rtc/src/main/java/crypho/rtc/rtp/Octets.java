package crypho.rtc.rtp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Numbers in network byte order at a place in an array. The caller has checked the bounds; a
/// mistake ends in an `IndexOutOfBoundsException`, never in foreign memory.
public final class Octets {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Octets() {}

  /// 0 to 255.
  public static int u8(byte[] data, int at) {
    return data[at] & 0xff;
  }

  /// 0 to 65,535.
  public static int u16(byte[] data, int at) {
    return (short) SHORT.get(data, at) & 0xffff;
  }

  /// 0 to 2^24 - 1.
  public static int u24(byte[] data, int at) {
    return (data[at] & 0xff) << 16 | (data[at + 1] & 0xff) << 8 | (data[at + 2] & 0xff);
  }

  /// 32 bits as they are.
  public static int i32(byte[] data, int at) {
    return (int) INT.get(data, at);
  }

  /// 0 to 2^32 - 1.
  public static long u32(byte[] data, int at) {
    return (int) INT.get(data, at) & 0xffff_ffffL;
  }

  /// 64 bits as they are.
  public static long i64(byte[] data, int at) {
    return (long) LONG.get(data, at);
  }

  /// The low 16 bits of `value`.
  public static void put16(byte[] data, int at, int value) {
    SHORT.set(data, at, (short) value);
  }

  /// The low 24 bits of `value`.
  public static void put24(byte[] data, int at, int value) {
    data[at] = (byte) (value >> 16);
    data[at + 1] = (byte) (value >> 8);
    data[at + 2] = (byte) value;
  }

  /// All 32 bits.
  public static void put32(byte[] data, int at, int value) {
    INT.set(data, at, value);
  }

  /// All 64 bits.
  public static void put64(byte[] data, int at, long value) {
    LONG.set(data, at, value);
  }
}
