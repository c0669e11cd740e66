package crypho.rtc.dtls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import crypho.rtc.srtp.SrtpKeys;
import crypho.rtc.srtp.SrtpProfile;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `openssl s_client` over UDP: the keys it exports are those that we give out. Skipped where there
/// is no openssl, which every Debian has (`apt-get install openssl`).
final class OpensslTest {
  private static final Pattern EXPORTED = Pattern.compile("Keying material: ([0-9A-F]+)");

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "SRTP_AEAD_AES_128_GCM, AEAD_AES_128_GCM, sha-256",
    "SRTP_AEAD_AES_256_GCM, AEAD_AES_256_GCM, sha-384",
    "SRTP_AES128_CM_SHA1_80, AES128_CM_HMAC_SHA1_80, sha-512",
    "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM, AEAD_AES_128_GCM, sha-256",
  })
  void itExportsTheSameKeys(String offered, SrtpProfile expected, String algorithm)
      throws Exception {
    assumeTrue(hasOpenssl(), "no openssl");
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "certificate.pem",
        "-subj",
        "/CN=peer",
        "-days",
        "2");
    run("openssl", "x509", "-in", "certificate.pem", "-outform", "DER", "-out", "certificate.der");
    var peer =
        Arrays.stream(DtlsFingerprint.Algorithm.values())
            .filter(known -> known.text().equals(algorithm))
            .map(known -> DtlsFingerprint.of(known, certificate()))
            .findFirst()
            .orElseThrow();
    try (var handshakes = Side.handshakes();
        var loop = Executors.newSingleThreadExecutor();
        var socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      var server = new Side(handshakes, DtlsRole.SERVER, peer, loop);
      serve(server, socket);
      var client = client(socket.getLocalPort(), offered, expected.keyingMaterialBytes());
      var keys = server.keys();
      assertEquals(expected, keys.profile());
      client.getOutputStream().write("Q\n".getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();
      assertEquals(new DtlsEvent.Closed(), server.next());
      assertTrue(client.waitFor(20, TimeUnit.SECONDS));
      var printed = Files.readString(folder.resolve("printed"), StandardCharsets.ISO_8859_1);
      var exported = EXPORTED.matcher(printed);
      assertTrue(exported.find(), printed);
      var theirs = SrtpKeys.split(expected, HexFormat.of().parseHex(exported.group(1)), true);
      assertEquals(theirs, keys);
      assertTrue(printed.contains("Extended master secret: yes"), printed);
    }
  }

  private byte[] certificate() {
    try {
      return Files.readAllBytes(folder.resolve("certificate.der"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean hasOpenssl() {
    try {
      return new ProcessBuilder("openssl", "version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Process client(int port, String profiles, int exportBytes) throws IOException {
    var command =
        new ArrayList<>(
            List.of("openssl", "s_client", "-dtls1_2", "-connect", "127.0.0.1:" + port));
    command.addAll(List.of("-use_srtp", profiles, "-keymatexport", "EXTRACTOR-dtls_srtp"));
    command.addAll(List.of("-keymatexportlen", "" + exportBytes));
    command.addAll(List.of("-cert", "certificate.pem", "-key", "key.pem"));
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("printed").toFile())
        .start();
  }

  private void run(String... command) throws Exception {
    var process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertEquals(0, process.waitFor(), () -> String.join(" ", command));
  }

  /// A driver as small as can be: a thread reads, the loop writes.
  private static void serve(Side server, DatagramSocket socket) {
    var peer = new AtomicReference<SocketAddress>();
    server.wire =
        packet -> {
          try {
            socket.send(new DatagramPacket(packet, packet.length, peer.get()));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };
    Thread.ofVirtual()
        .start(() -> {
          var buffer = new byte[2_048];
          try {
            while (true) {
              var in = new DatagramPacket(buffer, buffer.length);
              socket.receive(in);
              peer.set(in.getSocketAddress());
              server.give(Arrays.copyOf(buffer, in.getLength()));
            }
          } catch (SocketException _) {
            // Closed: the test is over.
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }
}
