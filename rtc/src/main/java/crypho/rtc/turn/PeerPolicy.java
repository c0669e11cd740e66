package crypho.rtc.turn;

import java.net.InetAddress;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// To which addresses the server relays. Anything that is not an ordinary public address is refused
/// (RFC 6890 and its registries; RFC 8656 §21.2), and so are the server's own addresses: a relay
/// must not be a door into the network that it stands in.
///
/// The exceptions: `allowed` prefixes, which are configured, for clients and relays on one private
/// network; and those of our own ports that the driver names. Without the ports of our own relays
/// two clients that both can only relay through this server do not meet, and without those of a
/// video router beside it they do not reach that.
public final class PeerPolicy {
  /// An address prefix, as `10.0.0.0/8`.
  public record Prefix(InetAddress address, int bits) {
    /// @throws IllegalArgumentException where the address has fewer bits
    public Prefix {
      if (bits < 0 || bits > 8 * address.getAddress().length) {
        throw new IllegalArgumentException("a prefix has at most the bits of its address");
      }
    }
  }

  /// Our own addresses, and whether one of their ports may be reached: asked whenever a peer is
  /// named, so that the answer follows what is open.
  public record Own(List<InetAddress> addresses, IntPredicate isOpen) {
    public Own {
      addresses = List.copyOf(addresses);
    }
  }

  /// High half, low half and length of the prefixes that are never public. IPv4 is mapped.
  private static final long[][] SPECIAL = {
    v4(0, 0, 0, 0, 8), // this network
    v4(10, 0, 0, 0, 8), // private
    v4(100, 64, 0, 0, 10), // shared, carrier NAT
    v4(127, 0, 0, 0, 8), // loopback
    v4(169, 254, 0, 0, 16), // link local, cloud metadata
    v4(172, 16, 0, 0, 12), // private
    v4(192, 0, 0, 0, 24), // protocol assignments
    v4(192, 0, 2, 0, 24), // documentation
    v4(192, 88, 99, 0, 24), // 6to4 relays
    v4(192, 168, 0, 0, 16), // private
    v4(198, 18, 0, 0, 15), // benchmarks
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24), // documentation
    v4(224, 0, 0, 0, 4), // multicast
    v4(240, 0, 0, 0, 4), // reserved, broadcast
    {0x0064_ff9b_0000_0000L, 0, 32}, // translation to IPv4, both prefixes
    {0x0100_0000_0000_0000L, 0, 16}, // discard, dummy
    {0x2001_0000_0000_0000L, 0, 23}, // protocol assignments, Teredo
    {0x2001_0db8_0000_0000L, 0, 32}, // documentation
    {0x2002_0000_0000_0000L, 0, 16}, // 6to4
    {0x3fff_0000_0000_0000L, 0, 20}, // documentation
    {0x5f00_0000_0000_0000L, 0, 16}, // segment routing
    {0xfc00_0000_0000_0000L, 0, 7}, // unique local
    {0xfe80_0000_0000_0000L, 0, 10}, // link local
    {0xfec0_0000_0000_0000L, 0, 10}, // site local
    {0xff00_0000_0000_0000L, 0, 8}, // multicast
  };

  private final long[][] allowed;
  private final long[][] own;
  private final IntPredicate isOpen;

  public PeerPolicy(List<Prefix> allowed, Own own) {
    this.allowed = allowed.stream().map(PeerPolicy::row).toArray(long[][]::new);
    this.own =
        own.addresses().stream()
            .map(address -> new long[] {IpKey.high(address), IpKey.low(address), 128})
            .toArray(long[][]::new);
    this.isOpen = own.isOpen();
  }

  /// Whether a permission for the address may be given. For one of our own, each packet's port is
  /// looked at too: see [#allows(long, long, int)].
  boolean allows(long high, long low) {
    return find(own, high, low) != null || isPublicOrAllowed(high, low);
  }

  /// Whether a packet may go there.
  boolean allows(long high, long low, int port) {
    if (find(own, high, low) != null) {
      return isOpen.test(port);
    }
    return port > 0 && isPublicOrAllowed(high, low);
  }

  private boolean isPublicOrAllowed(long high, long low) {
    if (find(allowed, high, low) != null) {
      return true;
    }
    boolean isLowIpv6 = high >>> 56 == 0 && !IpKey.isIpv4(high, low) && !isTranslated(high);
    return !isLowIpv6 && find(SPECIAL, high, low) == null;
  }

  /// Judged by its own rows; all else below 0100:: is loopback, unspecified or an old form of IPv4.
  private static boolean isTranslated(long high) {
    return high >>> 32 == 0x0064_ff9bL;
  }

  private static long @Nullable [] find(long[][] rows, long high, long low) {
    for (var row : rows) {
      if (matches(row, high, low)) {
        return row;
      }
    }
    return null;
  }

  private static boolean matches(long[] row, long high, long low) {
    int bits = (int) row[2];
    if (bits <= 64) {
      return bits == 0 || (high ^ row[0]) >>> (64 - bits) == 0;
    }
    return high == row[0] && (low ^ row[1]) >>> (128 - bits) == 0;
  }

  private static long[] row(Prefix prefix) {
    int length = prefix.address().getAddress().length;
    int bits = length == 4 ? 96 + prefix.bits() : prefix.bits();
    return new long[] {IpKey.high(prefix.address()), IpKey.low(prefix.address()), bits};
  }

  private static long[] v4(int a, int b, int c, int d, int bits) {
    return new long[] {0, IpKey.lowOfIpv4(a << 24 | b << 16 | c << 8 | d), 96L + bits};
  }
}
