package crypho.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;
import java.util.function.Consumer;

/// The peer: ejabberd with its message archive on the same PostgreSQL, measured on the same work.
/// See bench/README.md, “Beside ejabberd”.
final class Ejabberd {
  static final String NAME = "ejabberd";
  static final String DOMAIN = "localhost";
  static final String ROOM = "crowd@conference." + DOMAIN;
  static final String RESOURCE = "bench";

  /// The default is 10; the embedded server takes 40 connections.
  static final int SQL_POOL = 10;

  private static final Path DRIVERS = Path.of("/usr/lib/erlang/lib");

  private Ejabberd() {}

  static String user(int number) {
    return "u" + number;
  }

  static String password(int number) {
    return "p" + number;
  }

  /// Whether it is installed, with its driver for PostgreSQL.
  static boolean isInstalled() throws IOException {
    if (!Files.isExecutable(EjabberdProcess.SCRIPT) || !Files.isDirectory(DRIVERS)) {
      return false;
    }
    try (var libraries = Files.list(DRIVERS)) {
      return libraries.anyMatch(path -> path.getFileName().toString().startsWith("p1_pgsql-"));
    }
  }

  /// Measures the chosen rows in the order in which ours are measured.
  static void measure(Set<String> chosen, Consumer<Row> report)
      throws IOException, SQLException, InterruptedException {
    var root = Files.createTempDirectory("crypho-bench-peer");
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    var now = Instant.now();
    try (var data = EjabberdData.create(root.resolve("data"), now)) {
      var home = root.resolve("ejabberd");
      var server = EjabberdProcess.start(home, data, ServerProcess.freePort());
      try {
        if (chosen.contains("e")) {
          report.accept(EjabberdMemory.startUp(server, data));
        }
        if (chosen.contains("d")) {
          EjabberdMemory.idleConnections(server).forEach(report);
        }
        if (chosen.contains("b")) {
          report.accept(XmppSendLatency.measure(server));
        }
        if (chosen.contains("c")) {
          report.accept(XmppFanOut.measure(server, data));
        }
        if (chosen.contains("a")) {
          report.accept(XmppSendThroughput.measure(server, data));
        }
        if (chosen.contains("f")) {
          var result = XmppReturning.measure(home, data, server, now);
          server = result.server();
          report.accept(result.row());
        }
      } finally {
        server.close();
      }
    } finally {
      ServerProcess.deleteTree(root);
    }
  }
}
