package crypho.client.rpc;

import crypho.wire.v1.ErrorInfo;
import crypho.wire.v1.ErrorReason;
import java.time.Duration;

/// One of the errors that any call can meet (docs/protocol/rpc.md). What a method foresees is in
/// its response instead.
public final class RpcFailure extends Exception {
  private static final long serialVersionUID = 1;

  private final transient ErrorInfo info;
  private final int status;

  RpcFailure(int status, ErrorInfo info) {
    super("HTTP " + status + " " + info.getReason() + " " + info.getField());
    this.status = status;
    this.info = info;
  }

  public ErrorReason reason() {
    return info.getReason();
  }

  public int status() {
    return status;
  }

  /// The path of the field at fault; empty where there is none.
  public String field() {
    return info.getField();
  }

  public Duration retryAfter() {
    return Duration.ofMillis(info.getRetryAfterMs());
  }

  boolean isPassing() {
    return switch (info.getReason()) {
      case ERROR_REASON_UNAVAILABLE, ERROR_REASON_OVERLOADED -> true;
      default -> false;
    };
  }
}
