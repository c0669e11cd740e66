package crypho.server.http;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// How the HTTP front listens and what it takes on.
///
/// @param hosts addresses to listen on
/// @param port 0 for one that the system chooses
/// @param publicUrl where people reach the server, without a path; decides origin and cookies
/// @param tls certificate and key, or null for plain HTTP
/// @param trustedProxies peers whose X-Forwarded-For is believed
/// @param web directory of the built web client, or null for none
/// @param limits see there
public record HttpConfig(
    List<String> hosts,
    int port,
    URI publicUrl,
    @Nullable Tls tls,
    Set<String> trustedProxies,
    @Nullable Path web,
    Limits limits) {

  /// PEM files; read again when they change.
  public record Tls(Path certificate, Path key) {}

  /// @param connectionsMax connections at once, sockets included
  /// @param socketsPerSessionMax WebSockets of one session at once
  /// @param callsAtOnceMax calls whose method runs at once; more are refused as OVERLOADED
  /// @param callMax time that a call may take
  /// @param rateFactor what all rate limits are multiplied by
  public record Limits(
      int connectionsMax,
      int socketsPerSessionMax,
      int callsAtOnceMax,
      Duration callMax,
      int rateFactor) {}

  public HttpConfig {
    hosts = List.copyOf(hosts);
    trustedProxies = Set.copyOf(trustedProxies);
  }

  /// Whether browsers reach us over TLS, ours or a proxy's.
  public boolean isSecure() {
    return "https".equals(publicUrl.getScheme());
  }
}
