package crypho.router.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Debian's `turnutils_uclient` against our relay: another's idea of the protocol. Skipped where it
/// is not installed (`apt-get install coturn`); `./crypho test` installs it.
final class CoturnTest {
  private static final String PEERS = "127.0.0.9";
  private static final Pattern TOTALS =
      Pattern.compile("tot_send_msgs=(\\d+), tot_recv_msgs=(\\d+)");
  private static final int WAIT_SECONDS = 60;

  @TempDir private Path folder;

  /// With an echo for a peer, by channels and by indications; and in pairs, each client on a relay
  /// of ours, for which no address is opened. All at once: it waits much at its beginning and end.
  @Test
  void itsPacketsComeBack() throws Exception {
    assumeTrue(hasClient(), "no turnutils_uclient");
    var tls = Relay.certificate(folder);
    var limits = new TurnSettings.Limits(100, 100, 100, 100);
    var options = Relay.Options.PLAIN.allowing(PEERS, 32).with(tls).with(limits);
    try (var relay = Relay.open(options);
        var echo = new DatagramSocket(0, InetAddress.ofLiteral(PEERS))) {
      // Ends when its socket is closed.
      Thread.ofVirtual().start(() -> echo(echo));
      var peer = " -e " + PEERS + " -r " + echo.getLocalPort();
      var runs =
          List.of(
              start(relay, peer),
              start(relay, "-s" + peer),
              start(relay, "-t" + peer),
              start(relay, "-t -S" + peer),
              start(relay, "-y"),
              start(relay, "-y -s"),
              start(relay, "-y -t"),
              start(relay, "-y -t -S"));
      try {
        for (var run : runs) {
          assertEverythingCameBack(run);
        }
      } finally {
        runs.forEach(run -> run.process().destroyForcibly());
      }
      assertEquals(0, relay.turn.stats().join().tooSlow());
    }
  }

  private static int port(Relay relay, String flags) {
    if (flags.contains("-S")) {
      return relay.secureAddress().getPort();
    }
    return flags.contains("-t") ? relay.turn.tcp().getPort() : relay.turn.udp().getPort();
  }

  private record Run(String flags, Process process, Path output) {}

  private Run start(Relay relay, String flags) throws IOException {
    var words =
        new ArrayList<>(
            List.of("turnutils_uclient", "-u", "anna", "-W", Relay.SECRET, "-m", "2", "-n", "100"));
    words.addAll(List.of("-z", "10", "-l", "1000", "-c"));
    words.addAll(List.of("-p", Integer.toString(port(relay, flags))));
    words.addAll(List.of(flags.strip().split(" ", -1)));
    words.add(relay.turn.udp().getAddress().getHostAddress());
    var output = Files.createTempFile(folder, "run", ".txt");
    var process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    return new Run(flags, process, output);
  }

  private static void assertEverythingCameBack(Run run) throws IOException, InterruptedException {
    assertTrue(run.process().waitFor(WAIT_SECONDS, TimeUnit.SECONDS), run.flags());
    var output = Files.readString(run.output(), StandardCharsets.UTF_8);
    var totals = TOTALS.matcher(output);
    var sent = 0;
    var received = -1;
    while (totals.find()) {
      sent = Integer.parseInt(totals.group(1));
      received = Integer.parseInt(totals.group(2));
    }
    assertTrue(sent >= 200, run.flags() + output);
    assertEquals(sent, received, run.flags() + output);
  }

  private static void echo(DatagramSocket socket) {
    var packet = new DatagramPacket(new byte[2_048], 2_048);
    try {
      while (!socket.isClosed()) {
        packet.setLength(2_048);
        socket.receive(packet);
        socket.send(packet);
      }
    } catch (SocketException e) {
      // Closed: the test is over.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean hasClient() throws InterruptedException {
    try {
      var process =
          new ProcessBuilder("turnutils_uclient", "-?")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (IOException e) {
      return false;
    }
  }
}
