package crypho.router.control;

import crypho.base.Secret;
import crypho.router.RouterConfig;
import crypho.router.RouterService;
import crypho.router.WarmUp;
import crypho.router.turn.TurnStats;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// `crypho router`: a router alone, controlled over a channel.
public final class RouterMain {
  private static final Set<String> FLAGS =
      Set.of(
          "--listen",
          "--announce",
          "--port",
          "--tcp-port",
          "--tcp-connections-max",
          "--tcp-per-source-max",
          "--loops",
          "--sockets",
          "--warm-up",
          "--transports-max",
          "--packets-per-second-max",
          "--cpu-share-max",
          "--room-transports-per-loop",
          "--orphan-seconds",
          "--control",
          "--secret-file",
          "--tls-certificate",
          "--tls-key",
          "--turn-port",
          "--turn-tls-port",
          "--turn-cert",
          "--turn-key",
          "--turn-secret-file",
          "--turn-realm",
          "--turn-external",
          "--turn-relay-ports",
          "--turn-allow-peer");

  private static final String USAGE =
      """
      crypho router --control unix:PATH | HOST:PORT --secret-file FILE
                    [--listen ADDRESS]… [--announce ADDRESS]… [--port N] [--loops N]
                    [--tcp-port N | off] [--tcp-connections-max N] [--tcp-per-source-max N]
                    [--sockets native | netty | nio] [--warm-up PACKETS]
                    [--transports-max N] [--packets-per-second-max N] [--cpu-share-max 0-1]
                    [--room-transports-per-loop N] [--orphan-seconds N]
                    [--tls-certificate FILE --tls-key FILE]
                    [--turn-port N --turn-secret-file FILE [--turn-realm NAME]
                     [--turn-external ADDRESS]… [--turn-relay-ports FIRST-LAST]
                     [--turn-tls-port N --turn-cert FILE --turn-key FILE]
                     [--turn-allow-peer ADDRESS/BITS]…]
      """;

  private RouterMain() {}

  public static void main(String[] arguments) throws Exception {
    try {
      run(read(arguments));
    } catch (IllegalArgumentException e) {
      cannotStart(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      cannotStart(e.getClass().getSimpleName() + ": " + e.getMessage());
    }
  }

  private static void cannotStart(String why) {
    System.err.println("The router cannot start: " + why);
    System.exit(2);
  }

  private static void run(Map<String, List<String>> flags) throws Exception {
    var control = one(flags, "--control");
    var secretFile = one(flags, "--secret-file");
    if (control == null || secretFile == null) {
      System.err.print(USAGE);
      System.exit(2);
      return;
    }
    // Whatever is wrong with the flags is to be said before two seconds of warming up.
    var config = config(flags);
    var sockets = RouterService.Sockets.named(one(flags, "--sockets"));
    var secret = secret(Path.of(secretFile));
    var tls = tls(flags);
    var address = address(control);
    ControlServer.check(address, secret, tls);
    TurnFlags.check(flags, config);
    var _ = WarmUp.run(sockets, number(flags, "--warm-up", WarmUp.PACKETS));
    var service = RouterService.open(config, sockets);
    var turn = TurnFlags.open(flags, config, service, sockets);
    if (turn != null) {
      service.addStats(() -> turn.stats().thenApply(TurnStats::toWire));
    }
    ControlServer.open(service, address, secret, tls);
    var stop = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              stop.countDown();
              if (turn != null) {
                turn.close();
              }
              service.close();
            }));
    System.out.println("ready");
    stop.await();
  }

  private static Map<String, List<String>> read(String[] arguments) {
    var out = new HashMap<String, List<String>>();
    for (var i = 0; i < arguments.length; i += 2) {
      if (!FLAGS.contains(arguments[i]) || i + 1 == arguments.length) {
        System.err.println("There is no flag " + arguments[i] + ", or it lacks its value.");
        System.err.print(USAGE);
        System.exit(2);
      }
      out.computeIfAbsent(arguments[i], _ -> new ArrayList<>()).add(arguments[i + 1]);
    }
    return out;
  }

  static @Nullable String one(Map<String, List<String>> flags, String name) {
    var values = flags.get(name);
    return values == null ? null : values.getLast();
  }

  private static int number(Map<String, List<String>> flags, String name, int without) {
    var value = one(flags, name);
    try {
      return value == null ? without : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " is a whole number", e);
    }
  }

  private static int positive(Map<String, List<String>> flags, String name, int without) {
    var value = number(flags, name, without);
    if (value < 1) {
      throw new IllegalArgumentException(name + " is a number from 1 on");
    }
    return value;
  }

  private static RouterConfig.Limits limits(Map<String, List<String>> flags) {
    var usual = RouterConfig.Limits.USUAL;
    var share = one(flags, "--cpu-share-max");
    return new RouterConfig.Limits(
        positive(flags, "--transports-max", usual.transportsMax()),
        positive(flags, "--packets-per-second-max", (int) usual.packetsPerSecondMax()),
        share == null ? usual.cpuShareMax() : share(share),
        positive(flags, "--room-transports-per-loop", usual.roomTransportsPerLoop()),
        positive(flags, "--orphan-seconds", usual.orphanSeconds()));
  }

  private static double share(String text) {
    try {
      var value = Double.parseDouble(text);
      if (value > 0 && value <= 1) {
        return value;
      }
    } catch (NumberFormatException _) {
      // Told below.
    }
    throw new IllegalArgumentException("--cpu-share-max is a number above 0, up to 1");
  }

  private static RouterConfig config(Map<String, List<String>> flags) throws IOException {
    var names = flags.getOrDefault("--listen", List.of("127.0.0.1"));
    var addresses = new ArrayList<InetAddress>();
    for (var name : names) {
      addresses.add(InetAddress.getByName(name));
    }
    return new RouterConfig(
        number(flags, "--loops", Runtime.getRuntime().availableProcessors()),
        addresses,
        flags.getOrDefault("--announce", names),
        number(flags, "--port", 0),
        tcp(flags),
        limits(flags));
  }

  private static RouterConfig.@Nullable Tcp tcp(Map<String, List<String>> flags) {
    var usual = RouterConfig.Tcp.USUAL;
    if ("off".equals(one(flags, "--tcp-port"))) {
      return null;
    }
    return new RouterConfig.Tcp(
        number(flags, "--tcp-port", usual.firstPort()),
        positive(flags, "--tcp-connections-max", usual.connectionsMax()),
        positive(flags, "--tcp-per-source-max", usual.perSourceMax()));
  }

  private static SocketAddress address(String text) throws IOException {
    if (text.startsWith("unix:")) {
      var path = Path.of(text.substring("unix:".length()));
      // One that a killed router left would be in the way.
      Files.deleteIfExists(path);
      return UnixDomainSocketAddress.of(path);
    }
    var colon = text.lastIndexOf(':');
    return new InetSocketAddress(
        InetAddress.getByName(text.substring(0, colon)),
        Integer.parseInt(text.substring(colon + 1)));
  }

  private static Secret secret(Path file) throws IOException {
    var text = Files.readString(file, StandardCharsets.US_ASCII).strip();
    return Secret.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static @Nullable SslContext tls(Map<String, List<String>> flags) throws IOException {
    var certificate = one(flags, "--tls-certificate");
    var key = one(flags, "--tls-key");
    return certificate == null || key == null
        ? null
        : SslContextBuilder.forServer(new File(certificate), new File(key)).build();
  }
}
