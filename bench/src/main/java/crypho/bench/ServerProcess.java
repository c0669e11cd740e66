package crypho.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The packaged server as a process of its own, started as a person starts it: by the entry script.
final class ServerProcess implements AutoCloseable {
  private static final Duration READY_MAX = Duration.ofMinutes(2);
  private static final long POLL_MS = 5;

  private final Process process;
  private final Path data;
  private final int port;
  private final double readySeconds;

  private ServerProcess(Process process, Path data, int port, double readySeconds) {
    this.process = process;
    this.data = data;
    this.port = port;
    this.readySeconds = readySeconds;
  }

  /// Starts and waits until it is ready.
  ///
  /// @param data made where it is not there
  /// @param settings more flags of `serve`
  static ServerProcess start(Path home, Path data, int port, List<String> settings)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(home.resolve("crypho").toString());
    command.addAll(List.of("serve", "--port", Integer.toString(port), "--data", data.toString()));
    command.addAll(settings);
    var log = data.resolveSibling(data.getFileName() + ".log").toFile();
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log));
    var began = System.nanoTime();
    var process = builder.start();
    awaitReady(process, port, log.toPath());
    return new ServerProcess(process, data, port, (System.nanoTime() - began) / 1e9);
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void awaitReady(Process process, int port, Path log) throws IOException {
    var end = System.nanoTime() + READY_MAX.toNanos();
    var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    try (client) {
      while (System.nanoTime() < end) {
        if (!process.isAlive()) {
          var words = Files.readAllLines(log);
          var last = words.subList(Math.max(0, words.size() - 20), words.size());
          throw new IOException("the server ended:\n" + String.join("\n", last));
        }
        if (listens(port) && isReady(client, port)) {
          return;
        }
        Thread.sleep(POLL_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
    throw new IOException("the server is not ready after " + READY_MAX.toSeconds() + " s: " + log);
  }

  private static boolean listens(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isReady(HttpClient client, int port) throws InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/health/ready"))
            .timeout(Duration.ofSeconds(2))
            .build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  double readySeconds() {
    return readySeconds;
  }

  /// PostgreSQL's processes for our data directory: the postmaster and what it has forked.
  List<Long> databasePids() {
    var cluster = data.toAbsolutePath().normalize().resolve("pg").toString();
    return Proc.allPids().stream()
        .filter(pid -> Proc.commandLine(pid).contains(cluster))
        .flatMap(ServerProcess::withDescendants)
        .distinct()
        .toList();
  }

  private static Stream<Long> withDescendants(long pid) {
    return Stream.concat(
        Stream.of(pid),
        ProcessHandle.of(pid).stream().flatMap(ProcessHandle::descendants).map(ProcessHandle::pid));
  }

  double serverCpuSeconds() {
    return Proc.cpuSeconds(pid());
  }

  double databaseCpuSeconds() {
    return Proc.cpuSeconds(databasePids());
  }

  /// Asks the server's JVM to collect, so that memory is what is really held.
  void collectGarbage() throws IOException, InterruptedException {
    for (var i = 0; i < 2; i++) {
      jcmd("GC.run");
      Thread.sleep(500);
    }
  }

  private void jcmd(String command) throws IOException, InterruptedException {
    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var run =
        new ProcessBuilder(jcmd, Long.toString(pid()), command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    run.waitFor(30, TimeUnit.SECONDS);
  }

  /// As a power cut does it: nothing is drained.
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(20, TimeUnit.SECONDS);
  }

  /// Kills the database too, the postmaster last so that it starts nothing again.
  void killDatabase() {
    databasePids().reversed().stream()
        .map(ProcessHandle::of)
        .flatMap(Optional::stream)
        .forEach(ProcessHandle::destroyForcibly);
  }

  /// Ends it in order, as Ctrl-C does.
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(40, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        killDatabase();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (var paths = Files.walk(root)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
