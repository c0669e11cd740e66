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
import org.jspecify.annotations.Nullable;

/// The database, migrated, and the sealer of personal fields.
final class StoreAssembly implements AutoCloseable {
  private final @Nullable EmbeddedPostgres postgres;
  private final Database database;
  private final Sealer sealer;

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
      database.requireSupportedVersion();
      Migrations.apply(database);
      sealer = sealer(config, isNew, rng);
    } catch (IOException | RuntimeException e) {
      closeDatabase();
      throw e;
    }
    database.watch();
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
    return !database.db().isAway();
  }

  private void closeDatabase() {
    database.close();
    if (postgres != null) {
      postgres.close();
    }
  }

  @Override
  public void close() {
    closeDatabase();
  }
}
