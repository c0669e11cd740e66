package crypho.server.http;

import crypho.base.Secret;
import io.vertx.core.http.HttpServerRequest;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The session token of a request and whether its origin may use it.
///
/// @param token 32 bytes, or null where there is none or it is not one
/// @param isFromCookie whether the browser added it by itself, so that the origin matters
record Credentials(@Nullable Secret token, boolean isFromCookie) {
  private static final int TOKEN_BYTES = 32;
  private static final String BEARER = "bearer ";

  static Credentials of(HttpServerRequest request, String cookieName) {
    var authorization = request.getHeader("Authorization");
    if (authorization != null) {
      var isBearer = authorization.toLowerCase(Locale.ROOT).startsWith(BEARER);
      return new Credentials(
          isBearer ? token(authorization.substring(BEARER.length())) : null, false);
    }
    var cookie = request.getCookie(cookieName);
    return cookie == null
        ? new Credentials(null, false)
        : new Credentials(token(cookie.getValue()), true);
  }

  static String encode(Secret token) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token.reveal());
  }

  private static @Nullable Secret token(String text) {
    try {
      var bytes = Base64.getUrlDecoder().decode(text.strip());
      return bytes.length == TOKEN_BYTES ? Secret.wrap(bytes) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /// Whether a page of another origin sent this. Browsers say so by Origin and Sec-Fetch-Site;
  /// other programs send neither and carry no cookies of their own.
  boolean isCrossOrigin(HttpServerRequest request, HttpConfig config) {
    var site = request.getHeader("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return true;
    }
    var origin = request.getHeader("Origin");
    if (origin != null) {
      return !origin.equals(origin(config)) && !origin.equals(ownOrigin(request));
    }
    return isFromCookie && site == null;
  }

  private static String origin(HttpConfig config) {
    var url = config.publicUrl();
    var port = url.getPort() < 0 ? "" : ":" + url.getPort();
    return url.getScheme() + "://" + url.getHost() + port;
  }

  private static String ownOrigin(HttpServerRequest request) {
    var authority = request.authority();
    return authority == null ? "" : request.scheme() + "://" + authority;
  }
}
