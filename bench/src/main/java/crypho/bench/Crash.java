package crypho.bench;

import crypho.client.load.LoadLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// The server is killed with -9 under load, again and again, the database with it every third time.
/// Senders resend what was not acknowledged, under the same client ids; readers follow the socket
/// and heal gaps from the log. At the end every acknowledged message is in its log exactly once and
/// at the place that was acknowledged, no log has a gap, and every reader holds what the log holds.
///
/// `Crash [rounds] [seed]`; prints one line a round and `crash: passed` or what is wrong, with the
/// seed.
public final class Crash {
  private static final int ROUNDS = 20;
  private static final int SENDERS = 16;
  private static final int LOAD_MS_MIN = 400;
  private static final int LOAD_MS_MAX = 2_500;
  private static final int ACKNOWLEDGED_A_ROUND_MIN = 300;
  private static final long SETTLE_SECONDS_MAX = 60;
  private static final List<String> SETTINGS = List.of("--set", "http.rate_factor=1000");

  private final Path home;
  private final Random random;
  private final List<CrashSender> senders = new ArrayList<>();
  private final List<CrashReader> readers = new ArrayList<>();

  private Crash(Path home, long seed) {
    this.home = home;
    this.random = new Random(seed);
  }

  public static void main(String[] arguments) throws Exception {
    var rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : ROUNDS;
    var seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : System.nanoTime();
    System.out.println("crash: " + rounds + " rounds, seed " + seed);
    var home = Path.of(System.getProperty("crypho.home", "."));
    var faults = new Crash(home, seed).run(rounds);
    faults.forEach(fault -> System.out.println("crash: " + fault));
    System.out.println(faults.isEmpty() ? "crash: passed" : "crash: failed, seed " + seed);
    System.exit(faults.isEmpty() ? 0 : 1);
  }

  private List<String> run(int rounds) throws IOException, SQLException, InterruptedException {
    var root = Files.createTempDirectory("crypho-crash");
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    var data = root.resolve("data");
    try {
      var port = ServerProcess.freePort();
      ServerProcess.start(home, data, port, SETTINGS).close();
      seed(data);
      var server = ServerProcess.start(home, data, port, SETTINGS);
      try (var loop = new LoadLoop(server.address(), 1)) {
        begin(loop);
        for (var round = 1; round <= rounds; round++) {
          server = killAndRestart(server, data, round);
        }
        return settle(loop);
      } finally {
        server.close();
      }
    } finally {
      ServerProcess.deleteTree(root);
    }
  }

  private static void seed(Path data) throws IOException, SQLException {
    try (var seed = Seed.open(data, Instant.now())) {
      seed.people(0, 2 * Layout.SENDERS);
      for (var sender = 0; sender < SENDERS; sender++) {
        for (var which = 0; which < Layout.CONVERSATIONS_EACH; which++) {
          seed.direct(Layout.direct(sender, which), sender, Layout.receiver(sender, which));
        }
      }
    }
  }

  private void begin(LoadLoop loop) {
    for (var number = 0; number < SENDERS; number++) {
      senders.add(new CrashSender(loop, number));
      for (var which = 0; which < Layout.CONVERSATIONS_EACH; which++) {
        readers.add(
            new CrashReader(loop, Layout.receiver(number, which), Layout.direct(number, which)));
      }
    }
    senders.forEach(CrashSender::connect);
    readers.forEach(CrashReader::connect);
  }

  private ServerProcess killAndRestart(ServerProcess server, Path data, int round)
      throws IOException, InterruptedException {
    awaitLoad();
    Thread.sleep(random.nextInt(LOAD_MS_MIN, LOAD_MS_MAX));
    var withDatabase = round % 3 == 0;
    if (withDatabase && random.nextBoolean()) {
      server.killDatabase();
    }
    server.kill();
    if (withDatabase) {
      server.killDatabase();
    }
    var next = ServerProcess.start(home, data, server.port(), SETTINGS);
    System.out.printf(
        "crash: round %d killed %s, back in %.1f s, %d acknowledged%n",
        round,
        withDatabase ? "server and database" : "server",
        next.readySeconds(),
        acknowledged());
    return next;
  }

  private int acknowledged() {
    return senders.stream().mapToInt(CrashSender::acknowledged).sum();
  }

  /// A kill counts only under load: everybody is back and messages flow.
  private void awaitLoad() throws IOException, InterruptedException {
    var enough = acknowledged() + ACKNOWLEDGED_A_ROUND_MIN;
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS_MAX);
    while (acknowledged() < enough) {
      if (System.nanoTime() > end) {
        throw new IOException("no load: " + acknowledged() + " acknowledged, wanted " + enough);
      }
      Thread.sleep(20);
    }
  }

  /// No more new messages: what is under way gets through, then everything is compared.
  private List<String> settle(LoadLoop loop) throws IOException, InterruptedException {
    Thread.sleep(LOAD_MS_MAX);
    senders.forEach(CrashSender::finish);
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS_MAX);
    while (!senders.stream().allMatch(CrashSender::isDone) && System.nanoTime() < end) {
      Thread.sleep(100);
    }
    var faults = new ArrayList<String>();
    for (var sender : senders) {
      if (!sender.isDone()) {
        faults.add("sender " + sender.number() + " has messages without an answer");
      }
      faults.addAll(sender.refusals());
    }
    for (var reader : readers) {
      var log = CrashReader.log(loop, reader.number(), reader.conversation());
      faults.addAll(senders.stream().flatMap(s -> s.compare(reader.conversation(), log)).toList());
      if (!reader.awaitEqual(log, end)) {
        faults.add("reader " + reader.number() + " did not converge on " + reader.conversation());
      }
    }
    return faults;
  }
}
