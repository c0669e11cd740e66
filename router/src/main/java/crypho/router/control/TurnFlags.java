package crypho.router.control;

import crypho.base.Secret;
import crypho.router.RouterConfig;
import crypho.router.RouterService;
import crypho.router.turn.TurnService;
import crypho.router.turn.TurnSettings;
import crypho.rtc.turn.PeerPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The flags of `crypho router` that begin with `--turn`: without a port for it, there is no TURN.
final class TurnFlags {
  private static final String REALM = "crypho";

  private final Map<String, List<String>> flags;

  private TurnFlags(Map<String, List<String>> flags) {
    this.flags = flags;
  }

  static @Nullable TurnService open(
      Map<String, List<String>> flags,
      RouterConfig router,
      RouterService service,
      RouterService.Sockets sockets)
      throws IOException {
    var settings = new TurnFlags(flags).settings(router, service.bound());
    if (settings == null) {
      return null;
    }
    return TurnService.open(service.eventLoops(), sockets, settings);
  }

  /// @throws IllegalArgumentException or IOException where a flag is wrong
  static void check(Map<String, List<String>> flags, RouterConfig router) throws IOException {
    var _ = new TurnFlags(flags).settings(router, List.of());
  }

  private @Nullable TurnSettings settings(RouterConfig router, List<InetSocketAddress> media)
      throws IOException {
    var port = RouterMain.one(flags, "--turn-port");
    if (port == null) {
      return null;
    }
    var announced = new ArrayList<InetAddress>();
    for (var i = 0; i < router.addresses().size(); i++) {
      announced.add(literal(router.announced().get(i), router.addresses().get(i)));
    }
    var external = new ArrayList<InetAddress>();
    for (var text : flags.getOrDefault("--turn-external", List.of())) {
      external.add(InetAddress.ofLiteral(text));
    }
    return new TurnSettings(
        router.addresses(),
        external.isEmpty() ? announced : external,
        Integer.parseInt(port),
        tls(),
        value("--turn-realm", REALM),
        secrets(),
        relayPorts(),
        allowed(),
        media(router, media, announced),
        TurnSettings.Limits.DEFAULT);
  }

  /// Browsers may be told a name; peers are told addresses.
  private static InetAddress literal(String announced, InetAddress listening) {
    try {
      return InetAddress.ofLiteral(announced);
    } catch (IllegalArgumentException e) {
      return listening;
    }
  }

  private static List<TurnSettings.Announced> media(
      RouterConfig router, List<InetSocketAddress> media, List<InetAddress> announced) {
    var out = new ArrayList<TurnSettings.Announced>();
    for (var bound : media) {
      var index = router.addresses().indexOf(bound.getAddress());
      out.add(new TurnSettings.Announced(bound, announced.get(Math.max(0, index))));
    }
    return out;
  }

  private String value(String flag, String without) {
    var value = RouterMain.one(flags, flag);
    return value == null ? without : value;
  }

  private String needed(String flag) {
    var value = RouterMain.one(flags, flag);
    if (value == null) {
      throw new IllegalArgumentException("TURN needs " + flag);
    }
    return value;
  }

  private TurnSettings.@Nullable Tls tls() {
    var port = RouterMain.one(flags, "--turn-tls-port");
    return port == null
        ? null
        : new TurnSettings.Tls(
            Integer.parseInt(port), Path.of(needed("--turn-cert")), Path.of(needed("--turn-key")));
  }

  /// A line each: the current secret, and while it is replaced the one before it.
  private List<Secret> secrets() throws IOException {
    var out = new ArrayList<Secret>();
    var file = Path.of(needed("--turn-secret-file"));
    for (var line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      if (!line.isBlank()) {
        out.add(Secret.wrap(line.strip().getBytes(StandardCharsets.UTF_8)));
      }
    }
    return out;
  }

  private TurnSettings.PortRange relayPorts() {
    var text = RouterMain.one(flags, "--turn-relay-ports");
    if (text == null) {
      return TurnSettings.PortRange.DYNAMIC;
    }
    var dash = text.indexOf('-');
    return new TurnSettings.PortRange(
        Integer.parseInt(text.substring(0, Math.max(0, dash))),
        Integer.parseInt(text.substring(dash + 1)));
  }

  private List<PeerPolicy.Prefix> allowed() {
    var out = new ArrayList<PeerPolicy.Prefix>();
    for (var text : flags.getOrDefault("--turn-allow-peer", List.of())) {
      var slash = text.indexOf('/');
      var address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
      var bits =
          slash < 0 ? 8 * address.getAddress().length : Integer.parseInt(text.substring(slash + 1));
      out.add(new PeerPolicy.Prefix(address, bits));
    }
    return out;
  }
}
