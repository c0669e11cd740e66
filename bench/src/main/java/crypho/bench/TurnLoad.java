package crypho.bench;

import crypho.base.Secret;
import crypho.router.net.NativeUdpSockets;
import crypho.router.net.Remote;
import crypho.router.net.UdpSocket;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Load for a TURN server, as a process of its own: clients that each send at an even pace on a
/// channel, and one peer that sends everything back. One thread; prints one line of JSON.
///
/// Every packet of the payload begins with when it was sent, so that the way there and back through
/// the relay is timed. Arguments are `name=value`; see [#main].
public final class TurnLoad {
  /// Nobody's clock of sending is finer; each beat sends what is due, and no two clients' packets
  /// leave as one.
  private static final long BEAT_NANOS = 500_000L;

  private static final long RETRY_NANOS = 500_000_000L;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final int LATENCIES_MAX = 4_000_000;

  /// A packet that is not back so long after the end is lost.
  private static final long LATE_MILLIS = 500;

  private static final int START_SECONDS_MAX = 30;

  private final IoEventLoop loop;
  private final NativeUdpSockets sockets;
  private final UdpSocket peer;
  private final List<TurnLoadClient> clients = new ArrayList<>();
  private final byte[] frame;

  /// By their ports.
  private final @Nullable Remote[] relays = new Remote[65_536];

  private final long intervalNanos;
  private final long[] latencies = new long[LATENCIES_MAX];
  private int latencyCount;
  private boolean isCounting;
  private boolean isSending;
  private long sent;
  private long echoed;
  private long returned;

  // Packets sent in this time are those of which none may be lost.
  private long fromNanos = Long.MAX_VALUE;
  private long toNanos = Long.MAX_VALUE;
  private long arrived;
  private long lagNanosMax;

  private TurnLoad(IoEventLoop loop, Map<String, String> options) throws Exception {
    this.loop = loop;
    this.sockets = new NativeUdpSockets(loop, this::onDatagram);
    var own = InetAddress.getByName(text(options, "bind"));
    this.peer = sockets.open(new InetSocketAddress(own, 0), this);
    var server =
        new InetSocketAddress(
            InetAddress.getByName(text(options, "server")), number(options, "port"));
    var secret = Secret.wrap(text(options, "secret").getBytes(StandardCharsets.UTF_8));
    for (var i = 0; i < number(options, "clients"); i++) {
      var client = new TurnLoadClient(server, peer.local(), secret, "client" + i);
      client.socket = sockets.open(new InetSocketAddress(own, 0), client);
      clients.add(client);
    }
    this.frame = TurnLoadClient.frame(number(options, "bytes"));
    this.intervalNanos = SECOND_NANOS / number(options, "pps");
  }

  private static String text(Map<String, String> options, String name) {
    return Objects.requireNonNull(options.get(name), name);
  }

  private static int number(Map<String, String> options, String name) {
    return Integer.parseInt(text(options, name));
  }

  private void onDatagram(UdpSocket socket, byte[] data, int offset, int length) {
    if (socket.owner() instanceof TurnLoadClient client) {
      onClient(client, data, offset, length);
    } else {
      echoed += isCounting ? 1 : 0;
      var relay = relays[sockets.sourcePort()];
      if (relay != null) {
        peer.send(relay, data, offset, length);
      }
    }
  }

  private void onClient(TurnLoadClient client, byte[] data, int offset, int length) {
    if ((data[offset] & 0xc0) == 0x40) {
      var at = ByteBuffer.wrap(data, offset + TurnLoadClient.HEADER_BYTES, 8).getLong();
      returned += isCounting ? 1 : 0;
      if (at >= fromNanos && at < toNanos) {
        arrived++;
        if (latencyCount < LATENCIES_MAX) {
          latencies[latencyCount++] = System.nanoTime() - at;
        }
      }
      return;
    }
    client.onAnswer(data, offset, length);
    var relayed = client.relayed;
    if (relayed != null) {
      relays[relayed.getPort()] = new Remote(relayed);
    }
  }

  // --- beats ---

  private void beat() {
    var now = System.nanoTime();
    for (var client : clients) {
      if (!client.isBound) {
        if (now - client.askedNanos > RETRY_NANOS) {
          client.ask(now);
        }
      } else if (isSending) {
        pump(client, now);
      }
    }
    sockets.flush();
    var _ = loop.schedule(this::beat, BEAT_NANOS, TimeUnit.NANOSECONDS);
  }

