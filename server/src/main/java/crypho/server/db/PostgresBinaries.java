package crypho.server.db;

import crypho.base.Invariant;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import org.tukaani.xz.XZInputStream;

/// Unpacks the PostgreSQL programs from the class path, once for each version of them. The
/// directory is named by the archive's hash and appears whole or not at all.
final class PostgresBinaries {
  private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
  private static final int HASH_BYTES_SHOWN = 6;
  private static final int BLOCK = 512;
  private static final int NAME_MAX = 100;
  private static final int PREFIX_AT = 345;
  private static final int PREFIX_MAX = 155;
  private static final int SIZE_AT = 124;
  private static final int MODE_AT = 100;
  private static final int LINK_AT = 157;
  private static final int TYPE_AT = 156;

  private PostgresBinaries() {}

  /// The directory with `bin`, `lib` and `share`, below `parent`.
  static Path unpackBelow(Path parent) throws IOException {
    var hash = hash();
    var home = parent.resolve("postgres-" + hash);
    if (Files.isDirectory(home)) {
      return home;
    }
    Files.createDirectories(parent);
    var lock = parent.resolve("postgres-" + hash + ".lock");
    try (var channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var held = channel.lock()) {
      Invariant.check(held.isValid(), "the lock is held while unpacking");
      if (!Files.isDirectory(home)) {
        var partial = parent.resolve("postgres-" + hash + ".partial");
        deleteTree(partial);
        unpack(partial);
        Files.move(partial, home);
      }
    }
    Files.deleteIfExists(lock);
    return home;
  }

  /// Deletes a directory and all below it; nothing where there is none.
  static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (var paths = Files.walk(root)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static InputStream open() throws IOException {
    var in = PostgresBinaries.class.getResourceAsStream(ARCHIVE);
    if (in == null) {
      throw new IOException("the PostgreSQL programs are not on the class path: " + ARCHIVE);
    }
    return in;
  }

  private static String hash() throws IOException {
    try (var in = open()) {
      // The first 64 KiB and the length tell two builds apart and cost nothing at each start.
      var head = in.readNBytes(BLOCK * 128);
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(head);
      return HexFormat.of().formatHex(digest.digest(), 0, HASH_BYTES_SHOWN);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is in every JDK", e);
    }
  }

  private static void unpack(Path target) throws IOException {
    Files.createDirectories(target);
    try (var in = new XZInputStream(open())) {
      var header = new byte[BLOCK];
      while (in.readNBytes(header, 0, BLOCK) == BLOCK && header[0] != 0) {
        unpackEntry(target, header, in);
      }
    }
  }

  /// One entry of a POSIX ustar archive: files, directories and symbolic links only.
  private static void unpackEntry(Path target, byte[] header, InputStream in) throws IOException {
    var prefix = text(header, PREFIX_AT, PREFIX_MAX);
    var name = text(header, 0, NAME_MAX);
    var path = target.resolve(prefix.isEmpty() ? name : prefix + "/" + name).normalize();
    Invariant.check(path.startsWith(target), "an entry stays below its directory");
    var size = Long.parseLong(text(header, SIZE_AT, 11).strip(), 8);
    switch (header[TYPE_AT]) {
      case '5' -> Files.createDirectories(path);
      case '2' -> {
        Files.createDirectories(parentOf(path));
        Files.createSymbolicLink(path, Path.of(text(header, LINK_AT, NAME_MAX)));
      }
      case '0', 0 -> {
        Files.createDirectories(parentOf(path));
        copy(in, path, size);
        var isProgram = (Integer.parseInt(text(header, MODE_AT, 7).strip(), 8) & 0100) != 0;
        Files.setPosixFilePermissions(
            path, PosixFilePermissions.fromString(isProgram ? "rwxr-xr-x" : "rw-r--r--"));
        in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
      }
      default -> throw new IOException("unknown kind of archive entry: " + header[TYPE_AT]);
    }
  }

  private static Path parentOf(Path path) throws IOException {
    var parent = path.getParent();
    if (parent == null) {
      throw new IOException("an archive entry without a directory: " + path);
    }
    return parent;
  }

  private static void copy(InputStream in, Path path, long size) throws IOException {
    try (var out = Files.newOutputStream(path)) {
      var buffer = new byte[1 << 16];
      for (var left = size; left > 0; ) {
        var read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
        if (read < 0) {
          throw new IOException("the archive ends within " + path.getFileName());
        }
        out.write(buffer, 0, read);
        left -= read;
      }
    }
  }

  private static String text(byte[] header, int from, int max) {
    var end = from;
    while (end < from + max && header[end] != 0) {
      end++;
    }
    return new String(Arrays.copyOfRange(header, from, end), StandardCharsets.UTF_8);
  }
}
