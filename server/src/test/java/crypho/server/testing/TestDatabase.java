package crypho.server.testing;

import crypho.base.Invariant;
import crypho.server.db.Database;
import crypho.server.db.Db;
import crypho.server.db.EmbeddedPostgres;
import crypho.server.db.Migrations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// A fresh, migrated database on a real PostgreSQL: one embedded server for all tests of a JVM, or
/// the one that `CRYPHO_TEST_DATABASE_URL` (a JDBC URL whose user may create databases) names.
///
/// Make one for each test class (a copy of the migrated template, about 50 ms) and close it.
public final class TestDatabase implements AutoCloseable {
  private static final int CONNECTIONS_MAX = 6;
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static @Nullable Cluster cluster;

  private final Cluster home;
  private final String name;
  private final Database database;

  private TestDatabase(Cluster home, String name) {
    this.home = home;
    this.name = name;
    this.database = home.open(name, CONNECTIONS_MAX);
  }

  /// A copy of the migrated schema, empty.
  public static TestDatabase fresh() {
    var home = cluster();
    var name = "crypho_test_" + ProcessHandle.current().pid() + "_" + COUNT.incrementAndGet();
    home.create(name, home.template);
    return new TestDatabase(home, name);
  }

  public Db db() {
    return database.db();
  }

  public Jdbi jdbi() {
    return database.jdbi();
  }

  public Database database() {
    return database;
  }

  /// Whether tests run on a server that we did not start.
  public static boolean isExternal() {
    return externalUrl() != null;
  }

  @Override
  public void close() {
    database.close();
    home.admin(jdbi ->
        jdbi.useHandle(h -> h.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")));
  }

  private static @Nullable String externalUrl() {
    return System.getenv("CRYPHO_TEST_DATABASE_URL");
  }

  private static synchronized Cluster cluster() {
    if (cluster == null) {
      cluster = new Cluster();
    }
    return cluster;
  }

  /// The server of this JVM.
  private static final class Cluster {
    private final @Nullable EmbeddedPostgres embedded;
    private final @Nullable Path directory;
    private final String template = "crypho_template_" + ProcessHandle.current().pid();

    Cluster() {
      if (isExternal()) {
        embedded = null;
        directory = null;
      } else {
        try {
          directory = Files.createTempDirectory("crypho-test-");
          Files.setPosixFilePermissions(
              directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwx--x--x"));
          embedded =
              EmbeddedPostgres.start(directory, binaries(), EmbeddedPostgres.Durability.THROWAWAY);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
      Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "test-database-stop"));
      create(template, "template0");
      try (var database = open(template, 2)) {
        Migrations.apply(database);
      }
    }

    /// The programs are unpacked once for a machine and user.
    private static Path binaries() {
      return Path.of(
          System.getProperty("java.io.tmpdir", "/tmp"),
          "crypho-test-postgres-" + System.getProperty("user.name"));
    }

    void create(String name, String from) {
      admin(jdbi ->
          jdbi.useHandle(
              handle -> handle.execute("CREATE DATABASE " + name + " TEMPLATE " + from)));
    }

    void admin(java.util.function.Consumer<Jdbi> work) {
      try (var database = open("postgres", 1)) {
        work.accept(database.jdbi());
      }
    }

    Database open(String name, int connectionsMax) {
      var url = externalUrl();
      if (url != null) {
        var path = url.replaceFirst("^(jdbc:postgresql://[^/]*/)[^?]*", "$1" + name);
        return Database.external(path, connectionsMax);
      }
      Invariant.check(embedded != null, "the embedded server runs");
      return Database.embedded(java.util.Objects.requireNonNull(embedded), name, connectionsMax);
    }

    private void stop() {
      if (embedded == null || directory == null) {
        admin(jdbi -> jdbi.useHandle(h -> h.execute("DROP DATABASE IF EXISTS " + template)));
        return;
      }
      embedded.close();
      try (var files = Files.walk(directory)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
