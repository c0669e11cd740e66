package crypho.router.turn;

import crypho.base.Rng;
import crypho.router.net.NativeUdpPort;
import crypho.router.net.NativeUdpSockets;
import crypho.router.net.NettyUdpPort;
import crypho.router.net.NioUdpSockets;
import crypho.router.net.PacketPort;
import crypho.router.net.TcpConnection;
import crypho.router.net.TcpListener;
import crypho.router.net.UdpPort;
import crypho.router.net.UdpSocket;
import crypho.router.net.UdpSockets;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.stun.Stun;
import crypho.rtc.turn.Allocation;
import crypho.rtc.turn.ChannelData;
import crypho.rtc.turn.IpKey;
import crypho.rtc.turn.TurnConfig;
import crypho.rtc.turn.TurnQuota;
import crypho.rtc.turn.TurnServer;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The relay of one event loop: its engine and its sockets. What is written while the loop reads
/// leaves together when it has read every socket once.
///
/// Data on channels passes here without the engine and without an object: from a client's datagram
/// to its relay's batch, and from a relay to the batch for its client.
final class TurnLoop implements UdpSockets.Receiver, TcpListener.Receiver, TurnServer.Sink {
  private static final long MILLIS_PER_SECOND = 1_000;
  private static final int PORT_TRIES_MAX = 32;

  private final IoEventLoop loop;
  private final TurnSettings settings;
  private final OwnAddresses own;
  private final Rng rng;
  private final TurnServer server;
  private final UdpSockets relays;
  private final List<TurnListener> listeners = new ArrayList<>();
  private final List<TcpListener> tcpListeners = new ArrayList<>();
  private final Runnable flushing = this::flush;
  private boolean isFlushing;
  private boolean isTicking;
  private boolean isClosed;
  private long nowNanos;

  /// Whose packet is being answered.
  private @Nullable TurnClient answering;

  private long toPeers;
  private long toClients;
  private long octets;
  private long dropped;

  TurnLoop(IoEventLoop loop, boolean isEpoll, TurnSettings settings, Shared shared) {
    this.loop = loop;
    this.settings = settings;
    this.own = shared.own();
    this.rng = shared.rng();
    this.relays = isEpoll ? new NativeUdpSockets(loop, this) : new NioUdpSockets(loop, this);
    this.server =
        new TurnServer(shared.config(), shared.quota(), rng, System.nanoTime(), unixSeconds());
  }

  /// What all loops have in common.
  record Shared(OwnAddresses own, TurnConfig config, TurnQuota quota, Rng rng) {}

  /// How sockets of this loop are opened.
  ///
  /// @param isShared whether other loops have the same ports
  record Opening(boolean isNative, boolean isEpoll, boolean isShared) {}

  private static long unixSeconds() {
    return System.currentTimeMillis() / MILLIS_PER_SECOND;
  }

  // --- opening; not on the loop's thread ---

  InetSocketAddress listenUdp(InetSocketAddress address, Opening how) throws IOException {
    var listener = new TurnListener(this);
    UdpPort port =
        how.isNative()
            ? NativeUdpPort.open(address, how.isShared(), loop, listener)
            : NettyUdpPort.open(address, loop, how.isEpoll(), listener);
    listener.start(port);
    loop.execute(() -> listeners.add(listener));
    return port.local();
  }

  InetSocketAddress listenTcp(TcpListener.Setup setup) throws IOException {
    var listener = TcpListener.open(setup, loop, new TurnFraming(), this);
    loop.execute(() -> tcpListeners.add(listener));
    return listener.local();
  }

  // --- from clients ---

  @Override
  public void onPacket(TcpConnection connection, byte[] data, int offset, int length) {
    var known = connection.attachment() instanceof TurnClient client ? client : null;
    if (known == null) {
      known = new TurnClient(connection);
      connection.attach(known);
    }
    onPacket(known, data, offset, length);
  }

