package crypho.server.app;

import crypho.base.Rng;
import crypho.base.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;

/// The key that personal fields are sealed under: a file of its own, apart from the database and
/// its backups. Losing it loses every sealed field; whoever has it and the database can read them.
final class MasterKey {
  private static final int BYTES = 32;

  private MasterKey() {}

  /// Reads the key, or makes it at the first start.
  ///
  /// @param mayCreate false where the database holds data sealed under a key that is now missing
  /// @throws IOException with a text for the operator
  static Secret readOrCreate(Path file, boolean mayCreate, Rng rng) throws IOException {
    if (!Files.exists(file)) {
      if (!mayCreate) {
        throw new IOException(
            "The master key " + file + " is missing, but there is a database that needs it.");
      }
      create(file, rng);
    }
    var text = Files.readAllBytes(file);
    try {
      var hex = new String(text, StandardCharsets.US_ASCII).strip();
      var key = HexFormat.of().parseHex(hex);
      if (key.length != BYTES) {
        throw new IOException("The master key " + file + " does not have 64 hexadecimal digits.");
      }
      return Secret.wrap(key);
    } catch (IllegalArgumentException e) {
      throw new IOException("The master key " + file + " does not have 64 hexadecimal digits.");
    } finally {
      Arrays.fill(text, (byte) 0);
    }
  }

  /// The file appears whole, readable by its owner only, and on disk.
  private static void create(Path file, Rng rng) throws IOException {
    var partial = file.resolveSibling(file.getFileName() + ".partial");
    Files.deleteIfExists(partial);
    Files.createFile(
        partial,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    var text =
        (HexFormat.of().formatHex(rng.bytes(BYTES)) + "\n").getBytes(StandardCharsets.US_ASCII);
    try (var channel =
        java.nio.channels.FileChannel.open(partial, java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(java.nio.ByteBuffer.wrap(text));
      channel.force(true);
    }
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
