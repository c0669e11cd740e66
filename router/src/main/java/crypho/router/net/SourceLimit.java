package crypho.router.net;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// How many connections one source may have, and all together. A source is an IPv4 address or an
/// IPv6 network of 64 bits. Any thread: touched when a connection begins or ends.
public final class SourceLimit {
  /// A place is held for so long at least, so that it bounds connections a second too.
  static final int HELD_SECONDS_MIN = 1;

  private static final int NETWORK_BYTES = 8;

  private final int perSourceMax;
  private final int totalMax;
  private final Map<Long, Integer> held = new HashMap<>();
  private int total;
  private long refused;

  public SourceLimit(int perSourceMax, int totalMax) {
    this.perSourceMax = perSourceMax;
    this.totalMax = totalMax;
  }

  synchronized boolean acquire(InetAddress source) {
    var key = key(source);
    var now = held.getOrDefault(key, 0);
    if (now >= perSourceMax || total >= totalMax) {
      refused++;
      return false;
    }
    held.put(key, now + 1);
    total++;
    return true;
  }

  synchronized void release(InetAddress source) {
    var key = key(source);
    var now = held.getOrDefault(key, 0);
    if (now <= 1) {
      held.remove(key);
    } else {
      held.put(key, now - 1);
    }
    total -= Math.min(now, 1);
  }

  /// Connections that were not taken.
  public synchronized long refused() {
    return refused;
  }

  /// IPv4 below 2³², where no IPv6 network of anybody is.
  private static long key(InetAddress source) {
    var ip = source.getAddress();
    var network = ip.length == 4 ? ip : Arrays.copyOf(ip, NETWORK_BYTES);
    var out = 0L;
    for (var octet : network) {
      out = out << 8 | (octet & 0xff);
    }
    return out;
  }
}