  /// One packet of a client.
  void onPacket(TurnClient client, byte[] data, int offset, int length) {
    nowNanos = System.nanoTime();
    var allocation = client.allocation;
    var relay = client.relay;
    if (allocation == null || relay == null || length == 0 || (data[offset] & 0xc0) != 0x40) {
      onControl(client, data, offset, length);
      return;
    }
    var peer = allocation.channelPeer(nowNanos, data, offset, length);
    if (peer == null) {
      dropped++;
      return;
    }
    var target = peer.attachment() instanceof TurnClient.Target known ? known : null;
    if (target == null) {
      target = TurnClient.targetOf(peer.address(), own);
      peer.attach(target);
    }
    var payload = offset + ChannelData.HEADER_BYTES;
    send(relay, target, data, payload, ChannelData.length(data, offset));
  }

  private void onControl(TurnClient client, byte[] data, int offset, int length) {
    answering = client;
    server.onWallClock(nowNanos, unixSeconds());
    if (server.onPacket(nowNanos, client.path, data, offset, length, this) < 0) {
      dropped++;
    }
    answering = null;
    startTicking();
  }

  private void send(
      UdpSocket relay, TurnClient.Target target, byte[] data, int offset, int length) {
    if (target.isOwn() && !own.test(target.port())) {
      dropped++;
      return;
    }
    relay.send(target.remote(), data, offset, length);
    toPeers++;
    octets += length;
    flushSoon();
  }

  @Override
  public void relay(
      Allocation allocation, InetSocketAddress peer, byte[] data, int offset, int length) {
    if (allocation.attachment() instanceof TurnClient client && client.relay != null) {
      send(client.relay, client.target(peer, own), data, offset, length);
    }
  }

  @Override
  public void transmit(FiveTuple path, byte[] data, int offset, int length) {
    var client = answering;
    if (client != null && path.equals(client.path)) {
      client.port.transmit(client.remote, data, offset, length);
      flushSoon();
    }
  }

  @Override
  public void onBatchEnd(TcpConnection connection) {
    // As with UDP: when the loop has read every socket.
  }

  @Override
  public void onClosed(TcpConnection connection) {
    server.onClientClosed(connection.path(), this);
  }

  // --- from peers ---

  @Override
  public void onDatagram(UdpSocket socket, byte[] data, int offset, int length) {
    var client = (TurnClient) socket.owner();
    var allocation = client.allocation;
    if (allocation == null) {
      return;
    }
    nowNanos = System.nanoTime();
    var high = relays.sourceHigh();
    var low = relays.sourceLow();
    var external = own.external(high, low);
    if (external != null) {
      high = IpKey.high(external);
      low = IpKey.low(external);
    }
    var port = client.port;
    port.begin(client.remote);
    var peer = allocation.peerOf(nowNanos, high, low, relays.sourcePort());
    int written;
    if (peer != null) {
      written = allocation.frame(peer, data, offset, length, port.stage(), port.at());
    } else if (allocation.isPermitted(nowNanos, high, low)) {
      var from = address(high, low, relays.sourcePort());
      written =
          server.toClient(
              nowNanos, allocation, from, data, offset, length, port.stage(), port.at());
    } else {
      dropped++;
      return;
    }
    if (written < 0) {
      dropped++;
      return;
    }
    port.add(written);
    toClients++;
    octets += length;
    flushSoon();
  }

