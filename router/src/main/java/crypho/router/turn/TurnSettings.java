package crypho.router.turn;

import crypho.base.Secret;
import crypho.rtc.turn.PeerPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an operator sets.
///
/// @param addresses to listen on and relay from: of each family the first relays
/// @param external as which `addresses` are known outside, in the same order
/// @param port for UDP and TCP; 0 for any
/// @param tls null: none
/// @param secrets of [crypho.rtc.turn.TurnCredentials], the current first
/// @param relayPorts from which relays get theirs
/// @param allowed networks that are relayed to though they are not public
/// @param media the router's own media ports, which clients may reach too
public record TurnSettings(
    List<InetAddress> addresses,
    List<InetAddress> external,
    int port,
    @Nullable Tls tls,
    String realm,
    List<Secret> secrets,
    PortRange relayPorts,
    List<PeerPolicy.Prefix> allowed,
    List<Announced> media,
    Limits limits) {
  /// @param port 0 for any
  /// @param certificate a file in PEM, with its chain
  /// @param key a file in PEM (PKCS 8)
  public record Tls(int port, Path certificate, Path key) {}

  /// One of our ports and as what it is known outside.
  public record Announced(InetSocketAddress local, InetAddress external) {}

  /// Ports, both ends included.
  public record PortRange(int first, int last) {
    /// RFC 8656 §7.2.
    public static final PortRange DYNAMIC = new PortRange(49_152, 65_535);

    public PortRange {
      if (first < 1_024 || last > 65_535 || last - first < 15) {
        throw new IllegalArgumentException("relays need 16 ports or more from 1024 to 65535");
      }
    }
  }

  /// @param allocationsMax at once, over all loops
  /// @param perUserMax allocations of one user; a browser makes one for each way to the server
  /// @param connectionsMax over TCP and TLS at once
  /// @param perSourceMax connections of one address
  public record Limits(int allocationsMax, int perUserMax, int connectionsMax, int perSourceMax) {
    public static final Limits DEFAULT = new Limits(4_000, 16, 4_000, 64);
  }

  public TurnSettings {
    addresses = List.copyOf(addresses);
    external = List.copyOf(external);
    secrets = List.copyOf(secrets);
    allowed = List.copyOf(allowed);
    media = List.copyOf(media);
    if (addresses.isEmpty() || addresses.size() != external.size()) {
      throw new IllegalArgumentException("TURN needs an address, and as what it is known outside");
    }
  }
}
