package crypho.server.http;

import io.vertx.core.http.HttpServerResponse;

/// Headers of every answer. The policy allows nothing but what the web client itself brings.
final class SecurityHeaders {
  static final String CONTENT_SECURITY_POLICY =
      String.join(
          "; ",
          "default-src 'none'",
          "script-src 'self' 'wasm-unsafe-eval'",
          "style-src 'self'",
          "connect-src 'self'",
          "img-src 'self' blob: data:",
          "font-src 'self'",
          "worker-src 'self'",
          "manifest-src 'self'",
          "media-src 'self' blob:",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
          "trusted-types crypho");

  private static final String PERMISSIONS_POLICY =
      "camera=(self), microphone=(self), display-capture=(self), geolocation=(self),"
          + " clipboard-write=(self), publickey-credentials-get=(self),"
          + " publickey-credentials-create=(self), browsing-topics=(), interest-cohort=(),"
          + " payment=(), usb=(), serial=(), midi=(), hid=()";

  /// Two years, as browsers' preload lists ask for.
  private static final String STRICT_TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains";

  private final boolean isSecure;

  SecurityHeaders(boolean isSecure) {
    this.isSecure = isSecure;
  }

  void putOn(HttpServerResponse response) {
    response
        .putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        .putHeader("Cross-Origin-Opener-Policy", "same-origin")
        .putHeader("Cross-Origin-Embedder-Policy", "require-corp")
        .putHeader("Cross-Origin-Resource-Policy", "same-origin")
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Permissions-Policy", PERMISSIONS_POLICY);
    if (isSecure) {
      response.putHeader("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY);
    }
  }
}
