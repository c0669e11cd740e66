package crypho.server.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The database's programs, unpacked once for a machine and user.
public final class TestBinaries {
  private TestBinaries() {}

  /// Puts them into a data directory by a link, so that a first start need not unpack them.
  public static void linkInto(Path data) throws IOException {
    var shared =
        PostgresBinaries.unpackBelow(
            Path.of(
                System.getProperty("java.io.tmpdir", "/tmp"),
                "crypho-test-postgres-" + System.getProperty("user.name")));
    Files.createSymbolicLink(data.resolve(String.valueOf(shared.getFileName())), shared);
  }
}
