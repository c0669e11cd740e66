package crypho.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import crypho.server.db.TestBinaries;
import crypho.server.testing.TestClient;
import crypho.server.testing.TestClient.Refused;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The whole server while what it stands on fails: it says so in the contract's words, comes back
/// by itself, and has lost nothing that it acknowledged.
final class FailureTest {
  private static final Duration RECOVERY_MAX = Duration.ofSeconds(60);
  private static final int BODY_BYTES = 2_000;

  private Path data = Path.of("");
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void makeDirectory() throws IOException {
    data = Files.createTempDirectory("crypho-failure-");
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx--x--x"));
  }

  @AfterEach
  void clean() throws IOException, InterruptedException {
    for (var process : started) {
      process.destroy();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
    try (var files = Files.walk(data)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private Server serve(Path directory) throws Exception {
    return new Server(
        Config.read(List.of("--port", "0", "--data", directory.toString()), Map.of()));
  }

  @Test
  void aFrozenDatabaseIsToldAtOnceAndAKilledOneStartedAgain() throws Exception {
    TestBinaries.linkInto(data);
    try (var server = serve(data)) {
      var client = new TestClient(server.port()).join("frozen@example.org");
      client.send(BODY_BYTES);
      var frozen = databaseProcesses();
      try {
        frozen.forEach(process -> signal("STOP", process));
        await("503 database away", client);
        for (int i = 0; i < 20; i++) {
          var before = Instant.now();
          var refused = assertThrows(Refused.class, () -> client.send(BODY_BYTES));
          assertTrue(refused.is("UNAVAILABLE"), refused.getMessage());
          assertEquals(503, refused.status());
          var took = Duration.between(before, Instant.now());
          assertTrue(took.compareTo(Duration.ofSeconds(1)) < 0, "at once, not after " + took);
        }
      } finally {
        frozen.forEach(process -> signal("CONT", process));
      }
      await("200 ready", client);
      client.send(BODY_BYTES);
      assertEquals(List.of(), client.lost());

      signal("KILL", frozen.getFirst());
      var died = Instant.now();
      sendUntilAccepted(client);
      assertTrue(Duration.between(died, Instant.now()).compareTo(RECOVERY_MAX) < 0);
      await("200 ready", client);
      assertEquals(List.of(), lost(client));
    }
  }

  @Test
  void aFullDiskIsAnErrorUntilThereIsRoom() throws Exception {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=190m,mode=0711", "tmpfs", data.toString()),
        "only root may mount the small disk that this test fills");
    try {
      TestBinaries.linkInto(data);
      try (var server = serve(data)) {
        var client = new TestClient(server.port()).join("full@example.org");
        client.send(BODY_BYTES);
        var filler = data.resolve("filler");
        fill(filler);
        @Nullable Refused refused = null;
        for (int i = 0; i < 2_000 && refused == null; i++) {
          refused = trySend(client, 60_000);
        }
        assertTrue(refused != null && refused.is("UNAVAILABLE"), String.valueOf(refused));
        Files.delete(filler);
        sendUntilAccepted(client);
        await("200 ready", client);
        assertEquals(List.of(), client.lost());
      }
    } finally {
      run("umount", "-l", data.toString());
    }
  }

  @Test
  void aKilledServerAndOneWithFewFilesComeBack() throws Exception {
    TestBinaries.linkInto(data);
    var first = process("exec \"$@\"");
    var client = new TestClient(portOf(first)).join("killed@example.org");
    for (int i = 0; i < 20; i++) {
      client.send(BODY_BYTES);
    }
    first.destroyForcibly().waitFor();

    var second = process("exec \"$@\"");
    client.use(portOf(second));
    assertEquals(List.of(), client.lost());
    useUpTheFilesOf(second);
    awaitAnswer(second);
    sendUntilAccepted(client);
    assertEquals(List.of(), client.lost());

    var port = Integer.toString(portOf(second));
    var other = Files.createDirectory(data.resolve("other"));
    TestBinaries.linkInto(other);
    var third =
        new ProcessBuilder(command("exec \"$@\"", other, port)).redirectErrorStream(true).start();
    started.add(third);
    var words = new String(third.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, third.waitFor());
    assertTrue(words.contains("Port " + port + " is in use"), words);
  }

  /// Leaves the process eight files more than it has open and takes them all: `accept` fails.
  private void useUpTheFilesOf(Process process) throws Exception {
    var filesMax = openFiles(process) + 8;
    assertTrue(
        run("prlimit", "--pid=" + process.pid(), "--nofile=" + filesMax + ":" + filesMax),
        "prlimit of util-linux sets the limit of a running process");
    var crowd = new ArrayList<java.net.Socket>();
    try {
      for (int i = 0; i < 60; i++) {
        crowd.add(new java.net.Socket("localhost", portOf(process)));
      }
      var end = Instant.now().plus(RECOVERY_MAX);
      while (openFiles(process) < filesMax) {
        assertTrue(Instant.now().isBefore(end), "files are left");
        Thread.sleep(20);
      }
      assertThrows(IOException.class, () -> answerOf(process));
    } finally {
      for (var socket : crowd) {
        socket.close();
      }
    }
  }

  private void awaitAnswer(Process process) throws Exception {
    var end = Instant.now().plus(RECOVERY_MAX);
    while (true) {
      try {
        assertEquals("HTTP/1.1 200", answerOf(process));
        return;
      } catch (IOException e) {
        assertTrue(
            Instant.now().isBefore(end),
            () -> "accepts no more: " + words(data.resolve("out-" + started.indexOf(process))));
      }
    }
  }

  private static long openFiles(Process process) throws IOException {
    try (var files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
      return files.count();
    }
  }

  /// What a new connection is answered, within two seconds.
  private String answerOf(Process process) throws IOException, InterruptedException {
    try (var socket = new java.net.Socket("localhost", portOf(process))) {
      socket.setSoTimeout(2_000);
      socket
          .getOutputStream()
          .write(
              "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      var first = new byte[12];
      var read = socket.getInputStream().readNBytes(first, 0, first.length);
      if (read < first.length) {
        throw new java.io.EOFException("cut after " + read + " bytes");
      }
      return new String(first, StandardCharsets.US_ASCII);
    }
  }

  private List<ProcessHandle> databaseProcesses() throws IOException {
    var first = Files.readAllLines(data.resolve("pg/postmaster.pid")).getFirst();
    var postmaster = ProcessHandle.of(Long.parseLong(first.strip())).orElseThrow();
    var all = new ArrayList<>(List.of(postmaster));
    all.addAll(postmaster.descendants().toList());
    return all;
  }

  private static void signal(String name, ProcessHandle process) {
    try {
      run("kill", "-" + name, Long.toString(process.pid()));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  private static void fill(Path file) throws IOException {
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      var block = java.nio.ByteBuffer.allocate(1 << 16);
      while (true) {
        block.clear();
        channel.write(block);
      }
    } catch (IOException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("No space"), String.valueOf(e));
    }
  }

  private static @Nullable Refused trySend(TestClient client, int bytes) {
    try {
      client.send(bytes);
      return null;
    } catch (Refused e) {
      return e;
    }
  }

  /// Every refusal on the way is one that tells a client to come again, or a cut connection.
  private static void sendUntilAccepted(TestClient client) throws InterruptedException {
    var end = Instant.now().plus(RECOVERY_MAX);
    for (var refused = trySend(client, BODY_BYTES);
        refused != null;
        refused = trySend(client, BODY_BYTES)) {
      assertTrue(refused.is("UNAVAILABLE") || refused.status() == 0, refused.getMessage());
      assertTrue(Instant.now().isBefore(end), "not back: " + refused.getMessage());
      Thread.sleep(50);
    }
  }

  /// Asked again while the database is on its way back.
  private static List<ByteString> lost(TestClient client) throws InterruptedException {
    var end = Instant.now().plus(RECOVERY_MAX);
    while (true) {
      try {
        return client.lost();
      } catch (Refused e) {
        assertTrue(e.is("UNAVAILABLE") && Instant.now().isBefore(end), e.getMessage());
        Thread.sleep(50);
      }
    }
  }

  private static void await(String page, TestClient client)
      throws IOException, InterruptedException {
    var end = Instant.now().plus(RECOVERY_MAX);
    while (!client.page("/health/ready").equals(page)) {
      assertTrue(Instant.now().isBefore(end), () -> "never " + page);
      Thread.sleep(50);
    }
  }

  private List<String> command(String shell, Path directory, String port) {
    return List.of(
        "sh",
        "-c",
        shell,
        "sh",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        "crypho.server.app.Main",
        "serve",
        "--port",
        port,
        "--data",
        directory.toString());
  }

  private Process process(String shell) throws IOException {
    var log = data.resolve("out-" + started.size());
    var process =
        new ProcessBuilder(command(shell, data, "0"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    started.add(process);
    return process;
  }

  /// From the words of the process that was started last.
  private int portOf(Process process) throws IOException, InterruptedException {
    var log = data.resolve("out-" + started.indexOf(process));
    var end = Instant.now().plus(RECOVERY_MAX);
    var ready = java.util.regex.Pattern.compile("Crypho is ready on http://localhost:(\\d+)");
    while (Instant.now().isBefore(end)) {
      var found = ready.matcher(Files.readString(log));
      if (found.find()) {
        return Integer.parseInt(found.group(1));
      }
      assertTrue(process.isAlive(), () -> "ended: " + words(log));
      Thread.sleep(50);
    }
    throw new AssertionError("not ready: " + words(log));
  }

  private static String words(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return String.valueOf(e);
    }
  }
}
