package crypho.router.net;

import java.net.InetAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Finds what belongs to an address without allocating: open addressing, at most half full. Only
/// addresses that have proved themselves come in, so nobody can fill it with collisions. One owner
/// thread.
///
/// An address is its upper and lower 64 bits (IPv4: zero and the 32 bits) and a port.
public final class AddressTable<T> {
  private static final int CAPACITY_MIN = 64;
  private static final int IPV4_BYTES = 4;

  private long[] high = new long[CAPACITY_MIN];
  private long[] low = new long[CAPACITY_MIN];
  private int[] port = new int[CAPACITY_MIN];
  private @Nullable T[] values = newValues(CAPACITY_MIN);
  private int size;

  /// The upper 64 bits of an address.
  public static long high(InetAddress address) {
    var ip = address.getAddress();
    return ip.length == IPV4_BYTES ? 0 : word(ip, 0, Long.BYTES);
  }

  /// The lower 64 bits.
  public static long low(InetAddress address) {
    var ip = address.getAddress();
    return ip.length == IPV4_BYTES ? word(ip, 0, IPV4_BYTES) : word(ip, Long.BYTES, Long.BYTES);
  }

  private static long word(byte[] ip, int from, int count) {
    var out = 0L;
    for (var i = from; i < from + count; i++) {
      out = out << 8 | (ip[i] & 0xff);
    }
    return out;
  }

  public @Nullable T find(long high, long low, int port) {
    return values[slot(high, low, port)];
  }

  /// Adds or replaces.
  public void put(long high, long low, int port, T value) {
    if (2 * (size + 1) > values.length) {
      rehash(2 * values.length);
    }
    var slot = slot(high, low, port);
    size += values[slot] == null ? 1 : 0;
    set(slot, high, low, port, value);
  }

  public void remove(long high, long low, int port) {
    var slot = slot(high, low, port);
    if (values[slot] != null) {
      values[slot] = null;
      size--;
      rehash(values.length);
    }
  }

  public int size() {
    return size;
  }

  private int slot(long high, long low, int port) {
    var mask = values.length - 1;
    var slot = hash(high, low, port) & mask;
    while (values[slot] != null
        && (this.low[slot] != low || this.port[slot] != port || this.high[slot] != high)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int hash(long high, long low, int port) {
    var mixed = (high * 31 + low) * 65_537 + port;
    mixed *= 0x9e37_79b9_7f4a_7c15L;
    return (int) (mixed >>> 32);
  }

  private void set(int slot, long high, long low, int port, T value) {
    this.high[slot] = high;
    this.low[slot] = low;
    this.port[slot] = port;
    values[slot] = value;
  }

  private void rehash(int capacity) {
    var oldValues = values;
    var oldHigh = high;
    var oldLow = low;
    var oldPort = port;
    values = newValues(capacity);
    high = new long[capacity];
    low = new long[capacity];
    port = new int[capacity];
    for (var i = 0; i < oldValues.length; i++) {
      var value = oldValues[i];
      if (value != null) {
        set(slot(oldHigh[i], oldLow[i], oldPort[i]), oldHigh[i], oldLow[i], oldPort[i], value);
      }
    }
  }

  @SuppressWarnings("unchecked") // An array of a generic type can be made in no other way.
  private static <T> @Nullable T[] newValues(int capacity) {
    var values = (@Nullable T[]) new Object[capacity];
    Arrays.fill(values, null);
    return values;
  }
}
