package crypho.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// (d) How much the server's process grows for each idle connection, at 5,000 and 15,000.
final class IdleConnections {
  static final List<Integer> STEPS = List.of(5_000, 15_000);
  static final int SETTLE_MS = 2_000;
  static final int WARM_UP = 500;

  private IdleConnections() {}

  static List<Row> measure(ServerProcess server) throws IOException, InterruptedException {
    var rows = new ArrayList<Row>();
    warmUp(server);
    var before = settledKib(server);
    try (var crowd = new Crowd(server.address())) {
      var connected = 0;
      for (var step : STEPS) {
        crowd.connect(connected, step, _ -> Crowd.ignoring());
        connected = step;
        var growth = settledKib(server) - before;
        rows.add(
            new Row(name(step))
                .put("kib_per_connection", growth / step)
                .put("server_mb", (before + growth) / 1024)
                .put("lost", crowd.lost()));
      }
    }
    return rows;
  }

  static String name(int connections) {
    return "d idle connections " + connections;
  }

  /// Classes are loaded and code is compiled before the first reading.
  private static void warmUp(ServerProcess server) throws IOException, InterruptedException {
    try (var crowd = new Crowd(server.address())) {
      crowd.connect(0, WARM_UP, _ -> Crowd.ignoring());
    }
    Thread.sleep(SETTLE_MS);
  }

  private static double settledKib(ServerProcess server) throws IOException, InterruptedException {
    Thread.sleep(SETTLE_MS);
    server.collectGarbage();
    return Proc.rssKib(server.pid());
  }
}
