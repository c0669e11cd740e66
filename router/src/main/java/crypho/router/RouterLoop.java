package crypho.router;

import crypho.router.net.AddressTable;
import crypho.router.net.NativeUdpPort;
import crypho.router.net.NettyUdpPort;
import crypho.router.net.PacketPort;
import crypho.router.net.Remote;
import crypho.router.net.UdpPort;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.IceLiteAgent;
import crypho.rtc.ice.Protocol;
import crypho.rtc.ice.UfragTable;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.stun.Demux;
import crypho.rtc.stun.StunReader;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One event loop with its sockets and rooms. Sorts what arrives, lets it wait in its producer
/// until the sockets are empty, then forwards everything subscriber by subscriber and flushes once.
/// No queue, lock or wake-up per packet.
final class RouterLoop implements UdpPort.Receiver, Executor, AutoCloseable {
  private static final long TICK_NANOS = 20_000_000L;

  /// Between ticks while nothing has arrived for [#QUIET_NANOS].
  private static final long QUIET_TICK_NANOS = 1_000_000_000L;

  private static final long RATE_NANOS = 1_000_000_000L;
  private static final long QUIET_NANOS = 2_000_000_000L;

  private final MultiThreadIoEventLoopGroup group;
  private final IoEventLoop loop;
  private final List<UdpPort> ports = new ArrayList<>();
  private final AddressTable<Path> paths = new AddressTable<>();
  private final StunReader stun = new StunReader(IceLiteAgent.UNDERSTOOD);
  private final List<Producer> pending = new ArrayList<>();
  private final List<Transport> dirty = new ArrayList<>();
  final UfragTable<Transport> ufrags = new UfragTable<>();
  final List<Transport> transports = new ArrayList<>();
  final List<Router> routers = new ArrayList<>();
  final byte[] scratch = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
  final byte[] plain = new byte[PacketPort.PACKET_BYTES_MAX];
  final ResendScratch resendScratch = new ResendScratch();
  final FeedbackScratch feedbackScratch = new FeedbackScratch();

  /// From where the message came that is being answered.
  @Nullable Path answering;

  private boolean isReading;
  private boolean isTicking;
  private long lastDatagramNanos;

  private long rate;
  private long rateFrom;
  private long rateSinceNanos = System.nanoTime();

  long datagrams;
  long dropped;
  long forwarded;

