package crypho.router;

import crypho.wire.router.v1.ControlError.Overload;
import java.util.List;

/// Chooses the loop for a new transport. A room stays on its own loop as long as that bears it, so
/// that packets are handed over to others only where a core is not enough.
final class Placement {
  /// Of what a loop may do: above it, rooms spread.
  static final double SPREAD_SHARE = 0.5;

  private Placement() {}

  /// The room's own loop, then those where it has branches, then the others; of those without room,
  /// the least loaded.
  static RouterLoop choose(Router router, List<RouterLoop> loops, RouterConfig.Limits limits) {
    if (hasRoom(router, router.loop, limits)) {
      return router.loop;
    }
    RouterLoop best = router.loop;
    var bestRank = rank(router, best, limits);
    for (var loop : loops) {
      var rank = rank(router, loop, limits);
      if (rank < bestRank) {
        best = loop;
        bestRank = rank;
      }
    }
    return best;
  }

  private static double rank(Router router, RouterLoop loop, RouterConfig.Limits limits) {
    var isNear = router.places(loop) > 0;
    return share(loop.load(), limits) + (hasRoom(router, loop, limits) ? (isNear ? -2 : -1) : 0);
  }

  private static boolean hasRoom(Router router, RouterLoop loop, RouterConfig.Limits limits) {
    return router.places(loop) < limits.roomTransportsPerLoop()
        && share(loop.load(), limits) < SPREAD_SHARE;
  }

  /// Of what a loop may do it does this much.
  private static double share(LoopLoad load, RouterConfig.Limits limits) {
    return Math.max(
        (double) load.packetsPerSecond() / limits.packetsPerSecondMax(),
        load.cpuShare() / limits.cpuShareMax());
  }

  /// Why a loop takes no more, if it does not.
  static Overload overload(LoopLoad load, RouterConfig.Limits limits) {
    if (load.packetsPerSecond() >= limits.packetsPerSecondMax()) {
      return Overload.PACKET_RATE;
    }
    return load.cpuShare() >= limits.cpuShareMax() ? Overload.CPU : Overload.OVERLOAD_UNSPECIFIED;
  }
}
