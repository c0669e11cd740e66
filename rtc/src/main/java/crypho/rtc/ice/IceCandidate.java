package crypho.rtc.ice;

import java.util.ArrayList;
import java.util.List;

/// A host candidate as it is signalled, in the shape of mediasoup's `IceCandidate`: `protocol` is
/// `udp` or `tcp`, `type` is `host`, and those of TCP are `passive` (RFC 6544).
///
/// @param priority 32 bits, unsigned (RFC 8445 §5.1.2)
public record IceCandidate(
    String foundation, long priority, String address, int port, Protocol protocol) {
  public static final String TYPE = "host";
  public static final String TCP_TYPE = "passive";

  private static final int HOST_UDP_PREFERENCE = 126;

  /// Below every UDP type: TCP is for networks that have no UDP (RFC 6544 §4.2).
  private static final int HOST_TCP_PREFERENCE = 90;

  private static final int LOCAL_PREFERENCE_MAX = 65_535;

  /// RFC 6544 §4.2: the direction of a passive host candidate, in the upper three bits.
  private static final int PASSIVE_DIRECTION = 4;

  private static final int TCP_OTHER_PREFERENCE_MAX = 8_191;
  private static final int COMPONENT = 1;

  /// An address that the router listens on, as clients reach it.
  public record Listening(Protocol protocol, String address, int port) {}

  /// The candidates of these addresses, of which earlier are preferred among those of a protocol.
  public static List<IceCandidate> hosts(List<Listening> addresses) {
    var out = new ArrayList<IceCandidate>(addresses.size());
    for (int i = 0; i < addresses.size(); i++) {
      var listening = addresses.get(i);
      boolean isUdp = listening.protocol() == Protocol.UDP;
      var foundation = (isUdp ? "udp" : "tcp") + foundationIndex(addresses, i);
      long priority = isUdp ? udpPriority(i) : tcpPriority(i);
      out.add(
          new IceCandidate(
              foundation, priority, listening.address(), listening.port(), listening.protocol()));
    }
    return List.copyOf(out);
  }

  /// RFC 8445 §5.1.1.3: the same for candidates of one address and protocol.
  private static int foundationIndex(List<Listening> addresses, int index) {
    int first = 0;
    while (!addresses.get(first).address().equals(addresses.get(index).address())) {
      first++;
    }
    return first;
  }

  private static long udpPriority(int rank) {
    return priority(HOST_UDP_PREFERENCE, Math.max(0, LOCAL_PREFERENCE_MAX - rank));
  }

  private static long tcpPriority(int rank) {
    int other = Math.max(0, TCP_OTHER_PREFERENCE_MAX - rank);
    return priority(HOST_TCP_PREFERENCE, PASSIVE_DIRECTION << 13 | other);
  }

  private static long priority(int typePreference, int localPreference) {
    return (long) typePreference << 24 | (long) localPreference << 8 | (256 - COMPONENT);
  }
}
