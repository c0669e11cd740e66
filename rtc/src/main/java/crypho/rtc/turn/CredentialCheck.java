package crypho.rtc.turn;

import crypho.base.Secret;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.StunReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Whether a request was made with credentials of [TurnCredentials] that count now (RFC 8489
/// §9.2.4). One owner thread.
final class CredentialCheck {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final TurnConfig config;
  private final byte[] realm;
  private long wallClockNanos;
  private long wallClockUnixSeconds;

  CredentialCheck(TurnConfig config, long nowNanos, long unixSeconds) {
    this.config = config;
    this.realm = config.realm().getBytes(StandardCharsets.US_ASCII);
    this.wallClockNanos = nowNanos;
    this.wallClockUnixSeconds = unixSeconds;
  }

  void onWallClock(long nowNanos, long unixSeconds) {
    wallClockNanos = nowNanos;
    wallClockUnixSeconds = unixSeconds;
  }

  /// The key that the request was made with, or null. That of a running allocation first: it needs
  /// no new computation.
  @Nullable IntegrityKey authenticate(
      long nowNanos, StunReader reader, @Nullable Allocation allocation) {
    if (!reader.valueEquals(Attribute.REALM, realm)
        || reader.valueLength(Attribute.USERNAME) > TurnCredentials.USERNAME_BYTES_MAX) {
      return null;
    }
    var username = reader.text(Attribute.USERNAME);
    long expires = TurnCredentials.expiresUnixSeconds(username);
    long unixSeconds = wallClockUnixSeconds + (nowNanos - wallClockNanos) / SECOND_NANOS;
    if (allocation != null && allocation.username.equals(username)) {
      boolean isInTime = unixSeconds < expires + TurnServer.GRACE_SECONDS;
      return isInTime && reader.verify(allocation.key) ? allocation.key : null;
    }
    if (unixSeconds >= expires) {
      return null;
    }
    for (var secret : config.secrets()) {
      var key = key(secret, username);
      if (reader.verify(key)) {
        return key;
      }
    }
    return null;
  }

  /// Whether the request names the user of a running allocation, so that checking it is cheap.
  boolean isOf(StunReader reader, @Nullable Allocation allocation) {
    return allocation != null
        && reader.valueEquals(
            Attribute.USERNAME, allocation.username.getBytes(StandardCharsets.UTF_8));
  }

  private IntegrityKey key(Secret secret, String username) {
    try (var password = TurnCredentials.password(secret, username)) {
      return IntegrityKey.longTerm(username, config.realm(), password);
    }
  }
}
