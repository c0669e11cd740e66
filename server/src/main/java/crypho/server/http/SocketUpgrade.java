package crypho.server.http;

import crypho.server.rpc.Caller;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/// Takes over a WebSocket once its upgrade has been answered.
public interface SocketUpgrade {
  /// Whether the session may open another socket now.
  boolean mayOpen(Caller caller);

  /// On the socket's event loop.
  ///
  /// @param isStillValid asks again whether the session is good; may block
  void opened(Caller caller, ServerWebSocket socket, BooleanSupplier isStillValid);

  /// Says goodbye to all sockets and cuts them; returns once they are gone or time is up.
  void drain(Duration most);
}
