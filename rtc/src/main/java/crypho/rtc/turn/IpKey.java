package crypho.rtc.turn;

import java.net.InetAddress;

/// An IP address as two longs, so that hot paths look up without an object. IPv4 is in its mapped
/// form, `::ffff:a.b.c.d`.
public final class IpKey {
  private static final long MAPPED = 0xffff_0000_0000L;

  private IpKey() {}

  public static long high(InetAddress address) {
    var ip = address.getAddress();
    return ip.length == 4 ? 0 : long64(ip, 0);
  }

  public static long low(InetAddress address) {
    var ip = address.getAddress();
    return ip.length == 4 ? MAPPED | int32(ip, 0) : long64(ip, 8);
  }

  /// The low half of an IPv4 address as the kernel gives it; the high half is 0.
  public static long lowOfIpv4(int address) {
    return MAPPED | Integer.toUnsignedLong(address);
  }

  static boolean isIpv4(long high, long low) {
    return high == 0 && low >>> 32 == 0xffff;
  }

  static int hash(long high, long low, int port) {
    long mixed = (high * 31 + low) * 0x9e3779b97f4a7c15L + port;
    return (int) ((mixed * 0xbf58476d1ce4e5b9L) >>> 32);
  }

  private static long int32(byte[] ip, int at) {
    return (ip[at] & 0xffL) << 24
        | (ip[at + 1] & 0xffL) << 16
        | (ip[at + 2] & 0xffL) << 8
        | (ip[at + 3] & 0xffL);
  }

  private static long long64(byte[] ip, int at) {
    return int32(ip, at) << 32 | int32(ip, at + 4);
  }
}
