package crypho.bench;

/// (e) `serve` to ready once built, and what everything takes when nothing happens.
final class StartUp {
  static final String NAME = "e start and idle memory";
  static final int IDLE_MS = 8_000;

  private StartUp() {}

  /// The server has just been started and not been used.
  static Row measure(ServerProcess server) throws InterruptedException {
    Thread.sleep(IDLE_MS);
    var database = server.databasePids();
    var databaseMb = database.stream().mapToDouble(Proc::pssKib).sum() / 1024;
    var serverMb = Proc.pssKib(server.pid()) / 1024;
    return new Row(NAME)
        .put("ready_s", server.readySeconds())
        .put("idle_mb", serverMb + databaseMb)
        .put("server_mb", serverMb)
        .put("database_mb", databaseMb)
        .put("processes", database.size() + 1.0);
  }
}
