package crypho.server.http;

import crypho.base.Personal;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/// Who is at the other end of a request: its network address, told from the connection or, where
/// the connection comes from a configured proxy, from its X-Forwarded-For.
///
/// @param address as text
/// @param limitKey what limits count by: the address, or the /64 network of an IPv6 one
record Peer(Personal address, String limitKey) {
  private static final int IPV6_BYTES = 16;
  private static final int NETWORK_BYTES = 8;

  static Peer of(HttpServerRequest request, HttpConfig config) {
    var remote = request.remoteAddress();
    var text = remote == null || remote.hostAddress() == null ? "unknown" : remote.hostAddress();
    if (config.trustedProxies().contains(text)) {
      var forwarded = request.getHeader("X-Forwarded-For");
      if (forwarded != null) {
        // The last entry is the one that our own proxy wrote.
        var last = forwarded.substring(forwarded.lastIndexOf(',') + 1).strip();
        if (isLiteral(last)) {
          text = last;
        }
      }
    }
    return new Peer(Personal.address(text), limitKey(text));
  }

  static boolean isLoopback(HttpServerRequest request) {
    var remote = request.remoteAddress();
    if (remote == null || remote.hostAddress() == null) {
      return false;
    }
    try {
      return InetAddress.ofLiteral(remote.hostAddress()).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isLiteral(String text) {
    try {
      return !InetAddress.ofLiteral(text).isAnyLocalAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String limitKey(String text) {
    try {
      var bytes = InetAddress.ofLiteral(text).getAddress();
      if (bytes.length == IPV6_BYTES) {
        Arrays.fill(bytes, NETWORK_BYTES, IPV6_BYTES, (byte) 0);
        return InetAddress.getByAddress(bytes).getHostAddress();
      }
      return text;
    } catch (IllegalArgumentException | UnknownHostException e) {
      return text;
    }
  }
}
