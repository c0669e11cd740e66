package crypho.rtc.turn;

import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One client's relayed address (RFC 8656 §2.2), with its permissions and channels. The engine's
/// thread owns it.
///
/// | state | [#relayed] | ends |
/// |---|---|---|
/// | opening | null | the driver's answer, or [TurnServer#OPENING_NANOS_MAX] |
/// | open | the relayed address | its lifetime, a Refresh of 0, or the client's connection |
/// | closed | the relayed address | nothing is relayed any more |
public final class Allocation {
  /// A browser gives one permission for each remote candidate.
  public static final int PERMISSIONS_MAX = 64;

  public static final int CHANNELS_MAX = 64;

  /// RFC 8656 §9, §12.
  static final long PERMISSION_NANOS = 300_000_000_000L;

  static final long CHANNEL_NANOS = 600_000_000_000L;

  private static final TurnPeer[] NO_PEERS = {};

  /// What the Allocate request asked and must be remembered until it is answered, and to know a
  /// retransmission of it.
  record Asked(
      int family, boolean isPortEven, boolean isAdditionalFamilyRefused, boolean isSha256) {}

  final FiveTuple client;
  final String username;
  final IntegrityKey key;
  final byte[] transactionId;
  final Asked asked;
  @Nullable InetSocketAddress relayed;
  boolean isClosed;
  long expiresNanos;
  int lifetimeSeconds;
  private final List<Permission> permissions = new ArrayList<>();
  private final List<TurnPeer> peers = new ArrayList<>();
  private @Nullable TurnPeer[] byChannel = NO_PEERS;
  private @Nullable TurnPeer[] byAddress = NO_PEERS;
  private @Nullable Object attachment;

  Allocation(
      FiveTuple client, String username, IntegrityKey key, byte[] transactionId, Asked asked) {
    this.client = client;
    this.username = username;
    this.key = key;
    this.transactionId = transactionId;
    this.asked = asked;
  }

  public FiveTuple client() {
    return client;
  }

  /// `FAMILY_IPV4` or `FAMILY_IPV6` of [crypho.rtc.stun.Stun].
  public int family() {
    return asked.family();
  }

  /// Whether the relay's port must be even (EVEN-PORT).
  public boolean wantsEvenPort() {
    return asked.isPortEven();
  }

  public @Nullable InetSocketAddress relayed() {
    return relayed;
  }

  /// Keeps the driver's own object.
  public void attach(@Nullable Object driver) {
    attachment = driver;
  }

  public @Nullable Object attachment() {
    return attachment;
  }

  boolean isOpen(long nowNanos) {
    return relayed != null && !isClosed && expiresNanos - nowNanos > 0;
  }

  /// To whom a ChannelData packet from the client goes, or null: not whole, no such channel, no
  /// permission, or ended. The payload begins [ChannelData#HEADER_BYTES] into the packet and has
  /// [ChannelData#length] bytes.
  public @Nullable TurnPeer channelPeer(long nowNanos, byte[] data, int offset, int length) {
    if (!ChannelData.isWhole(data, offset, length) || !isOpen(nowNanos)) {
      return null;
    }
    var peer = ofChannel(ChannelData.number(data, offset));
    return peer != null && peer.isLive(nowNanos) ? peer : null;
  }

  /// The peer with a channel that a datagram to the relay came from, or null: then it may still be
  /// permitted ([#isPermitted], [TurnServer#toClient]).
  ///
  /// @param high see [IpKey]
  public @Nullable TurnPeer peerOf(long nowNanos, long high, long low, int port) {
    var peer = ofAddress(high, low, port);
    return peer != null && peer.isLive(nowNanos) && isOpen(nowNanos) ? peer : null;
  }

