package crypho.router.turn;

import crypho.router.net.AddressTable;
import crypho.router.net.Remote;
import crypho.router.net.UdpPort;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.Protocol;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One UDP port for clients, with those that have allocations by their address.
final class TurnListener implements UdpPort.Receiver {
  private final TurnLoop loop;
  private final AddressTable<TurnClient> clients = new AddressTable<>();
  private @Nullable UdpPort port;

  TurnListener(TurnLoop loop) {
    this.loop = loop;
  }

  void start(UdpPort opened) {
    port = opened;
  }

  UdpPort port() {
    return Objects.requireNonNull(port, "started");
  }

  @Override
  public void onDatagram(UdpPort from, byte[] data, int offset, int length) {
    var client = clients.find(from.sourceHigh(), from.sourceLow(), from.sourcePort());
    if (client == null) {
      var source = from.source();
      var path = new FiveTuple(Protocol.UDP, from.local(), source);
      client = new TurnClient(path, from, new Remote(source), this);
      client.high = from.sourceHigh();
      client.low = from.sourceLow();
    }
    loop.onPacket(client, data, offset, length);
  }

  @Override
  public void onBatchEnd(UdpPort from) {
    // What was answered or relayed leaves when the loop has read every socket.
  }

  void add(TurnClient client) {
    clients.put(client.high, client.low, client.remote.address().getPort(), client);
  }

  void remove(TurnClient client) {
    clients.remove(client.high, client.low, client.remote.address().getPort());
  }
}
