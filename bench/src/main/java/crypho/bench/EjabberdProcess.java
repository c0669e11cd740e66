package crypho.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// ejabberd in the foreground as a child of ours, with the flags that its own script gives the
/// Erlang machine, but without a node name: then it needs no epmd and nobody else can reach it. Its
/// standard input is ours; when that ends, however we end, it halts.
final class EjabberdProcess implements AutoCloseable {
  static final Path SCRIPT = Path.of("/usr/sbin/ejabberdctl");
  private static final Duration READY_MAX = Duration.ofMinutes(1);
  private static final int POLL_MS = 5;
  private static final int END_SECONDS_MAX = 20;
  private static final String COLLECTED = "collected";

  /// Erlang offers no signal for this: a line on standard input makes every process collect.
  private static final String CONTROL =
      "spawn(fun() -> F = fun G() -> case io:get_line(\"\") of"
          + " \"gc\\n\" -> [erlang:garbage_collect(P) || P <- processes()],"
          + " io:format(\"~n"
          + COLLECTED
          + "~n\"), G();"
          + " _ -> erlang:halt(0) end end, F() end).";

  private final Process process;
  private final int port;
  private final double readySeconds;
  private final Semaphore collected;

  private EjabberdProcess(Process process, int port, double readySeconds, Semaphore collected) {
    this.process = process;
    this.port = port;
    this.readySeconds = readySeconds;
    this.collected = collected;
  }

  /// Starts and waits until a client is greeted.
  ///
  /// @param home for its configuration, its spool and its log; made where it is not there
  static EjabberdProcess start(Path home, EjabberdData data, int port) throws IOException {
    Files.createDirectories(home);
    var configuration = home.resolve("ejabberd.yml");
    var log = home.resolve("ejabberd.log");
    Files.deleteIfExists(configuration);
    Files.createFile(
        configuration,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(configuration, configuration(data, port));
    var builder =
        new ProcessBuilder(
                "erl",
                "+K",
                "true",
                "+P",
                "250000",
                "-noshell",
                "-mnesia",
                "dir",
                "\"" + home.resolve("spool") + "\"",
                "-s",
                "ejabberd",
                "-eval",
                CONTROL)
            .directory(home.toFile())
            .redirectErrorStream(true);
    builder.environment().put("ERL_LIBS", libraries());
    builder.environment().put("ERL_MAX_PORTS", "32000");
    builder.environment().put("ERL_CRASH_DUMP_BYTES", "0");
    builder.environment().put("EJABBERD_CONFIG_PATH", configuration.toString());
    builder.environment().put("EJABBERD_LOG_PATH", log.toString());
    var began = System.nanoTime();
    var process = builder.start();
    var collected = new Semaphore(0);
    Thread.ofVirtual().name("ejabberd-words").start(() -> listen(process, home, collected));
    awaitReady(process, port, home);
    return new EjabberdProcess(process, port, (System.nanoTime() - began) / 1e9, collected);
  }

  /// Where Debian keeps ejabberd's modules, which its script tells Erlang.
  private static String libraries() throws IOException {
    return Files.readAllLines(SCRIPT).stream()
        .filter(line -> line.startsWith("ERL_LIBS="))
        .map(line -> line.substring("ERL_LIBS=".length()).replace("'", ""))
        .findFirst()
        .orElseThrow(() -> new IOException(SCRIPT + " does not name ERL_LIBS"));
  }

  /// Only what the work asks for is loaded, in its favour; shapers, which would slow it down, are
  /// off; passwords are kept readable, so that logging in costs little.
  private static String configuration(EjabberdData data, int port) {
    return """
    hosts: [%s]
    loglevel: warning
    log_rotate_count: 0
    default_db: sql
    auth_method: sql
    auth_password_format: plain
    sql_type: pgsql
    sql_server: 127.0.0.1
    sql_port: %d
    sql_database: %s
    sql_username: %s
    sql_password: "%s"
    sql_pool_size: %d
    listen:
      - port: %d
        ip: 127.0.0.1
        module: ejabberd_c2s
        backlog: 1024
        shaper: none
        access: all
        starttls: false
    modules:
      mod_disco: {}
      mod_roster: {}
      mod_stream_mgmt: {}
      mod_mam:
        default: always
        assume_mam_usage: true
      mod_muc:
        history_size: 0
        max_users: 5000
        default_room_options:
          mam: true
          max_users: 5000
          presence_broadcast: []
    """
        .formatted(
            Ejabberd.DOMAIN,
            data.port(),
            data.name(),
            data.user(),
            data.password(),
            Ejabberd.SQL_POOL,
            port);
  }

  private static void listen(Process process, Path home, Semaphore collected) {
    try (var words = process.inputReader();
        var out =
            Files.newBufferedWriter(
                home.resolve("console"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      for (var line = words.readLine(); line != null; line = words.readLine()) {
        if (line.equals(COLLECTED)) {
          collected.release();
        }
        out.write(line + "\n");
        out.flush();
      }
    } catch (IOException e) {
      // It has ended.
    }
  }

  private static void awaitReady(Process process, int port, Path home) throws IOException {
    var end = System.nanoTime() + READY_MAX.toNanos();
    while (!greets(port)) {
      if (!process.isAlive() || System.nanoTime() > end) {
        process.destroyForcibly();
        throw new IOException(
            "ejabberd does not start:\n" + Files.readString(home.resolve("console")));
      }
      try {
        Thread.sleep(POLL_MS);
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  private static boolean greets(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
      socket.setSoTimeout(2_000);
      var header =
          "<stream:stream to='"
              + Ejabberd.DOMAIN
              + "' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
              + " version='1.0'>";
      socket.getOutputStream().write(header.getBytes(StandardCharsets.US_ASCII));
      var answer = new StringBuilder();
      var in = socket.getInputStream();
      for (var next = in.read(); next >= 0; next = in.read()) {
        answer.append((char) next);
        if (answer.indexOf("</stream:features>") >= 0) {
          return true;
        }
      }
      return false;
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

  double readySeconds() {
    return readySeconds;
  }

  /// Erlang's machine and its few helpers.
  List<Long> pids() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(ProcessHandle::pid)
        .toList();
  }

  long pid() {
    return process.pid();
  }

  double cpuSeconds() {
    return Proc.cpuSeconds(pids());
  }

  /// Makes every Erlang process collect its garbage, so that memory is what is really held.
  void collectGarbage() throws IOException, InterruptedException {
    for (var i = 0; i < 2; i++) {
      var out = process.outputWriter();
      out.write("gc\n");
      out.flush();
      if (!collected.tryAcquire(END_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IOException("ejabberd did not collect");
      }
      Thread.sleep(500);
    }
  }

  /// As a power cut does it.
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS);
  }

  /// Halts it: what it keeps is thrown away anyway.
  @Override
  public void close() {
    var helpers = process.descendants().toList();
    try {
      process.outputWriter().close();
      if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    helpers.forEach(ProcessHandle::destroyForcibly);
  }
}