  /// Writes what came from a peer as ChannelData for the client, padded on streams.
  ///
  /// @return the bytes written, or [TurnServer#OVERFLOW]
  public int frame(TurnPeer peer, byte[] data, int offset, int length, byte[] out, int outOffset) {
    int body = client.protocol() == Protocol.TCP ? Stun.padded(length) : length;
    int whole = ChannelData.HEADER_BYTES + body;
    if (out.length - outOffset < whole || length > 0xffff) {
      return TurnServer.OVERFLOW;
    }
    ChannelData.putHeader(out, outOffset, peer.channel(), length);
    int payload = outOffset + ChannelData.HEADER_BYTES;
    System.arraycopy(data, offset, out, payload, length);
    for (int i = payload + length; i < outOffset + whole; i++) {
      out[i] = 0;
    }
    return whole;
  }

  @Nullable TurnPeer ofChannel(int channel) {
    int mask = byChannel.length - 1;
    for (int at = channel & mask, steps = 0; steps <= mask; at = (at + 1) & mask, steps++) {
      var peer = byChannel[at];
      if (peer == null || peer.channel() == channel) {
        return peer;
      }
    }
    return null;
  }

  @Nullable TurnPeer ofAddress(long high, long low, int port) {
    int mask = byAddress.length - 1;
    int at = IpKey.hash(high, low, port) & mask;
    for (int steps = 0; steps <= mask; at = (at + 1) & mask, steps++) {
      var peer = byAddress[at];
      if (peer == null || (peer.ipLow == low && peer.ipHigh == high && peer.port() == port)) {
        return peer;
      }
    }
    return null;
  }

  @Nullable Permission permission(long high, long low) {
    for (int i = 0; i < permissions.size(); i++) {
      var permission = permissions.get(i);
      if (permission.ipLow == low && permission.ipHigh == high) {
        return permission;
      }
    }
    return null;
  }

  /// Whether packets of this address, whatever the port, go to the client.
  public boolean isPermitted(long nowNanos, long high, long low) {
    var permission = permission(high, low);
    return isOpen(nowNanos) && permission != null && permission.isLive(nowNanos);
  }

  /// Gives or renews; null where there is no room.
  @Nullable Permission permit(long nowNanos, long high, long low) {
    var permission = permission(high, low);
    if (permission == null) {
      if (permissions.size() >= PERMISSIONS_MAX) {
        prune(nowNanos);
      }
      if (permissions.size() >= PERMISSIONS_MAX) {
        return null;
      }
      permission = new Permission(high, low);
      permissions.add(permission);
    }
    permission.expiresNanos = nowNanos + PERMISSION_NANOS;
    return permission;
  }

  /// How many more addresses can be permitted.
  int permissionsLeft() {
    return PERMISSIONS_MAX - permissions.size();
  }

  boolean hasRoomForChannel() {
    return peers.size() < CHANNELS_MAX;
  }

  void bind(long nowNanos, TurnPeer peer) {
    peer.expiresNanos = nowNanos + CHANNEL_NANOS;
    peers.add(peer);
    index();
  }

  /// Forgets what has run out. A permission stays while a channel of its address does, so that its
  /// renewal reaches the channel.
  void prune(long nowNanos) {
    if (peers.removeIf(peer -> peer.expiresNanos - nowNanos <= 0)) {
      index();
    }
    permissions.removeIf(permission ->
        !permission.isLive(nowNanos)
            && peers.stream().noneMatch(peer -> peer.permission == permission));
  }

  private void index() {
    int size = peers.isEmpty() ? 0 : Integer.highestOneBit(peers.size()) * 4;
    byChannel = new TurnPeer[size];
    byAddress = new TurnPeer[size];
    for (var peer : peers) {
      put(byChannel, peer.channel(), peer);
      put(byAddress, IpKey.hash(peer.ipHigh, peer.ipLow, peer.port()), peer);
    }
  }

  private static void put(@Nullable TurnPeer[] table, int hash, TurnPeer peer) {
    int mask = table.length - 1;
    int at = hash & mask;
    while (table[at] != null) {
      at = (at + 1) & mask;
    }
    table[at] = peer;
  }

  @Override
  public String toString() {
    return "Allocation[" + client + "]";
  }
}
