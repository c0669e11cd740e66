package crypho.rtc.ice;

import java.net.InetSocketAddress;

/// A network path: protocol, our address and the other's. Made once per path by the driver and
/// kept, so that hot paths may compare references.
public record FiveTuple(Protocol protocol, InetSocketAddress local, InetSocketAddress remote) {
  /// Prints no address: who somebody is talks from there.
  @Override
  public String toString() {
    return "FiveTuple[" + protocol + "]";
  }
}
