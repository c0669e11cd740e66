package crypho.server.db;

import crypho.base.Bytes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The embedded PostgreSQL server: our own launcher around the ordinary programs.
///
/// Reached through a private Unix socket only; every commit is durable. A server that an earlier
/// process left behind (kill -9) is stopped and its cluster taken over. Should the server die, it
/// is started again.
///
/// Below the data directory: `pg` (the cluster), `postgres-HASH` (the programs), `pg.log`, `lock`.
public final class EmbeddedPostgres implements AutoCloseable {
  /// How the server treats what it was told to keep.
  public enum Durability {
    /// A commit that was answered survives a power cut.
    DURABLE,
    /// For tests that throw the cluster away: nothing is forced to disk.
    THROWAWAY
  }

  static final String DATABASE = "crypho";
  static final String ROLE = "crypho";

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(10);
  private static final int START_TRIES_MAX = 8;
  private static final long LOG_BYTES_MAX = 4 << 20;
  private static final int SOCKET_PATH_MAX = 90;
  private static final int DEFAULT_PORT = 5432;

  private final Path data;
  private final Path home;
  private final Path cluster;
  private final Path socketDirectory;
  private final PostgresUser user;
  private final Durability durability;
  private final int loopbackPort;
  private final FileChannel lockChannel;
  private final FileLock lock;
  private volatile @Nullable Process server;
  private volatile boolean isClosing;

  private EmbeddedPostgres(
      Path data,
      Path home,
      Durability durability,
      int loopbackPort,
      FileChannel lockChannel,
      FileLock lock)
      throws IOException {
    this.data = data;
    this.home = home;
    this.cluster = data.resolve("pg");
    this.durability = durability;
    this.loopbackPort = loopbackPort;
    this.lockChannel = lockChannel;
    this.lock = lock;
    this.user = PostgresUser.choose(data);
    this.socketDirectory = socketDirectory(data);
  }

  /// Starts the server below `data`, creating everything at the first start. The programs are
  /// unpacked below `binaries`.
  ///
  /// @throws IOException with a text for the operator where it cannot run here
  public static EmbeddedPostgres start(Path data, Path binaries, Durability durability)
      throws IOException {
    return start(data, binaries, durability, 0);
  }

  /// As above, and reachable by TCP on 127.0.0.1 too, for another program that is measured with
  /// this database and knows no Unix sockets. Nobody gets in that way whom the cluster's
  /// pg_hba.conf does not name.
  ///
  /// @param loopbackPort 0 for none
  public static EmbeddedPostgres start(
      Path data, Path binaries, Durability durability, int loopbackPort) throws IOException {
    var root = data.toAbsolutePath().normalize();
    Files.createDirectories(root);
    var channel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    var lock = tryLock(channel);
    if (lock == null) {
      channel.close();
      throw new IOException(root + " is in use by another Crypho that is still running.");
    }
    var home = PostgresBinaries.unpackBelow(binaries.toAbsolutePath().normalize());
    var postgres = new EmbeddedPostgres(root, home, durability, loopbackPort, channel, lock);
    try {
      postgres.create();
      postgres.stopLeftover();
      postgres.launch();
      return postgres;
    } catch (IOException e) {
      postgres.close();
      throw e;
    }
  }

  /// Path of the socket, for the pool.
  Path socket() {
    return socketDirectory.resolve(".s.PGSQL." + port());
  }

  /// PostgreSQL names its Unix socket by the port too.
  private int port() {
    return loopbackPort == 0 ? DEFAULT_PORT : loopbackPort;
  }

