package crypho.rtc.ice;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// How many connections or handshakes one source may have, and all together. A source is an IPv4
/// address or an IPv6 network of 64 bits. Any thread: touched when one begins or ends.
public final class SourceLimit {
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

  /// Takes a place; whether there was one.
  public synchronized boolean acquire(InetAddress source) {
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

  /// Gives a place back that [#acquire] took.
  public synchronized void release(InetAddress source) {
    var key = key(source);
    var now = held.getOrDefault(key, 0);
    if (now <= 1) {
      held.remove(key);
    } else {
      held.put(key, now - 1);
    }
    total -= Math.min(now, 1);
  }

  /// How often there was no place.
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
