package crypho.router.turn;

import crypho.wire.router.v1.RelayStats;
import crypho.wire.router.v1.Stats;

/// What the relay has done, in numbers; nothing says for whom.
///
/// @param allocations now
/// @param connections over TCP and TLS now
/// @param toPeers packets relayed from clients
/// @param toClients packets relayed to clients
/// @param octets of payload, both ways
/// @param dropped packets that were not relayed or understood
/// @param tooSlow packets for connections whose readers were too slow
/// @param sendFailures packets or batches that the kernel did not take
/// @param unauthenticated requests with wrong credentials, or beyond a source's share
public record TurnStats(
    int allocations,
    int connections,
    long toPeers,
    long toClients,
    long octets,
    long dropped,
    long tooSlow,
    long sendFailures,
    long unauthenticated) {
  /// As the control channel tells it.
  public Stats toWire() {
    return Stats.newBuilder()
        .setRelay(
            RelayStats.newBuilder()
                .setAllocations(allocations)
                .setConnections(connections)
                .setPacketsToPeers((double) toPeers)
                .setPacketsToClients((double) toClients)
                .setBytes((double) octets)
                .setDropped((double) dropped)
                .setTooSlow((double) tooSlow)
                .setSendFailures((double) sendFailures)
                .setUnauthenticated((double) unauthenticated))
        .build();
  }

  static final TurnStats NONE = new TurnStats(0, 0, 0, 0, 0, 0, 0, 0, 0);

  TurnStats plus(TurnStats other) {
    return new TurnStats(
        allocations + other.allocations,
        connections + other.connections,
        toPeers + other.toPeers,
        toClients + other.toClients,
        octets + other.octets,
        dropped + other.dropped,
        tooSlow + other.tooSlow,
        sendFailures + other.sendFailures,
        unauthenticated + other.unauthenticated);
  }
}
