package crypho.router;

import java.net.InetAddress;
import java.util.List;

/// How a process routes.
///
/// @param loops event loops, and with them UDP ports an address
/// @param addresses to listen on
/// @param announced how clients reach each of `addresses`, in the same order
/// @param firstPort of the first loop; 0 for any ports
/// @param transportsMax at once; beyond, no more are taken
/// @param packetsPerSecondMax forwarded by one loop, beyond which it takes no more transports
/// @param orphanSeconds how long a room outlives the one who controls it
public record RouterConfig(
    int loops,
    List<InetAddress> addresses,
    List<String> announced,
    int firstPort,
    int transportsMax,
    long packetsPerSecondMax,
    int orphanSeconds) {
  public static final int TRANSPORTS_MAX = 10_000;
  public static final long PACKETS_PER_SECOND_MAX = 150_000;
  public static final int ORPHAN_SECONDS = 60;

  public RouterConfig {
    if (loops < 1 || addresses.isEmpty() || addresses.size() != announced.size()) {
      throw new IllegalArgumentException("a router needs a loop and an address as announced");
    }
    addresses = List.copyOf(addresses);
    announced = List.copyOf(announced);
  }
}
