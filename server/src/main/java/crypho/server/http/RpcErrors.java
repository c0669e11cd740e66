package crypho.server.http;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import crypho.wire.v1.ErrorInfo;
import crypho.wire.v1.ErrorReason;
import java.util.Base64;
import java.util.Locale;

/// Errors in the Connect unary convention: HTTP status and code by reason, a JSON body whatever the
/// content type of the call.
final class RpcErrors {
  private RpcErrors() {}

  static int status(ErrorReason reason) {
    return switch (reason) {
      case ERROR_REASON_MALFORMED, ERROR_REASON_INVALID -> 400;
      case ERROR_REASON_UNAUTHENTICATED -> 401;
      case ERROR_REASON_FORBIDDEN, ERROR_REASON_ORIGIN -> 403;
      case ERROR_REASON_NOT_FOUND -> 404;
      case ERROR_REASON_TOO_LARGE -> 413;
      case ERROR_REASON_RATE_LIMITED -> 429;
      case ERROR_REASON_UNAVAILABLE, ERROR_REASON_OVERLOADED -> 503;
      case ERROR_REASON_INTERNAL, ERROR_REASON_UNSPECIFIED, UNRECOGNIZED -> 500;
    };
  }

  private static String code(ErrorReason reason) {
    return switch (reason) {
      case ERROR_REASON_MALFORMED, ERROR_REASON_INVALID -> "invalid_argument";
      case ERROR_REASON_UNAUTHENTICATED -> "unauthenticated";
      case ERROR_REASON_FORBIDDEN, ERROR_REASON_ORIGIN -> "permission_denied";
      case ERROR_REASON_NOT_FOUND -> "not_found";
      case ERROR_REASON_TOO_LARGE, ERROR_REASON_RATE_LIMITED -> "resource_exhausted";
      case ERROR_REASON_UNAVAILABLE, ERROR_REASON_OVERLOADED -> "unavailable";
      case ERROR_REASON_INTERNAL, ERROR_REASON_UNSPECIFIED, UNRECOGNIZED -> "internal";
    };
  }

  /// The JSON body. Names, numbers and base64 only: nothing in it needs escaping but the field,
  /// which protobuf's printer escapes.
  static String body(ErrorInfo info) {
    var value = Base64.getEncoder().withoutPadding().encodeToString(info.toByteArray());
    var message = info.getReason().name().replace("ERROR_REASON_", "").toLowerCase(Locale.ROOT);
    try {
      var debug = JsonFormat.printer().omittingInsignificantWhitespace().print(info);
      return "{\"code\":\""
          + code(info.getReason())
          + "\",\"message\":\""
          + message
          + "\",\"details\":[{\"type\":\"crypho.v1.ErrorInfo\",\"value\":\""
          + value
          + "\",\"debug\":"
          + debug
          + "}]}";
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an ErrorInfo holds no Any", e);
    }
  }
}
