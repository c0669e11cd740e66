package crypho.router;

import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.Done;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Replies that many requests share, and how a request is carried out on a loop.
final class Replies {
  private static final Logger LOG = LoggerFactory.getLogger(RouterService.class);

  private Replies() {}

  static CompletableFuture<ControlReply> on(RouterLoop loop, Supplier<ControlReply> step) {
    var out = new CompletableFuture<ControlReply>();
    loop.execute(() -> {
      try {
        out.complete(step.get());
      } catch (RuntimeException e) {
        LOG.error("a control request failed", e);
        out.complete(error(ControlError.Code.INVALID, "the request could not be carried out"));
      }
    });
    return out;
  }

  static CompletableFuture<ControlReply> missing() {
    return CompletableFuture.completedFuture(notFound());
  }

  static ControlReply notFound() {
    return error(ControlError.Code.NOT_FOUND, "there is nothing of this id");
  }

  static ControlReply done() {
    return ControlReply.newBuilder().setDone(Done.getDefaultInstance()).build();
  }

  static ControlReply error(ControlError.Code code, String message) {
    return ControlReply.newBuilder()
        .setError(ControlError.newBuilder().setCode(code).setMessage(message))
        .build();
  }

  static ControlReply overloaded(ControlError.Overload by, String message) {
    return ControlReply.newBuilder()
        .setError(
            ControlError.newBuilder()
                .setCode(ControlError.Code.OVERLOADED)
                .setOverload(by)
                .setMessage(message))
        .build();
  }
}
