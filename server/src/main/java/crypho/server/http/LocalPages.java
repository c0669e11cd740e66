package crypho.server.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.Set;

/// Keeps a page to this machine: the peer is a loopback address, and the Host header names this
/// machine too, so that a web page elsewhere cannot reach it through a name of its own.
public final class LocalPages {
  private static final Set<String> HOSTS = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

  private LocalPages() {}

  /// `page` for requests of this machine; others learn only that there is nothing.
  public static HttpFront.Page only(HttpFront.Page page) {
    return request -> {
      if (isLocal(request)) {
        page.handle(request);
      } else {
        request.response().setStatusCode(404).end();
      }
    };
  }

  private static boolean isLocal(HttpServerRequest request) {
    var authority = request.authority();
    return Peer.isLoopback(request)
        && request.getHeader("X-Forwarded-For") == null
        && authority != null
        && HOSTS.contains(authority.host());
  }
}
