package crypho.server.rpc;

import crypho.base.Personal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a method knows beside its request. `now` is the time of the call; methods read no clock.
///
/// `wantsCookie` is true for browsers: session tokens then travel as cookies, through
/// [#answerCookie].
public final class Call {
  /// What the platform does to the session cookie with the answer.
  public sealed interface CookieChange {
    /// Sets the cookie; kept over browser restarts where `isPersistent`.
    record Set(crypho.base.Secret token, boolean isPersistent) implements CookieChange {}

    /// Deletes the cookie.
    record Clear() implements CookieChange {}
  }

  private final @Nullable Caller caller;
  private final Personal address;
  private final Instant now;
  private final boolean wantsCookie;
  private @Nullable CookieChange cookieChange;

  public Call(@Nullable Caller caller, Personal address, Instant now, boolean wantsCookie) {
    this.caller = caller;
    this.address = address;
    this.now = now;
    this.wantsCookie = wantsCookie;
  }

  /// The authenticated caller.
  ///
  /// @throws RpcException UNAUTHENTICATED where there is none
  public Caller caller() {
    if (caller == null) {
      throw RpcException.unauthenticated();
    }
    return caller;
  }

  public @Nullable Caller callerOrNull() {
    return caller;
  }

  /// Network address of the peer, for rate limits only: never stored.
  public Personal address() {
    return address;
  }

  public Instant now() {
    return now;
  }

  public boolean wantsCookie() {
    return wantsCookie;
  }

  public void answerCookie(CookieChange change) {
    cookieChange = change;
  }

  public @Nullable CookieChange cookieChange() {
    return cookieChange;
  }
}
