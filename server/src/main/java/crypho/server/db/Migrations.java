package crypho.server.db;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Handle;

/// Brings the schema to the version of this program. Flyway holds an advisory lock meanwhile, so
/// that several servers may start at once; it is not even loaded where the schema is current.
public final class Migrations {
  private static final String FOLDER = "db/migration";

  private Migrations() {}

  public static void apply(Database database) {
    if (isCurrent(database)) {
      return;
    }
    Flyway.configure(Migrations.class.getClassLoader())
        .dataSource(database.dataSource())
        .locations("classpath:" + FOLDER)
        .validateMigrationNaming(true)
        .load()
        .migrate();
  }

  /// Whether every migration of this program has been applied.
  private static boolean isCurrent(Database database) {
    var versions = versions();
    return !versions.isEmpty()
        && database.jdbi().withHandle(Migrations::appliedVersions).equals(versions);
  }

  private static Set<String> appliedVersions(Handle handle) {
    var isThere =
        handle
            .createQuery("SELECT to_regclass('flyway_schema_history') IS NOT NULL")
            .mapTo(Boolean.class)
            .one();
    if (!isThere) {
      return Set.of();
    }
    var rows =
        handle
            .createQuery(
                "SELECT script FROM flyway_schema_history"
                    + " WHERE success AND type = 'SQL' ORDER BY installed_rank")
            .mapTo(String.class)
            .list();
    return new TreeSet<>(rows);
  }

  /// File names of this program's migrations.
  private static Set<String> versions() {
    var folder = Migrations.class.getClassLoader().getResource(FOLDER);
    if (folder == null) {
      return Set.of();
    }
    try {
      var uri = folder.toURI();
      return uri.getScheme().equals("jar") ? inJar(uri) : inFolder(Path.of(uri));
    } catch (URISyntaxException | IOException e) {
      throw new IllegalStateException("the migrations cannot be listed", e);
    }
  }

  private static Set<String> inJar(URI uri) throws IOException {
    try (var files = FileSystems.newFileSystem(uri, Map.of())) {
      return inFolder(files.getPath("/" + FOLDER));
    } catch (FileSystemAlreadyExistsException e) {
      return inFolder(Path.of(uri));
    }
  }

  private static Set<String> inFolder(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      List<String> names =
          files.map(file -> String.valueOf(file.getFileName())).collect(Collectors.toList());
      return names.stream()
          .filter(name -> name.endsWith(".sql"))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
