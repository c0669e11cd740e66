package crypho.rtc.turn;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// A peer that a channel is bound to. One object from the binding to its end: drivers may compare
/// by reference and group batches by it.
public final class TurnPeer {
  private final InetSocketAddress address;
  private final int channel;
  final long ipHigh;
  final long ipLow;
  final Permission permission;
  long expiresNanos;
  private @Nullable Object attachment;

  TurnPeer(InetSocketAddress address, int channel, Permission permission) {
    this.address = address;
    this.channel = channel;
    this.ipHigh = permission.ipHigh;
    this.ipLow = permission.ipLow;
    this.permission = permission;
  }

  public InetSocketAddress address() {
    return address;
  }

  /// See [IpKey].
  public long ipHigh() {
    return ipHigh;
  }

  public long ipLow() {
    return ipLow;
  }

  public int port() {
    return address.getPort();
  }

  /// Keeps the driver's own object.
  public void attach(@Nullable Object driver) {
    attachment = driver;
  }

  public @Nullable Object attachment() {
    return attachment;
  }

  int channel() {
    return channel;
  }

  boolean isLive(long nowNanos) {
    return expiresNanos - nowNanos > 0 && permission.isLive(nowNanos);
  }
}
