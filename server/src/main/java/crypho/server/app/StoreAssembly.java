package crypho.server.app;

import crypho.base.Rng;
import crypho.server.db.Database;
import crypho.server.db.Db;
import crypho.server.db.EmbeddedPostgres;
import crypho.server.db.Migrations;
import crypho.server.seal.Sealer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The database, migrated, and the sealer of personal fields.
final class StoreAssembly implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreAssembly.class);
  private static final Duration PROBE_EVERY = Duration.ofSeconds(1);

  private final @Nullable EmbeddedPostgres postgres;
  private final Database database;
  private final Sealer sealer;
  private final Thread probe;
  private volatile boolean isReachable = true;

  StoreAssembly(Config config, Rng rng) throws IOException {
    Files.createDirectories(config.data());
    var isNew = config.databaseUrl() == null && !Files.exists(config.data().resolve("pg"));
    if (config.databaseUrl() == null) {
      letDatabaseUserPass(config);
      postgres =
          EmbeddedPostgres.start(config.data(), config.data(), EmbeddedPostgres.Durability.DURABLE);
      database = Database.embedded(postgres);
    } else {
      postgres = null;
      database = Database.external(config.databaseUrl());
    }
    try {
      Migrations.apply(database);
      sealer = sealer(config, isNew, rng);
    } catch (IOException | RuntimeException e) {
      closeDatabase();
      throw e;
    }
    probe = Thread.ofVirtual().name("database-probe").start(this::watch);
  }

  /// Others may pass through the data directory, to nothing: what is in it is private, and the
  /// database's user must reach its part where we are root.
  private static void letDatabaseUserPass(Config config) throws IOException {
    Files.setPosixFilePermissions(config.data(), PosixFilePermissions.fromString("rwx--x--x"));
  }

  /// A key may only be made where nothing is sealed yet.
  private Sealer sealer(Config config, boolean isNew, Rng rng) throws IOException {
    var mayCreate = isNew || !holdsSealedData();
    try (var master = MasterKey.readOrCreate(config.masterKeyFile(), mayCreate, rng)) {
      return new Sealer(master, rng);
    }
  }

  private boolean holdsSealedData() {
    return database
        .jdbi()
        .withHandle(handle ->
            handle
                .createQuery("SELECT EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM mail)")
                .mapTo(Boolean.class)
                .one());
  }

  private void watch() {
    while (!Thread.currentThread().isInterrupted()) {
      var now = database.isReachable();
      if (now != isReachable) {
        LOG.warn("event=database.{}", now ? "back" : "away");
        isReachable = now;
      }
      try {
        Thread.sleep(PROBE_EVERY);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  Db db() {
    return database.db();
  }

  Database database() {
    return database;
  }

  Sealer sealer() {
    return sealer;
  }

  /// As of the last probe, at most a few seconds ago.
  boolean isReachable() {
    return isReachable;
  }

  private void closeDatabase() {
    database.close();
    if (postgres != null) {
      postgres.close();
    }
  }

  @Override
  public void close() {
    probe.interrupt();
    closeDatabase();
  }
}