  private static InetSocketAddress address(long high, long low, int port) {
    var ip = new byte[16];
    for (var i = 0; i < 8; i++) {
      ip[i] = (byte) (high >>> (56 - 8 * i));
      ip[8 + i] = (byte) (low >>> (56 - 8 * i));
    }
    try {
      // A mapped address becomes the IPv4 address that it stands for.
      return new InetSocketAddress(InetAddress.getByAddress(ip), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("sixteen octets are an address", e);
    }
  }

  // --- relays ---

  @Override
  public void openRelay(Allocation allocation) {
    var client = answering;
    var address = client == null ? null : relayAddress(allocation.family());
    var socket = address == null || client == null ? null : open(address, allocation, client);
    if (socket == null || client == null || address == null) {
      server.onRelayFailed(allocation, this);
      return;
    }
    client.allocation = allocation;
    client.relay = socket;
    allocation.attach(client);
    own.opened(socket.local().getPort());
    if (client.listener != null) {
      client.listener.add(client);
    }
    if (client.connection != null) {
      client.connection.prove(true);
    }
    var relayed = new InetSocketAddress(address.external(), socket.local().getPort());
    server.onRelayOpened(nowNanos, allocation, relayed, this);
  }

  private record RelayAddress(InetAddress local, InetAddress external) {}

  private @Nullable RelayAddress relayAddress(int family) {
    var length = family == Stun.FAMILY_IPV4 ? 4 : 16;
    for (var i = 0; i < settings.addresses().size(); i++) {
      var local = settings.addresses().get(i);
      if (local.getAddress().length == length) {
        return new RelayAddress(local, settings.external().get(i));
      }
    }
    return null;
  }

  /// At a random port, so that nobody can guess it (RFC 8656 §7.2).
  private @Nullable UdpSocket open(RelayAddress address, Allocation allocation, TurnClient client) {
    var range = settings.relayPorts();
    var count = range.last() - range.first() + 1;
    for (var i = 0; i < PORT_TRIES_MAX; i++) {
      var port =
          range.first() + Math.floorMod(ByteBuffer.wrap(rng.bytes(Integer.BYTES)).getInt(), count);
      if (allocation.wantsEvenPort()) {
        port &= ~1;
      }
      if (port < range.first()) {
        continue;
      }
      try {
        return relays.open(new InetSocketAddress(address.local(), port), client);
      } catch (IOException e) {
        // Taken, most likely: another may be free.
      }
    }
    return null;
  }

  @Override
  public void closeRelay(Allocation allocation) {
    if (!(allocation.attachment() instanceof TurnClient client)) {
      return;
    }
    var socket = client.relay;
    if (socket != null) {
      own.closed(socket.local().getPort());
      socket.close();
    }
    client.relay = null;
    client.allocation = null;
    if (client.listener != null) {
      client.listener.remove(client);
    }
    if (client.connection != null) {
      client.connection.prove(false);
    }
  }

  // --- flushing and time ---

  private void flushSoon() {
    if (!isFlushing) {
      isFlushing = true;
      loop.execute(flushing);
    }
  }

  private void flush() {
    isFlushing = false;
    relays.flush();
    for (var i = 0; i < listeners.size(); i++) {
      listeners.get(i).port().flush();
    }
    for (var i = 0; i < tcpListeners.size(); i++) {
      tcpListeners.get(i).flush();
    }
  }

  private void startTicking() {
    var deadline = server.deadlineNanos();
    if (!isTicking && !isClosed && deadline != Long.MAX_VALUE) {
      isTicking = true;
      var wait = Math.max(0, deadline - nowNanos);
      var _ = loop.schedule(this::tick, wait, TimeUnit.NANOSECONDS);
    }
  }

  private void tick() {
    isTicking = false;
    nowNanos = System.nanoTime();
    server.onTimeout(nowNanos, this);
    startTicking();
  }

  /// Counters; on the loop's thread.
  TurnStats stats() {
    var connections = tcpListeners.stream().mapToInt(TcpListener::size).sum();
    var slow = tcpListeners.stream().mapToLong(TcpListener::dropped).sum();
    var unauthenticated =
        server.count(TurnServer.UNAUTHENTICATED) + server.count(TurnServer.CHALLENGE_WITHHELD);
    var failures =
        relays.sendFailures()
            + listeners.stream().mapToLong(listener -> listener.port().sendFailures()).sum();
    return new TurnStats(
        server.allocationCount(),
        connections,
        toPeers,
        toClients,
        octets,
        dropped,
        slow,
        failures,
        unauthenticated);
  }

  /// Ends every allocation and socket; on the loop's thread.
  void close() {
    isClosed = true;
    server.closeAll(this);
    listeners.stream().map(TurnListener::port).forEach(PacketPort::close);
    listeners.clear();
    tcpListeners.forEach(TcpListener::close);
    relays.close();
  }
}