  /// Process ids of the server and its helpers, for measurements.
  public List<Long> processIds() {
    var process = server;
    if (process == null) {
      return List.of();
    }
    var all = new ArrayList<Long>();
    all.add(process.pid());
    process.descendants().forEach(child -> all.add(child.pid()));
    return all;
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /// Unix socket paths are short (108 bytes): a long data directory gets one elsewhere.
  private static Path socketDirectory(Path data) {
    var inside = data.resolve("pg-socket");
    if (inside.toString().length() <= SOCKET_PATH_MAX) {
      return inside;
    }
    var name =
        crypho.server.seal.Sealer.tokenHash(data.toString().getBytes(StandardCharsets.UTF_8));
    return Path.of(
        System.getProperty("java.io.tmpdir", "/tmp"), "crypho-" + Bytes.copyOf(name, 0, 8).toHex());
  }

  /// Makes the cluster if there is none; appears whole or not at all.
  private void create() throws IOException {
    rotateLog();
    makePrivate(socketDirectory);
    if (Files.isDirectory(cluster)) {
      return;
    }
    var partial = data.resolve("pg.partial");
    PostgresBinaries.deleteTree(partial);
    makePrivate(partial);
    user.run(
        log(),
        List.of(
            program("initdb"),
            "--pgdata=" + partial,
            "--username=" + ROLE,
            "--auth-local=peer",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            "--no-sync"),
        "");
    write(partial.resolve("pg_hba.conf"), "local all " + ROLE + " peer map=crypho\n");
    write(
        partial.resolve("pg_ident.conf"),
        "crypho \"" + user.databaseUserName() + "\" " + ROLE + "\n");
    user.run(
        log(),
        List.of(program("postgres"), "--single", "-D", partial.toString(), "postgres"),
        "CREATE DATABASE " + DATABASE + "\n");
    Files.move(partial, cluster);
  }

  private void write(Path file, String text) throws IOException {
    Files.writeString(file, text);
    user.own(file);
  }

  private void makePrivate(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    user.own(directory);
  }

  private void rotateLog() throws IOException {
    if (Files.exists(log()) && Files.size(log()) > LOG_BYTES_MAX) {
      Files.move(
          log(), data.resolve("pg.log.old"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private Path log() {
    return data.resolve("pg.log");
  }

  private String program(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  /// Stops a server that a killed process left running on this cluster. Our lock says that no live
  /// process uses it.
  private void stopLeftover() throws IOException {
    var pidFile = cluster.resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return;
    }
    var lines = Files.readAllLines(pidFile);
    var handle =
        lines.isEmpty() ? null : ProcessHandle.of(Long.parseLong(lines.getFirst().strip()));
    if (handle == null || handle.isEmpty()) {
      awaitUnused();
      return;
    }
    if (isZombie(handle.get().pid())) {
      forget(pidFile);
      return;
    }
    if (!isOurServer(handle.get())) {
      return;
    }
    LOG.info("event=postgres.leftover pid={}", handle.get().pid());
    for (var signal : List.of("-INT", "-QUIT")) {
      signal(signal, handle.get().pid());
      if (awaitEnd(handle.get())) {
        forget(pidFile);
        return;
      }
    }
    throw new IOException(
        "A PostgreSQL of an earlier run (process " + handle.get().pid() + ") does not stop.");
  }

  /// An ended process that nobody has taken note of keeps its number, and PostgreSQL then believes
  /// that its server runs. The file may go once no process of the old server works in the cluster.
  private void forget(Path pidFile) throws IOException {
    awaitUnused();
    Files.deleteIfExists(pidFile);
  }

  /// Helpers of a killed server live a moment longer, and PostgreSQL does not start beside them.
  private void awaitUnused() throws IOException {
    var end = System.nanoTime() + STOP_MAX.toNanos();
    while (isWorkedIn()) {
      if (System.nanoTime() > end) {
        throw new IOException("Processes of an earlier PostgreSQL still use " + cluster + ".");
      }
      pause(POLL);
    }
  }

  /// PostgreSQL's processes stand in the cluster's directory for as long as they live.
  private boolean isWorkedIn() {
    return ProcessHandle.allProcesses()
        .map(process -> Path.of("/proc", Long.toString(process.pid()), "cwd"))
        .anyMatch(this::isCluster);
  }

  private boolean isCluster(Path link) {
    try {
      return Files.readSymbolicLink(link).equals(cluster);
    } catch (IOException e) {
      // Gone meanwhile, or another user's: ours are readable.
      return false;
    }
  }

  /// Whether the process has ended and only its number is left (state Z of proc(5)).
  private static boolean isZombie(long pid) {
    try {
      var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return false;
    }
  }

  /// The number in the file may long belong to something else.
  private boolean isOurServer(ProcessHandle process) {
    try {
      var command =
          Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).replace('\0', ' ');
      return command.contains("postgres") && command.contains(cluster.toString());
    } catch (IOException e) {
      return false;
    }
  }

  private static void signal(String signal, long pid) throws IOException {
    new ProcessBuilder("kill", signal, Long.toString(pid))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static boolean awaitEnd(ProcessHandle process) {
    var end = System.nanoTime() + STOP_MAX.toNanos();
    while (process.isAlive() && !isZombie(process.pid()) && System.nanoTime() < end) {
      pause(POLL);
    }
    return !process.isAlive() || isZombie(process.pid());
  }

  /// Starts the server; recovery after a crash, or a shared memory block that is about to vanish,
  /// may need another try.
  private void launch() throws IOException {
    for (int tries = 1; ; tries++) {
      var process = user.start(log(), command());
      server = process;
      if (awaitReady(process)) {
        var _ = process.onExit().thenAccept(this::onExit);
        return;
      }
      if (tries == START_TRIES_MAX) {
        throw new IOException("PostgreSQL does not start; its words are in " + log());
      }
      LOG.warn("event=postgres.start_again try={}", tries);
      pause(Duration.ofMillis(500L * tries));
    }
  }

  private List<String> command() {
    var all = new ArrayList<String>();
    all.add(program("postgres"));
    all.addAll(List.of("-D", cluster.toString(), "-k", socketDirectory.toString()));
    all.addAll(List.of("-h", loopbackPort == 0 ? "" : "127.0.0.1", "-p", String.valueOf(port())));
    for (var setting : settings()) {
      all.addAll(List.of("-c", setting));
    }
    return all;
  }

  /// Small memory, few processes, and logs without statements or values.
  private List<String> settings() {
    var durable = durability == Durability.DURABLE ? "on" : "off";
    return List.of(
        "fsync=" + durable,
        "full_page_writes=" + durable,
        "synchronous_commit=" + durable,
        "shared_buffers=64MB",
        "max_connections=40",
        "huge_pages=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "wal_buffers=4MB",
        "max_wal_size=1GB",
        "checkpoint_timeout=15min",
        "io_method=sync",
        "jit=off",
        "max_worker_processes=2",
        "max_parallel_workers_per_gather=0",
        "autovacuum_max_workers=2",
        "autovacuum_worker_slots=2",
        "idle_in_transaction_session_timeout=60s",
        "unix_socket_permissions=0700",
        "ssl=off",
        "timezone=UTC",
        "log_timezone=UTC",
        "log_min_messages=warning",
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_parameter_max_length_on_error=0");
  }

  private boolean awaitReady(Process process) {
    var end = System.nanoTime() + START_MAX.toNanos();
    var pidFile = cluster.resolve("postmaster.pid");
    while (process.isAlive() && System.nanoTime() < end) {
      if (saysReady(pidFile, process.pid())) {
        return true;
      }
      pause(POLL);
    }
    return false;
  }

  /// The eighth line of postmaster.pid is the server's status.
  private static boolean saysReady(Path pidFile, long pid) {
    try {
      var lines = Files.readAllLines(pidFile);
      return lines.size() >= 8
          && lines.getFirst().strip().equals(Long.toString(pid))
          && lines.get(7).strip().equals("ready");
    } catch (IOException e) {
      return false;
    }
  }

  private void onExit(Process ended) {
    if (isClosing || !ended.equals(server)) {
      return;
    }
    LOG.error("event=postgres.died exit={}", ended.exitValue());
    Thread.ofVirtual().name("postgres-restart").start(this::restart);
  }

  private void restart() {
    while (!isClosing) {
      try {
        launch();
        LOG.info("event=postgres.restarted");
        return;
      } catch (IOException e) {
        LOG.error("event=postgres.restart_failed", e);
        pause(Duration.ofSeconds(2));
      }
    }
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Stops the server in order: connections end, everything is written.
  @Override
  public void close() {
    isClosing = true;
    var process = server;
    try {
      if (process != null && process.isAlive()) {
        signal("-INT", process.pid());
        if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
          LOG.error("event=postgres.slow_stop");
          signal("-QUIT", process.pid());
          if (!process.waitFor(STOP_MAX.toSeconds(), TimeUnit.SECONDS)) {
            // Nothing that was acknowledged is lost by it; the next start recovers.
            process.destroyForcibly();
          }
        }
      }
      lock.release();
      lockChannel.close();
    } catch (IOException e) {
      LOG.error("event=postgres.stop_failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
