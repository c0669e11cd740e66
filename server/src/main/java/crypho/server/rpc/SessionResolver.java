package crypho.server.rpc;

import crypho.base.Secret;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Finds the session that a token belongs to. The account feature implements it, with a bounded
/// cache from which ended sessions are taken at once.
@FunctionalInterface
public interface SessionResolver {
  /// The caller, or null where the token is unknown or its session has ended. May block on the
  /// database.
  ///
  /// @param token 32 bytes, from the cookie or the `Authorization` header
  /// @throws RpcException UNAVAILABLE where the database cannot be reached
  @Nullable Caller resolve(Secret token, Instant now);
}
