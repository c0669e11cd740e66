package crypho.rtc.turn;

import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;

/// What an Allocate or Refresh request asks, and whether it may (RFC 8656 §7.2, §8.2).
final class AllocateRules {
  /// The protocol number of UDP, the only transport that is relayed.
  private static final int UDP = 17;

  private AllocateRules() {}

  /// The error that the attributes of an Allocate request earn, or 0.
  static int defect(StunReader reader) {
    if (!reader.has(Attribute.REQUESTED_TRANSPORT)) {
      return 400;
    }
    if (reader.intValue(Attribute.REQUESTED_TRANSPORT) >>> 24 != UDP) {
      return 442;
    }
    boolean hasFamily = reader.has(Attribute.REQUESTED_ADDRESS_FAMILY);
    boolean hasAdditional = reader.has(Attribute.ADDITIONAL_ADDRESS_FAMILY);
    boolean hasEvenPort = reader.has(Attribute.EVEN_PORT);
    boolean hasToken = reader.has(Attribute.RESERVATION_TOKEN);
    if (hasToken && (hasEvenPort || hasFamily || hasAdditional)) {
      return 400;
    }
    if (hasAdditional && (hasFamily || !isAdditionalIpv6(reader))) {
      return 400;
    }
    boolean isReserving = hasEvenPort && reader.data()[reader.valueOffset(Attribute.EVEN_PORT)] < 0;
    if (hasAdditional && isReserving) {
      return 400;
    }
    if (hasToken || isReserving) {
      return 508;
    }
    int family = requestedFamily(reader);
    return family == Stun.FAMILY_IPV4 || family == Stun.FAMILY_IPV6 ? 0 : 440;
  }

  private static boolean isAdditionalIpv6(StunReader reader) {
    return reader.intValue(Attribute.ADDITIONAL_ADDRESS_FAMILY) >>> 24 == Stun.FAMILY_IPV6;
  }

  static int requestedFamily(StunReader reader) {
    return reader.has(Attribute.REQUESTED_ADDRESS_FAMILY)
        ? reader.intValue(Attribute.REQUESTED_ADDRESS_FAMILY) >>> 24
        : Stun.FAMILY_IPV4;
  }

  /// RFC 8656 §7.2: what is asked, from the default to the highest.
  static int lifetimeSeconds(StunReader reader) {
    long asked =
        reader.has(Attribute.LIFETIME)
            ? Integer.toUnsignedLong(reader.intValue(Attribute.LIFETIME))
            : TurnServer.LIFETIME_DEFAULT_SECONDS;
    return Math.clamp(asked, TurnServer.LIFETIME_DEFAULT_SECONDS, TurnServer.LIFETIME_MAX_SECONDS);
  }
}
