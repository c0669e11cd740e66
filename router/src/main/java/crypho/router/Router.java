package crypho.router;

import crypho.base.Rng;
import crypho.wire.router.v1.ControlEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A room. Its own loop knows who speaks; transports live there as long as it bears them, and else
/// in branches on other loops. Methods may be called from any thread; [#floor] belongs to the loop.
final class Router {
  final String id;
  final RouterLoop loop;
  final byte[] cname;
  final Floor floor = new Floor(this);

  /// Nothing is added any more.
  volatile boolean isClosed;

  private final Rng rng;
  private final RouterEvents events;
  private final Map<RouterLoop, Branch> branches = new ConcurrentHashMap<>();

  Router(String id, RouterLoop loop, Rng rng, RouterEvents events) {
    this.id = id;
    this.loop = loop;
    this.rng = rng;
    this.events = events;
    this.cname = HexFormat.of().formatHex(rng.bytes(8)).getBytes(StandardCharsets.US_ASCII);
  }

  void tell(ControlEvent event) {
    events.event(event.toBuilder().setRouterId(id).build());
  }

  int newSsrc() {
    int out;
    do {
      out = ByteBuffer.wrap(rng.bytes(4)).getInt();
    } while (out == 0);
    return out;
  }

  Branch branch(RouterLoop on) {
    return branches.computeIfAbsent(on, at -> new Branch(this, at));
  }

  @Nullable Branch knownBranch(RouterLoop on) {
    return branches.get(on);
  }

  Iterable<Branch> branches() {
    return branches.values();
  }

  int places(RouterLoop on) {
    var branch = branches.get(on);
    return branch == null ? 0 : branch.places.get();
  }

  void onTick(long nowNanos) {
    floor.onTick(nowNanos);
  }
}