  RouterLoop(int index, RouterService.Sockets sockets, List<InetSocketAddress> addresses)
      throws IOException {
    IoHandlerFactory factory =
        sockets == RouterService.Sockets.NIO
            ? NioIoHandler.newFactory()
            : EpollIoHandler.newFactory();
    group =
        new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("router-" + index), factory);
    loop = group.next();
    for (var address : addresses) {
      ports.add(
          switch (sockets) {
            case NATIVE -> NativeUdpPort.open(address, loop, this);
            case NETTY -> NettyUdpPort.open(address, loop, true, this);
            case NIO -> NettyUdpPort.open(address, loop, false, this);
          });
    }
  }

  /// Where the sockets are bound, in the order of the addresses.
  List<InetSocketAddress> bound() {
    return ports.stream().map(UdpPort::local).toList();
  }

  /// The first socket.
  UdpPort port() {
    return ports.getFirst();
  }

  @Override
  public void execute(Runnable task) {
    loop.execute(task);
  }

  /// Runs a short task again and again.
  void every(int seconds, Runnable task) {
    var _ = loop.scheduleAtFixedRate(task, seconds, seconds, TimeUnit.SECONDS);
  }

  // --- in ---

  @Override
  public void onDatagram(UdpPort port, byte[] data, int offset, int length) {
    isReading = true;
    datagrams++;
    var now = System.nanoTime();
    lastDatagramNanos = now;
    switch (Demux.kind(data, offset, length)) {
      case Demux.RTP -> {
        var path = paths.find(port.sourceHigh(), port.sourceLow(), port.sourcePort());
        if (path == null) {
          dropped++;
        } else {
          path.transport().receiver.onRtp(data, offset, length, now);
        }
      }
      case Demux.RTCP -> {
        var path = paths.find(port.sourceHigh(), port.sourceLow(), port.sourcePort());
        if (path == null) {
          dropped++;
        } else {
          path.transport().feedback.onRtcp(data, offset, length, now);
        }
      }
      case Demux.DTLS -> {
        var path = paths.find(port.sourceHigh(), port.sourceLow(), port.sourcePort());
        if (path == null) {
          dropped++;
        } else {
          path.transport().onDtls(data, offset, length);
        }
      }
      case Demux.STUN -> onStun(port, data, offset, length, now);
      default -> dropped++;
    }
  }

  private void onStun(UdpPort port, byte[] data, int offset, int length, long nowNanos) {
    if (stun.read(data, offset, length) != StunReader.OK) {
      dropped++;
      return;
    }
    var transport = ufrags.find(stun);
    if (transport == null) {
      dropped++;
      return;
    }
    var high = port.sourceHigh();
    var low = port.sourceLow();
    var path = paths.find(high, low, port.sourcePort());
    if (path == null || path.transport() != transport || !path.port().equals(port)) {
      var source = port.source();
      var tuple = new FiveTuple(Protocol.UDP, port.local(), source);
      path = new Path(tuple, transport, port, new Remote(source), high, low);
    }
    transport.onStun(path, stun, nowNanos);
  }

  void add(Path path) {
    paths.put(path.high(), path.low(), path.tuple().remote().getPort(), path);
    startTicking();
  }

  void remove(Path path) {
    var port = path.tuple().remote().getPort();
    if (path.equals(paths.find(path.high(), path.low(), port))) {
      paths.remove(path.high(), path.low(), port);
    }
  }

  // --- out ---

  void markPending(Producer producer) {
    pending.add(producer);
  }

  void markDirty(Transport transport) {
    dirty.add(transport);
  }

  @Override
  public void onBatchEnd(UdpPort port) {
    forwardAll(System.nanoTime());
    isReading = false;
    for (var i = 0; i < ports.size(); i++) {
      ports.get(i).flush();
    }
  }

  /// Forwards what waits, subscriber by subscriber, so that one's packets make one batch.
  void forwardAll(long nowNanos) {
    for (var i = 0; i < pending.size(); i++) {
      var consumers = pending.get(i).consumers;
      for (var j = 0; j < consumers.size(); j++) {
        var consumer = consumers.get(j);
        consumer.transport.markDirty(consumer);
      }
    }
    for (var i = 0; i < dirty.size(); i++) {
      dirty.get(i).forward(nowNanos);
    }
    dirty.clear();
    for (var i = 0; i < pending.size(); i++) {
      pending.get(i).clearPending();
    }
    pending.clear();
  }

  /// What was written outside a read batch leaves now; within one, at its end.
  void flushSoon(PacketPort port) {
    if (!isReading) {
      port.flush();
    }
  }

  // --- time ---

  void startTicking() {
    if (!isTicking) {
      isTicking = true;
      var _ = loop.schedule(this::tick, TICK_NANOS, TimeUnit.NANOSECONDS);
    }
  }

  private void tick() {
    var now = System.nanoTime();
    isReading = true;
    for (var i = 0; i < transports.size(); i++) {
      transports.get(i).onTick(now);
    }
    for (var i = 0; i < routers.size(); i++) {
      routers.get(i).onTick(now);
    }
    isReading = false;
    for (var i = 0; i < ports.size(); i++) {
      ports.get(i).flush();
    }
    if (now - rateSinceNanos >= RATE_NANOS) {
      rate = (forwarded - rateFrom) * RATE_NANOS / (now - rateSinceNanos);
      rateFrom = forwarded;
      rateSinceNanos = now;
    }
    if (transports.isEmpty()) {
      isTicking = false;
      return;
    }
    var next = now - lastDatagramNanos > QUIET_NANOS ? QUIET_TICK_NANOS : TICK_NANOS;
    var _ = loop.schedule(this::tick, next, TimeUnit.NANOSECONDS);
  }

  /// Forgets a transport that was closed. What it had waiting finds no path any more.
  void forget(Transport transport) {
    transport.ufrags.forEach(ufrags::remove);
    transports.remove(transport);
  }

  /// Packets forwarded over the last second or so.
  long packetsPerSecond() {
    return rate;
  }

  long sendFailures() {
    return ports.stream().mapToLong(UdpPort::sendFailures).sum();
  }

  @Override
  public void close() {
    loop.execute(() -> ports.forEach(UdpPort::close));
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
