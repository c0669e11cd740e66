package crypho.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// (d) and (e) of ejabberd, as [IdleConnections] and [StartUp] measure ours.
final class EjabberdMemory {
  private EjabberdMemory() {}

  /// Both systems are started with an existing database: its start is part of both.
  static Row startUp(EjabberdProcess server, EjabberdData data) throws InterruptedException {
    Thread.sleep(StartUp.IDLE_MS);
    var database = data.postgres().processIds();
    var databaseMb = database.stream().mapToDouble(Proc::pssKib).sum() / 1024;
    var serverMb = server.pids().stream().mapToDouble(Proc::pssKib).sum() / 1024;
    return new Row(StartUp.NAME)
        .put("ready_s", data.startSeconds() + server.readySeconds())
        .put("idle_mb", serverMb + databaseMb)
        .put("server_mb", serverMb)
        .put("database_mb", databaseMb)
        .put("processes", (double) database.size() + server.pids().size());
  }

  static List<Row> idleConnections(EjabberdProcess server)
      throws IOException, InterruptedException {
    var rows = new ArrayList<Row>();
    try (var crowd = new XmppCrowd(server.address())) {
      crowd.connect(0, IdleConnections.WARM_UP, false, _ -> XmppCrowd.ignoring());
    }
    Thread.sleep(IdleConnections.SETTLE_MS);
    var before = settledKib(server);
    try (var crowd = new XmppCrowd(server.address())) {
      var connected = 0;
      for (var step : IdleConnections.STEPS) {
        crowd.connect(connected, step, false, _ -> XmppCrowd.ignoring());
        connected = step;
        var growth = settledKib(server) - before;
        rows.add(
            new Row(IdleConnections.name(step))
                .put("kib_per_connection", growth / step)
                .put("server_mb", (before + growth) / 1024)
                .put("lost", crowd.lost()));
      }
    }
    return rows;
  }

  private static double settledKib(EjabberdProcess server)
      throws IOException, InterruptedException {
    Thread.sleep(IdleConnections.SETTLE_MS);
    server.collectGarbage();
    return Proc.rssKib(server.pid());
  }
}
