package crypho.rtc.turn;

import crypho.base.Secret;
import java.util.List;

/// What an operator sets.
///
/// @param realm shown to clients; short, since every challenge carries it
/// @param secrets of [TurnCredentials], the current first and the one before it while it is
///   replaced
/// @param hasIpv4 whether relays of that family can be opened; one of the two must be
/// @param allocationsMax of one engine
/// @param policy to where is relayed
public record TurnConfig(
    String realm,
    List<Secret> secrets,
    boolean hasIpv4,
    boolean hasIpv6,
    int allocationsMax,
    PeerPolicy policy) {
  public static final int REALM_CHARS_MAX = 64;
  public static final int SECRETS_MAX = 2;

  /// @throws IllegalArgumentException where a value is out of range
  public TurnConfig {
    secrets = List.copyOf(secrets);
    boolean isRealmGood =
        !realm.isEmpty()
            && realm.length() <= REALM_CHARS_MAX
            && realm.chars().allMatch(c -> c > ' ' && c < 127 && c != '"');
    if (!isRealmGood) {
      throw new IllegalArgumentException("the realm is 1 to 64 visible ASCII characters");
    }
    if (secrets.isEmpty() || secrets.size() > SECRETS_MAX) {
      throw new IllegalArgumentException("there is one TURN secret, or two while it is replaced");
    }
    if (!hasIpv4 && !hasIpv6) {
      throw new IllegalArgumentException("a relay needs IPv4 or IPv6");
    }
  }
}
