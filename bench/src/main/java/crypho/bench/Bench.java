package crypho.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// `./crypho bench messaging [a b c d e f] [--json] [--peer ejabberd]`. `crypho.home` names the
/// folder of the entry script.
public final class Bench {
  private static final Set<String> ROWS = Set.of("a", "b", "c", "d", "e", "f");

  /// Limits that a test with one machine as all people would run into; see bench/README.md.
  private static final List<String> SETTINGS = List.of("--set", "http.rate_factor=1000");

  private final Path home;
  private final boolean isJson;
  private final List<Row> rows = new ArrayList<>();

  private Bench(Path home, boolean isJson) {
    this.home = home;
    this.isJson = isJson;
  }

  public static void main(String[] arguments) throws Exception {
    var words = new ArrayList<>(List.of(arguments));
    var isJson = words.remove("--json");
    if (!words.isEmpty() && words.getFirst().equals("crash")) {
      Crash.main(words.subList(1, words.size()).toArray(String[]::new));
    }
    var isCompared = Comparison.takeFlag(words);
    if (words.isEmpty() || !words.getFirst().equals("messaging")) {
      System.err.println(
          "Usage: ./crypho bench messaging [a b c d e f] [--json] [--peer ejabberd]"
              + " | crash [rounds] [seed]");
      System.exit(2);
    }
    var chosen = new TreeSet<>(words.subList(1, words.size()));
    if (!ROWS.containsAll(chosen)) {
      System.err.println("Rows are " + new TreeSet<>(ROWS) + ": see bench/README.md.");
      System.exit(2);
    }
    var home = Path.of(System.getProperty("crypho.home", "."));
    var rows = chosen.isEmpty() ? ROWS : chosen;
    var bench = new Bench(home, isJson);
    bench.run(rows);
    if (isCompared) {
      new Comparison(bench.rows, isJson).run(rows);
    }
  }

  private void run(Set<String> chosen) throws IOException, SQLException, InterruptedException {
    var root = Files.createTempDirectory("crypho-bench");
    Files.setPosixFilePermissions(
        root, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    var data = root.resolve("data");
    try {
      prepare(data);
      var server = ServerProcess.start(home, data, ServerProcess.freePort(), SETTINGS);
      try {
        server = measure(chosen, data, server);
      } finally {
        server.close();
      }
    } finally {
      ServerProcess.deleteTree(root);
    }
  }

  /// The first start makes the database and the master key; then people are written into it.
  private void prepare(Path data) throws IOException, SQLException {
    ServerProcess.start(home, data, ServerProcess.freePort(), SETTINGS).close();
    Layout.seed(data, Instant.now());
  }

  private ServerProcess measure(Set<String> chosen, Path data, ServerProcess server)
      throws IOException, InterruptedException {
    var current = server;
    if (chosen.contains("e")) {
      report(StartUp.measure(current));
    }
    if (chosen.contains("d")) {
      for (var row : IdleConnections.measure(current)) {
        report(row);
      }
    }
    if (chosen.contains("b")) {
      report(SendLatency.measure(current));
    }
    if (chosen.contains("c")) {
      report(FanOut.measure(current));
    }
    if (chosen.contains("a")) {
      report(SendThroughput.measure(current));
    }
    if (chosen.contains("f")) {
      var result = Returning.measure(home, data, current, SETTINGS);
      current = result.server();
      report(result.row());
    }
    return current;
  }

  private void report(Row row) {
    rows.add(row);
    System.out.println(isJson ? row.toJson() : row.toText());
  }
}
