package crypho.rtc.turn;

import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/// Which peers a CreatePermission or ChannelBind request may name (RFC 8656 §10.2, §12.2). Reads
/// from the reader that the server has filled.
final class PeerRules {
  private final StunReader reader;
  private final PeerPolicy policy;

  PeerRules(StunReader reader, PeerPolicy policy) {
    this.reader = reader;
    this.policy = policy;
  }

  /// The error that the peer address at a value offset earns, or 0.
  int peerDefect(Allocation allocation, int valueOffset) {
    int family = reader.familyAt(valueOffset);
    if (family != Stun.FAMILY_IPV4 && family != Stun.FAMILY_IPV6) {
      return 400;
    }
    if (family != allocation.family()) {
      return 443;
    }
    var peer = reader.xorAddressAt(valueOffset);
    if (peer == null) {
      return 400;
    }
    var ip = peer.getAddress();
    boolean isMapped = family == Stun.FAMILY_IPV6 && IpKey.isIpv4(IpKey.high(ip), IpKey.low(ip));
    return !isMapped && policy.allows(IpKey.high(ip), IpKey.low(ip)) ? 0 : 403;
  }

  /// The number that a ChannelBind request names.
  int channelNumber() {
    return reader.intValue(Attribute.CHANNEL_NUMBER) >>> 16;
  }

  int channelDefect(long nowNanos, Allocation allocation) {
    if (!reader.has(Attribute.CHANNEL_NUMBER) || !reader.has(Attribute.XOR_PEER_ADDRESS)) {
      return 400;
    }
    int number = channelNumber();
    if (number < ChannelData.NUMBER_MIN || number > ChannelData.NUMBER_MAX) {
      return 400;
    }
    int at = reader.valueOffset(Attribute.XOR_PEER_ADDRESS);
    int defect = peerDefect(allocation, at);
    if (defect != 0) {
      return defect;
    }
    var address = Objects.requireNonNull(reader.xorAddressAt(at), "judged before");
    long high = IpKey.high(address.getAddress());
    long low = IpKey.low(address.getAddress());
    if (!policy.allows(high, low, address.getPort())) {
      return 403;
    }
    allocation.prune(nowNanos);
    var ofNumber = allocation.ofChannel(number);
    var ofAddress = allocation.ofAddress(high, low, address.getPort());
    if (ofNumber != ofAddress) {
      return 400;
    }
    return ofNumber == null && !allocation.hasRoomForChannel() ? 508 : 0;
  }

  /// Gives permissions for all of the addresses, or for none where there is no room.
  static boolean permitAll(
      long nowNanos, Allocation allocation, List<InetSocketAddress> addresses) {
    allocation.prune(nowNanos);
    long added =
        addresses.stream()
            .map(InetSocketAddress::getAddress)
            .distinct()
            .filter(ip -> allocation.permission(IpKey.high(ip), IpKey.low(ip)) == null)
            .count();
    if (added > allocation.permissionsLeft()) {
      return false;
    }
    for (var address : addresses) {
      var ip = address.getAddress();
      allocation.permit(nowNanos, IpKey.high(ip), IpKey.low(ip));
    }
    return true;
  }
}
