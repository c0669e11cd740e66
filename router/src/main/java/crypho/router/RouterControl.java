package crypho.router;

import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/// Controls a router, in this process or in another. Requests and replies are the messages of
/// `crypho/router/v1/router.proto`, whose parameter objects are mediasoup's.
public interface RouterControl extends AutoCloseable {
  /// Carries out one request. The future never fails: what went wrong is in the reply.
  CompletableFuture<ControlReply> call(ControlRequest request);

  /// Adds a listener for what happens by itself, until the answer is closed. It is called on the
  /// rooms' loops and must not block. While nobody listens, rooms are orphans, and close after a
  /// while.
  Subscription onEvent(Consumer<ControlEvent> listener);

  /// Ends listening.
  @FunctionalInterface
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  void close();
}
