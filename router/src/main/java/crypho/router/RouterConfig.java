package crypho.router;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a process routes.
///
/// @param loops event loops, and with them UDP ports an address
/// @param addresses to listen on
/// @param announced how clients reach each of `addresses`, in the same order
/// @param firstPort of the first loop; 0 for any ports
/// @param tcp for clients on networks without UDP; null for none
public record RouterConfig(
    int loops,
    List<InetAddress> addresses,
    List<String> announced,
    int firstPort,
    @Nullable Tcp tcp,
    Limits limits) {

  /// ICE over TCP (RFC 6544). A browser opens a connection for each transport, and for each network
  /// that it is on, also where UDP works.
  ///
  /// @param firstPort of the first loop; 0: as with UDP
  /// @param connectionsMax over all loops
  /// @param perSourceMax of these, from one IPv4 address or IPv6 network of 64 bits
  public record Tcp(int firstPort, int connectionsMax, int perSourceMax) {
    public static final Tcp USUAL = new Tcp(0, 8_192, 256);
  }

  /// What a process takes.
  ///
  /// @param transportsMax at once; beyond, no more are taken
  /// @param packetsPerSecondMax forwarded by one loop, beyond which it takes no more transports
  /// @param cpuShareMax of one core that a loop may need, from 0 to 1; likewise
  /// @param roomTransportsPerLoop of one room; the next go to another loop, where there is one
  /// @param orphanSeconds how long a room outlives the one who controls it
  public record Limits(
      int transportsMax,
      long packetsPerSecondMax,
      double cpuShareMax,
      int roomTransportsPerLoop,
      int orphanSeconds) {
    public static final Limits USUAL = new Limits(10_000, 150_000, 0.85, 256, 60);

    public Limits withTransports(int most) {
      return new Limits(
          most, packetsPerSecondMax, cpuShareMax, roomTransportsPerLoop, orphanSeconds);
    }

    public Limits withPacketsPerSecond(long most) {
      return new Limits(transportsMax, most, cpuShareMax, roomTransportsPerLoop, orphanSeconds);
    }

    public Limits withCpuShare(double most) {
      return new Limits(
          transportsMax, packetsPerSecondMax, most, roomTransportsPerLoop, orphanSeconds);
    }

    public Limits withRoomTransportsPerLoop(int most) {
      return new Limits(transportsMax, packetsPerSecondMax, cpuShareMax, most, orphanSeconds);
    }

    public Limits withOrphanSeconds(int seconds) {
      return new Limits(
          transportsMax, packetsPerSecondMax, cpuShareMax, roomTransportsPerLoop, seconds);
    }
  }

  public RouterConfig {
    if (loops < 1 || addresses.isEmpty() || addresses.size() != announced.size()) {
      throw new IllegalArgumentException("a router needs a loop and an address as announced");
    }
    addresses = List.copyOf(addresses);
    announced = List.copyOf(announced);
  }
}
