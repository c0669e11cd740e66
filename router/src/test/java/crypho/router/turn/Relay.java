package crypho.router.turn;

import crypho.base.Secret;
import crypho.router.RouterConfig;
import crypho.router.RouterService;
import crypho.rtc.turn.PeerPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// A router with TURN on loopback, as `crypho router` opens it.
final class Relay implements AutoCloseable {
  static final String SECRET = "a secret of the operator";
  static final InetAddress HOME = InetAddress.getLoopbackAddress();

  final RouterService router;
  final TurnService turn;

  private Relay(RouterService router, TurnService turn) {
    this.router = router;
    this.turn = turn;
  }

  /// What tests vary.
  record Options(
      RouterService.Sockets sockets,
      int loops,
      List<PeerPolicy.Prefix> allowed,
      TurnSettings.Limits limits,
      TurnSettings.@Nullable Tls tls) {
    static final Options PLAIN =
        new Options(RouterService.Sockets.best(), 1, List.of(), TurnSettings.Limits.DEFAULT, null);

    Options with(RouterService.Sockets other) {
      return new Options(other, loops, allowed, limits, tls);
    }

    Options withLoops(int other) {
      return new Options(sockets, other, allowed, limits, tls);
    }

    Options allowing(String address, int bits) {
      var prefix = new PeerPolicy.Prefix(InetAddress.ofLiteral(address), bits);
      return new Options(sockets, loops, List.of(prefix), limits, tls);
    }

    Options with(TurnSettings.Limits other) {
      return new Options(sockets, loops, allowed, other, tls);
    }

    Options with(TurnSettings.Tls other) {
      return new Options(sockets, loops, allowed, limits, other);
    }
  }

  static Relay open(Options options) throws IOException {
    return open(options, HOME);
  }

  static Relay open(Options options, InetAddress external) throws IOException {
    return open(options, external, 0);
  }

  static Relay open(Options options, InetAddress external, int port) throws IOException {
    var router =
        RouterService.open(
            new RouterConfig(
                options.loops(),
                List.of(HOME),
                List.of("127.0.0.1"),
                0,
                null,
                RouterConfig.Limits.USUAL),
            options.sockets());
    var media =
        router.bound().stream().map(at -> new TurnSettings.Announced(at, external)).toList();
    var settings =
        new TurnSettings(
            List.of(HOME),
            List.of(external),
            port,
            options.tls(),
            TurnUser.REALM,
            List.of(secret()),
            TurnSettings.PortRange.DYNAMIC,
            options.allowed(),
            media,
            options.limits());
    try {
      return new Relay(router, TurnService.open(router.eventLoops(), options.sockets(), settings));
    } catch (IOException e) {
      router.close();
      throw e;
    }
  }

  static Secret secret() {
    return Secret.wrap(SECRET.getBytes(StandardCharsets.UTF_8));
  }

  TurnUser udp(String user) throws IOException {
    return TurnUser.udp(turn.udp(), secret(), user);
  }

  TurnUser tcp(String user) throws IOException {
    var at = turn.tcp();
    return TurnUser.stream(new Socket(at.getAddress(), at.getPort()), secret(), user);
  }

  TurnUser tls(String user, Path certificate) throws IOException, GeneralSecurityException {
    var at = secureAddress();
    var socket =
        trusting(certificate).getSocketFactory().createSocket(at.getAddress(), at.getPort());
    return TurnUser.stream(socket, secret(), user);
  }

  InetSocketAddress secureAddress() {
    var at = turn.secure();
    if (at == null) {
      throw new AssertionError("there is no TLS here");
    }
    return at;
  }

  private static SSLContext trusting(Path certificate)
      throws IOException, GeneralSecurityException {
    var store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "turn", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /// A certificate for this machine and its key, made by the JDK's keytool.
  static TurnSettings.Tls certificate(Path folder) throws IOException, InterruptedException {
    var store = folder.resolve("store.p12");
    var tool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    var made =
        new ProcessBuilder(
                tool,
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storepass",
                "password",
                "-storetype",
                "PKCS12",
                "-alias",
                "turn",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!made.waitFor(30, TimeUnit.SECONDS) || made.exitValue() != 0) {
      throw new IOException("keytool has failed");
    }
    try (var in = Files.newInputStream(store)) {
      var keys = KeyStore.getInstance("PKCS12");
      keys.load(in, "password".toCharArray());
      var certificate = folder.resolve("certificate.pem");
      var key = folder.resolve("key.pem");
      Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate("turn").getEncoded()));
      Files.writeString(
          key, pem("PRIVATE KEY", keys.getKey("turn", "password".toCharArray()).getEncoded()));
      return new TurnSettings.Tls(0, certificate, key);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static String pem(String kind, byte[] content) {
    var lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
  }

  @Override
  public void close() {
    turn.close();
    router.close();
  }
}
