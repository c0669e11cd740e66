package crypho.server.rpc;

import crypho.wire.v1.ErrorInfo;
import crypho.wire.v1.ErrorReason;
import java.time.Duration;

/// Ends a call with one of the errors that any call may give. A method's own foreseen cases are
/// outcomes in its response, not this. Carries no personal datum, and no stack trace.
public final class RpcException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient ErrorInfo info;

  private RpcException(ErrorInfo info) {
    super(info.getReason().name() + " " + info.getField(), null, false, false);
    this.info = info;
  }

  public static RpcException of(ErrorReason reason) {
    return new RpcException(ErrorInfo.newBuilder().setReason(reason).build());
  }

  public static RpcException unauthenticated() {
    return of(ErrorReason.ERROR_REASON_UNAUTHENTICATED);
  }

  public static RpcException forbidden() {
    return of(ErrorReason.ERROR_REASON_FORBIDDEN);
  }

  public static RpcException notFound() {
    return of(ErrorReason.ERROR_REASON_NOT_FOUND);
  }

  /// A value of another form than the contract says; `field` is its path.
  public static RpcException malformed(String field) {
    return new RpcException(
        ErrorInfo.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_MALFORMED)
            .setField(field)
            .build());
  }

  /// A value outside its range; `field` is its path.
  public static RpcException invalid(String field) {
    return new RpcException(
        ErrorInfo.newBuilder().setReason(ErrorReason.ERROR_REASON_INVALID).setField(field).build());
  }

  public static RpcException tooLarge(String field, long limit) {
    return new RpcException(
        ErrorInfo.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_TOO_LARGE)
            .setField(field)
            .setLimit(limit)
            .build());
  }

  public static RpcException rateLimited(Duration retryAfter) {
    return new RpcException(
        ErrorInfo.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_RATE_LIMITED)
            .setRetryAfterMs(retryAfter.toMillis())
            .build());
  }

  public static RpcException unavailable(Duration retryAfter) {
    return new RpcException(
        ErrorInfo.newBuilder()
            .setReason(ErrorReason.ERROR_REASON_UNAVAILABLE)
            .setRetryAfterMs(retryAfter.toMillis())
            .build());
  }

  public ErrorInfo info() {
    return info;
  }
}
