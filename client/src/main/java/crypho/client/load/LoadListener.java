package crypho.client.load;

import io.netty.buffer.ByteBuf;

/// What happens on a socket. Called on the socket's event loop.
public interface LoadListener {
  /// A ServerFrame, from the buffer's reader index to its end; only good during the call.
  void onFrame(LoadSocket socket, ByteBuf frame);

  default void onClosed(LoadSocket socket) {}
}
