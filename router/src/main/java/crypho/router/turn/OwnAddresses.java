package crypho.router.turn;

import crypho.rtc.turn.IpKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Our own addresses: as what they are known outside, and which of their ports clients may reach.
/// Those are the relays that are open, on whatever loop, and media. Any thread.
///
/// Where an address is known outside by another name, packets to that name do not leave the
/// machine: not every network sends them back to where they came from.
final class OwnAddresses implements IntPredicate {
  private static final int PORTS = 65_536;

  /// How often each port is open: IPv4 and IPv6 may have the same one.
  private final AtomicIntegerArray open = new AtomicIntegerArray(PORTS);

  private final Set<InetAddress> all = new LinkedHashSet<>();
  private final Map<InetAddress, InetAddress> toLocal = new HashMap<>();
  private final List<Renamed> renamed = new ArrayList<>();

  private record Renamed(long high, long low, InetAddress external) {}

  OwnAddresses(TurnSettings settings) throws IOException {
    var interfaces = NetworkInterface.networkInterfaces().toList();
    interfaces.forEach(each -> each.inetAddresses().forEach(all::add));
    for (var i = 0; i < settings.addresses().size(); i++) {
      add(settings.addresses().get(i), settings.external().get(i));
    }
    for (var media : settings.media()) {
      add(media.local().getAddress(), media.external());
      opened(media.local().getPort());
    }
  }

  private void add(InetAddress local, InetAddress external) {
    all.add(local);
    all.add(external);
    if (!local.equals(external) && !local.isAnyLocalAddress()) {
      toLocal.putIfAbsent(external, local);
      renamed.add(new Renamed(IpKey.high(local), IpKey.low(local), external));
    }
  }

  List<InetAddress> all() {
    return List.copyOf(all);
  }

  boolean contains(InetAddress address) {
    return all.contains(address);
  }

  /// To where packets for a peer go.
  InetSocketAddress reachable(InetSocketAddress peer) {
    var local = toLocal.get(peer.getAddress());
    return local == null ? peer : new InetSocketAddress(local, peer.getPort());
  }

  /// As what clients know the source of a packet, or null: as it stands.
  @Nullable InetAddress external(long high, long low) {
    for (var i = 0; i < renamed.size(); i++) {
      var each = renamed.get(i);
      if (each.low == low && each.high == high) {
        return each.external;
      }
    }
    return null;
  }

  void opened(int port) {
    open.incrementAndGet(port);
  }

  void closed(int port) {
    open.decrementAndGet(port);
  }

  @Override
  public boolean test(int port) {
    return open.get(port) > 0;
  }
}
