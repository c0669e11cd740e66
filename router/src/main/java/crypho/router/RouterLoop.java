package crypho.router;

import crypho.router.net.AddressTable;
import crypho.router.net.NativeUdpPort;
import crypho.router.net.NettyUdpPort;
import crypho.router.net.PacketPort;
import crypho.router.net.Remote;
import crypho.router.net.TcpConnection;
import crypho.router.net.UdpPort;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.IceLiteAgent;
import crypho.rtc.ice.Protocol;
import crypho.rtc.ice.UfragTable;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.RtpHeader;
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
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One event loop with its sockets and rooms. Sorts what arrives, lets it wait in its producer
/// until the sockets are empty, then forwards everything subscriber by subscriber and flushes once.
/// No queue, lock or wake-up per packet.
final class RouterLoop implements UdpPort.Receiver, Executor, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RouterLoop.class);

  /// Faults told in the log before the rest are only counted.
  private static final int FAULTS_TOLD_MAX = 10;

  private static final long TICK_NANOS = 20_000_000L;

  /// Between ticks while nothing has arrived for [#QUIET_NANOS].
  private static final long QUIET_TICK_NANOS = 1_000_000_000L;

  private static final long QUIET_NANOS = 2_000_000_000L;

  private final MultiThreadIoEventLoopGroup group;
  private final IoEventLoop loop;
  private final List<UdpPort> ports = new ArrayList<>();
  private final AddressTable<Path> paths = new AddressTable<>();
  private final StunReader stun = new StunReader(IceLiteAgent.UNDERSTOOD);
  private final IceTcp tcp = new IceTcp(this);
  private final SourceLimiter sources = new SourceLimiter(new SecureRandom().nextLong());
  private final List<Producer> pending = new ArrayList<>();

  /// Copies of producers whose originals live on other loops.
  private final List<Producer> copies = new ArrayList<>();

  /// To each loop that has had a copy of a producer of this one.
  private final List<HandOver> handOvers = new ArrayList<>();

  private final List<Transport> dirty = new ArrayList<>();
  final UfragTable<Transport> ufrags = new UfragTable<>();
  final List<Transport> transports = new ArrayList<>();
  final List<Router> routers = new ArrayList<>();
  final List<Branch> branches = new ArrayList<>();
  final int index;
  final byte[] scratch = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
  final byte[] plain = new byte[PacketPort.PACKET_BYTES_MAX];
  final ResendScratch resendScratch = new ResendScratch();
  final FeedbackScratch feedbackScratch = new FeedbackScratch();

  /// From where the message came that is being answered.
  @Nullable Path answering;

  private boolean isReading;
  private boolean isTicking;
  private long lastDatagramNanos;

  private final LoopLoad load = new LoopLoad();

  long datagrams;
  long rateLimited;
  long dropped;
  long forwarded;

  /// Work that ended in an exception where a verdict was due: mistakes of ours. Each costs what it
  /// was doing and nothing else.
  long faults;

  RouterLoop(int index, RouterService.Sockets sockets, List<InetSocketAddress> addresses)
      throws IOException {
    this.index = index;
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

  IoEventLoop eventLoop() {
    return loop;
  }

  /// Where the sockets are bound, in the order of the addresses.
  List<InetSocketAddress> bound() {
    return ports.stream().map(UdpPort::local).toList();
  }

  IceTcp tcp() {
    return tcp;
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
    try {
      sort(port, data, offset, length, now);
    } catch (RuntimeException e) {
      onFault(e);
    }
  }

  private void sort(UdpPort port, byte[] data, int offset, int length, long now) {
    var path = paths.find(port.sourceHigh(), port.sourceLow(), port.sourcePort());
    var kind = Demux.kind(data, offset, length);
    if (kind == Demux.STUN) {
      onStun(port, path, data, offset, length, now);
    } else if (path == null) {
      dropped++;
    } else {
      deliver(path, kind, data, offset, length, now);
    }
  }

  private void deliver(Path path, int kind, byte[] data, int offset, int length, long now) {
    var transport = path.transport();
    switch (kind) {
      case Demux.RTP -> transport.receiver.onRtp(data, offset, length, now);
      case Demux.RTCP -> transport.feedback.onRtcp(data, offset, length, now);
      case Demux.DTLS -> transport.onDtls(path.tuple().remote().getAddress(), data, offset, length);
      default -> dropped++;
    }
  }

  private void onStun(
      UdpPort port, @Nullable Path known, byte[] data, int offset, int length, long nowNanos) {
    var high = port.sourceHigh();
    var low = port.sourceLow();
    if (known == null && sources.isOver(nowNanos, high, low)) {
      rateLimited++;
      return;
    }
    var transport = named(data, offset, length);
    if (transport == null) {
      onStranger(high, low);
      return;
    }
    var path = known;
    if (path == null || path.transport() != transport || !path.port().equals(port)) {
      var source = port.source();
      var tuple = new FiveTuple(Protocol.UDP, port.local(), source);
      path = new Path(tuple, transport, port, new Remote(source), high, low);
    }
    if (!transport.onStun(path, stun, nowNanos)) {
      sources.onFailure(high, low);
    }
  }

  /// Whose check this is; null where it is none, or of nobody. It stays in [#stun].
  private @Nullable Transport named(byte[] data, int offset, int length) {
    return stun.read(data, offset, length) == StunReader.OK ? ufrags.find(stun) : null;
  }

  private void onStranger(long high, long low) {
    dropped++;
    sources.onFailure(high, low);
  }

  /// A packet on a connection; [#onReadEnd] follows.
  void onFrame(TcpConnection connection, @Nullable Path path, byte[] data, int offset, int length) {
    isReading = true;
    datagrams++;
    var now = System.nanoTime();
    lastDatagramNanos = now;
    try {
      var kind = Demux.kind(data, offset, length);
      if (kind == Demux.STUN) {
        onStun(connection, path, data, offset, length, now);
      } else if (path == null) {
        dropped++;
        connection.refuse();
      } else {
        deliver(path, kind, data, offset, length, now);
      }
    } catch (RuntimeException e) {
      onFault(e);
    }
  }

  private void onStun(
      TcpConnection connection,
      @Nullable Path known,
      byte[] data,
      int offset,
      int length,
      long nowNanos) {
    var ip = connection.path().remote().getAddress();
    var high = known == null ? AddressTable.high(ip) : known.high();
    var low = known == null ? AddressTable.low(ip) : known.low();
    if (known == null && sources.isOver(nowNanos, high, low)) {
      rateLimited++;
      connection.refuse();
      return;
    }
    var transport = named(data, offset, length);
    if (transport == null || (known != null && known.transport() != transport)) {
      onStranger(high, low);
      return;
    }
    var path =
        known == null
            ? new Path(connection.path(), transport, connection, connection.remote(), high, low)
            : known;
    if (!transport.onStun(path, stun, nowNanos)) {
      sources.onFailure(high, low);
    }
  }

  void add(Path path) {
    if (path.port() instanceof TcpConnection connection) {
      connection.attach(path);
      connection.prove(true);
    } else {
      paths.put(path.high(), path.low(), path.tuple().remote().getPort(), path);
    }
    startTicking();
  }

  void remove(Path path) {
    if (path.port() instanceof TcpConnection connection) {
      connection.attach(null);
      connection.prove(false);
      return;
    }
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
    onReadEnd();
  }

  /// A socket has nothing more to read: what came leaves.
  void onReadEnd() {
    forwardAll(System.nanoTime());
    isReading = false;
    flushAll();
  }

  /// Forwards what waits, subscriber by subscriber, so that one's packets make one batch. Other
  /// loops get it first: consumers here write into the packets that they share.
  void forwardAll(long nowNanos) {
    if (!handOvers.isEmpty()) {
      handOver();
    }
    for (var i = 0; i < pending.size(); i++) {
      var consumers = pending.get(i).consumers;
      for (var j = 0; j < consumers.size(); j++) {
        var consumer = consumers.get(j);
        consumer.transport.markDirty(consumer);
      }
    }
    for (var i = 0; i < dirty.size(); i++) {
      try {
        dirty.get(i).forward(nowNanos);
      } catch (RuntimeException e) {
        onFault(e);
      }
    }
    dirty.clear();
    for (var i = 0; i < pending.size(); i++) {
      pending.get(i).clearPending();
    }
    pending.clear();
  }

  private void handOver() {
    for (var i = 0; i < pending.size(); i++) {
      var producer = pending.get(i);
      for (var j = 0; j < producer.copies.size(); j++) {
        var copy = producer.copies.get(j);
        if (copy.isWanted) {
          handOverTo(copy.loop).add(producer, copy);
        }
      }
    }
    for (var i = 0; i < handOvers.size(); i++) {
      handOvers.get(i).publish();
    }
  }

  private HandOver handOverTo(RouterLoop other) {
    for (var i = 0; i < handOvers.size(); i++) {
      if (handOvers.get(i).to == other) {
        return handOvers.get(i);
      }
    }
    var made = new HandOver(other);
    handOvers.add(made);
    return made;
  }

  /// A copy will get packets.
  void addCopy(Producer copy) {
    copies.add(copy);
    startTicking();
  }

  /// On the original's loop: room for hand-overs is there from the first copy on.
  void prepareHandOver(RouterLoop other) {
    var _ = handOverTo(other);
  }

  void removeCopy(Producer copy) {
    copies.remove(copy);
  }

  /// A packet of a copy, from the loop that received it; [#onReadEnd] follows.
  void onHandedOver(Producer copy, int source, byte[] data, int offset, int length) {
    isReading = true;
    var now = System.nanoTime();
    lastDatagramNanos = now;
    if (copy.isClosed) {
      return;
    }
    if (copy.isFull()) {
      forwardAll(now);
    }
    var stream = copy.streams[source];
    var at = stream.ring.reserve(length, now);
    System.arraycopy(data, offset, stream.ring.data(), at, length);
    var packet = copy.next();
    if (packet.header.read(stream.ring.data(), at, length) == RtpHeader.OK) {
      var _ = copy.settle(stream, packet, stream.ring.data(), length, now);
    }
  }

  /// Packets that other loops could not be handed in time.
  long leftBehind() {
    return handOvers.stream().mapToLong(HandOver::leftBehind).sum();
  }

  private void flushAll() {
    for (var i = 0; i < ports.size(); i++) {
      ports.get(i).flush();
    }
    tcp.flush();
  }

  /// The message is left out of the log: it may quote what a client sent.
  void onFault(RuntimeException e) {
    faults++;
    if (faults <= FAULTS_TOLD_MAX) {
      LOG.error("{} in a loop, at {}", e.getClass().getName(), List.of(e.getStackTrace()));
    }
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
      try {
        transports.get(i).onTick(now);
      } catch (RuntimeException e) {
        onFault(e);
      }
    }
    for (var i = 0; i < copies.size(); i++) {
      passKeyFrameWishesOn(copies.get(i), now);
    }
    for (var i = 0; i < branches.size(); i++) {
      branches.get(i).onTick(now);
    }
    for (var i = 0; i < routers.size(); i++) {
      routers.get(i).onTick(now);
    }
    isReading = false;
    flushAll();
    load.onTick(now, forwarded);
    if (transports.isEmpty() && routers.isEmpty() && copies.isEmpty()) {
      isTicking = false;
      load.rest();
      return;
    }
    var next = now - lastDatagramNanos > QUIET_NANOS ? QUIET_TICK_NANOS : TICK_NANOS;
    var _ = loop.schedule(this::tick, next, TimeUnit.NANOSECONDS);
  }

  private static void passKeyFrameWishesOn(Producer copy, long nowNanos) {
    var original = copy.origin;
    for (var i = 0; i < copy.streams.length && original != null; i++) {
      if (copy.streams[i].keyFrames.poll(nowNanos)) {
        var stream = original.streams[i];
        original.loop.execute(stream.keyFrames::request);
      }
    }
  }

  /// Runs a short task on this loop after a while.
  void in(long nanos, Runnable task) {
    var _ = loop.schedule(task, nanos, TimeUnit.NANOSECONDS);
  }

  /// Forgets a transport that was closed. What it had waiting finds no path any more.
  void forget(Transport transport) {
    transport.ufrags.forEach(ufrags::remove);
    transports.remove(transport);
  }

  /// How busy the loop is; any thread may ask.
  LoopLoad load() {
    return load;
  }

  long rateLimited() {
    return rateLimited;
  }

  long oversized() {
    return ports.stream().mapToLong(UdpPort::oversized).sum();
  }

  long sendFailures() {
    return ports.stream().mapToLong(UdpPort::sendFailures).sum();
  }

  @Override
  public void close() {
    loop.execute(() -> {
      ports.forEach(UdpPort::close);
      tcp.close();
    });
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
