package crypho.server.live.api;

import crypho.server.rpc.Caller;
import crypho.wire.v1.Hello;
import java.time.Instant;

/// Fills one feature's part of Hello (conversation heads, vault revision).
@FunctionalInterface
public interface HelloPart {
  /// On a virtual thread; may block, and may throw [crypho.server.rpc.RpcException].
  void fill(Caller caller, Hello.Builder hello, Instant now);
}