  private void pump(TurnLoadClient client, long now) {
    for (; client.dueNanos <= now; client.dueNanos += intervalNanos) {
      var at = System.nanoTime();
      if (at >= fromNanos && at < toNanos) {
        sent++;
        lagNanosMax = Math.max(lagNanosMax, at - client.dueNanos);
      }
      ByteBuffer.wrap(frame).putLong(TurnLoadClient.HEADER_BYTES, at);
      client.socket.send(client.server, frame, 0, frame.length);
    }
  }

  private void startSending() {
    var now = System.nanoTime();
    for (var i = 0; i < clients.size(); i++) {
      clients.get(i).dueNanos = now + i * intervalNanos / clients.size();
    }
    isSending = true;
  }

  private List<Integer> refusals() {
    return clients.stream().map(client -> client.refusal).filter(code -> code != 0).toList();
  }

  private boolean areAllBound() {
    return clients.stream().allMatch(client -> client.isBound);
  }

  /// @param arguments `server=IP port=N bind=IP secret=TEXT clients=100 pps=200 bytes=1200 warm=5
  ///   secs=5 pid=N`; `pid` is the server's, whose CPU time and memory are read
  public static void main(String[] arguments) throws Exception {
    var options = new HashMap<String, String>();
    for (var argument : arguments) {
      var equals = argument.indexOf('=');
      options.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    var group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    var loop = group.next();
    var load =
        CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return new TurnLoad(loop, options);
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                },
                loop)
            .get();
    loop.execute(load::beat);
    // Echoes leave once the loop has read what there is.
    var _ = loop.scheduleAtFixedRate(load.sockets::flush, 0, BEAT_NANOS / 2, TimeUnit.NANOSECONDS);
    try {
      System.out.println(load.measure(options));
      System.exit(0);
    } catch (IllegalStateException e) {
      // The loop's thread would keep the process.
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private <T> T on(Supplier<T> work) throws Exception {
    return CompletableFuture.supplyAsync(work, loop).get();
  }

  private String measure(Map<String, String> options) throws Exception {
    var end = System.nanoTime() + START_SECONDS_MAX * SECOND_NANOS;
    while (!on(this::areAllBound)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "the server did not give every client a relay; refused with " + on(this::refusals));
      }
      Thread.sleep(50);
    }
    loop.execute(this::startSending);
    Thread.sleep(number(options, "warm") * 1_000L);
    var pid = Long.parseLong(text(options, "pid"));
    var cpuBefore = Proc.cpuSeconds(pid);
    var from = System.nanoTime();
    loop.execute(() -> {
      isCounting = true;
      fromNanos = System.nanoTime();
    });
    Thread.sleep(number(options, "secs") * 1_000L);
    var cpu = Proc.cpuSeconds(pid);
    var seconds = (System.nanoTime() - from) / 1e9;
    loop.execute(() -> {
      isCounting = false;
      toNanos = System.nanoTime();
    });
    Thread.sleep(LATE_MILLIS);
    var out = on(() -> result(cpu - cpuBefore, seconds));
    loop.execute(() -> {
      isSending = false;
      clients.forEach(TurnLoadClient::release);
    });
    Thread.sleep(LATE_MILLIS);
    return out.replace("}", ",\"rss_mb\":" + Math.round(Proc.rssKib(pid) / 1_024) + "}");
  }

  private String result(double cpu, double seconds) {
    Arrays.sort(latencies, 0, latencyCount);
    var forwarded = echoed + returned;
    return String.format(
        Locale.ROOT,
        "{\"fwd_per_cpu_s\":%.0f,\"fwd_pps\":%.0f,\"cpu_s\":%.3f,\"sent\":%d,\"lost\":%d,"
            + "\"p50_us\":%.0f,\"p99_us\":%.0f,\"pacer_lag_us\":%.0f}",
        forwarded / cpu,
        forwarded / seconds,
        cpu,
        sent,
        sent - arrived,
        percentile(0.5),
        percentile(0.99),
        lagNanosMax / 1e3);
  }

  private double percentile(double share) {
    return latencyCount == 0 ? 0 : latencies[(int) (share * (latencyCount - 1))] / 1e3;
  }
}
