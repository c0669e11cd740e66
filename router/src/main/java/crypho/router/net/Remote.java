package crypho.router.net;

import java.net.Inet4Address;
import java.net.InetSocketAddress;

/// Somebody's UDP address in the forms that sending needs. Made once per path.
public final class Remote {
  private static final int SOCKADDR_IN_BYTES = 16;
  private static final int SOCKADDR_IN6_BYTES = 28;
  private static final byte AF_INET = 2;
  private static final byte AF_INET6 = 10;

  final InetSocketAddress address;

  /// A `struct sockaddr_in` or `sockaddr_in6` of a little-endian Linux.
  final byte[] sockaddr;

  public Remote(InetSocketAddress address) {
    this.address = address;
    this.sockaddr = sockaddr(address);
  }

  public InetSocketAddress address() {
    return address;
  }

  static byte[] sockaddr(InetSocketAddress address) {
    var ip = address.getAddress().getAddress();
    var isV4 = address.getAddress() instanceof Inet4Address;
    var out = new byte[isV4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES];
    out[0] = isV4 ? AF_INET : AF_INET6;
    out[2] = (byte) (address.getPort() >> 8);
    out[3] = (byte) address.getPort();
    System.arraycopy(ip, 0, out, isV4 ? 4 : 8, ip.length);
    return out;
  }
}
