package crypho.router.turn;

import crypho.router.net.PacketPort;
import crypho.router.net.Remote;
import crypho.router.net.TcpConnection;
import crypho.router.net.UdpSocket;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.turn.Allocation;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/// A client's way to us and, once it has one, its relay. One owner thread: its loop's.
final class TurnClient {
  final FiveTuple path;
  final PacketPort port;
  final Remote remote;

  /// Where it is found by its address; null for connections.
  final @Nullable TurnListener listener;

  /// Its connection; null for UDP.
  final @Nullable TcpConnection connection;

  /// Its address as [crypho.router.net.AddressTable] has it.
  long high;

  long low;

  @Nullable Allocation allocation;
  @Nullable UdpSocket relay;

  // To where it sent an indication last: checks of ICE go to the same peer again and again.
  private @Nullable InetSocketAddress lastPeer;
  private @Nullable Target lastTarget;

  /// Where packets for a peer go.
  ///
  /// @param isOwn whether that is one of our own ports, and must still be
  record Target(Remote remote, int port, boolean isOwn) {}

  TurnClient(FiveTuple path, PacketPort port, Remote remote, TurnListener listener) {
    this.path = path;
    this.port = port;
    this.remote = remote;
    this.listener = listener;
    this.connection = null;
  }

  TurnClient(TcpConnection connection) {
    this.path = connection.path();
    this.port = connection;
    this.remote = connection.remote();
    this.listener = null;
    this.connection = connection;
  }

  Target target(InetSocketAddress peer, OwnAddresses own) {
    var last = lastTarget;
    if (last == null || !peer.equals(lastPeer)) {
      last = targetOf(peer, own);
      lastTarget = last;
      lastPeer = peer;
    }
    return last;
  }

  static Target targetOf(InetSocketAddress peer, OwnAddresses own) {
    var remote = new Remote(own.reachable(peer));
    return new Target(remote, peer.getPort(), own.contains(peer.getAddress()));
  }
}
