package crypho.server.live.api;

import crypho.base.ConversationId;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.PutMarkerRequest;
import crypho.wire.v1.PutMarkerResponse;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.Signal;
import java.time.Instant;
import java.util.Collection;

/// What features answer on the socket at /api/socket. Every caller has a device.
///
/// When a device connects, the platform registers the socket for its account, calls
/// [#subscriptions], registers those, and only then asks every [HelloPart] for its part of Hello:
/// so the heads in Hello are as they were after the subscription began, as the contract says.
public interface SocketFrames {
  /// Where the answer to one frame goes. Called once, from any thread; never blocks.
  interface Answer<A> {
    void succeed(A response);

    /// The frame is answered by a FrameError.
    void fail(RpcException error);
  }

  /// Conversations whose frames this account gets. On a virtual thread; may block.
  Collection<ConversationId> subscriptions(Caller caller);

  /// Takes a message on. Runs on an event loop: must not block, answers later.
  void send(Caller caller, SendRequest request, Instant now, Answer<SendResponse> answer);

  /// Relays a signal to those who may see it, or drops it. Runs on an event loop: must not block.
  /// The platform has checked that the account is subscribed to the conversation now.
  void signal(Caller caller, ConversationId conversation, Signal signal, Instant now);

  /// On a virtual thread; may block, and may throw [RpcException].
  PutMarkerResponse putMarker(Caller caller, PutMarkerRequest request, Instant now);
}
