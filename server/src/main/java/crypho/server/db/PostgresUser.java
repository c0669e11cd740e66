package crypho.server.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// As whom PostgreSQL runs: as ourselves, or, because PostgreSQL refuses root, as an unprivileged
/// user where we are root.
///
/// Root becomes the user `crypho`, `postgres` or `nobody`, the first that exists and can reach the
/// data directory (setpriv). Where none can, a user namespace in which root has another number does
/// (unshare). Both come with util-linux.
///
/// @param prefix what is put before a command
/// @param databaseUserName operating system user as whom PostgreSQL sees our connections
/// @param owner who must own the data directory, or empty for ourselves
record PostgresUser(List<String> prefix, String databaseUserName, String owner) {
  private static final List<String> CANDIDATES = List.of("crypho", "postgres", "nobody");
  private static final int TRIAL_SECONDS = 10;
  private static final int NOBODY = 65534;

  static PostgresUser choose(Path directory) throws IOException {
    var self = System.getProperty("user.name", "?");
    if (!isRoot()) {
      return new PostgresUser(session(), self, "");
    }
    var present = CANDIDATES.stream().filter(PostgresUser::exists).toList();
    for (var name : present) {
      var prefix = new ArrayList<>(session());
      prefix.addAll(
          List.of("setpriv", "--reuid", name, "--regid", groupOf(name), "--clear-groups"));
      prefix.addAll(List.of("--no-new-privs", "--inh-caps=-all"));
      if (succeeds(prefix, "test", "-x", directory.toString())) {
        return new PostgresUser(List.copyOf(prefix), self, name);
      }
    }
    for (var name : present) {
      var prefix = new ArrayList<>(session());
      prefix.addAll(
          List.of("unshare", "--user", "--map-user=" + idOf(name), "--map-group=" + idOf(name)));
      if (succeeds(prefix, "test", "-x", directory.toString())) {
        return new PostgresUser(List.copyOf(prefix), name, "");
      }
    }
    throw new IOException(
        "PostgreSQL does not run as root, and no unprivileged user can reach "
            + directory
            + ". Start Crypho as another user, or give --data a directory that everyone may enter.");
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /// A session of its own, so that Ctrl-C in the terminal reaches us only and we stop it in order.
  private static List<String> session() {
    return Files.isExecutable(Path.of("/usr/bin/setsid")) ? List.of("/usr/bin/setsid") : List.of();
  }

  /// PostgreSQL looks the number of its peer up by name: a user that is not listed has none.
  private static boolean exists(String user) {
    return field(user, 2) != NOBODY || user.equals("nobody");
  }

  private static String groupOf(String user) {
    return String.valueOf(field(user, 3));
  }

  private static String idOf(String user) {
    return String.valueOf(field(user, 2));
  }

  /// A number from /etc/passwd; [#NOBODY] where the user is not listed there.
  private static int field(String user, int index) {
    try {
      for (var line : Files.readAllLines(Path.of("/etc/passwd"))) {
        var fields = line.split(":", -1);
        if (fields[0].equals(user) && fields.length > index) {
          return Integer.parseInt(fields[index]);
        }
      }
    } catch (IOException | NumberFormatException e) {
      return NOBODY;
    }
    return NOBODY;
  }

  private static boolean succeeds(List<String> prefix, String... command) throws IOException {
    var all = new ArrayList<>(prefix);
    all.addAll(List.of(command));
    var process =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      return process.waitFor(TRIAL_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /// Starts a command of PostgreSQL; its output goes to the end of `log`.
  Process start(Path log, List<String> command) throws IOException {
    var all = new ArrayList<>(prefix);
    all.addAll(command);
    var builder =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    clean(builder.environment());
    return builder.start();
  }

  /// As [#start], with `input` on its standard input, and waits for its end.
  void run(Path log, List<String> command, String input) throws IOException {
    var all = new ArrayList<>(prefix);
    all.addAll(command);
    var builder =
        new ProcessBuilder(all)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    clean(builder.environment());
    var process = builder.start();
    try (var in = process.outputWriter()) {
      in.write(input);
    }
    try {
      if (process.waitFor() != 0) {
        throw new IOException(
            command.getFirst()
                + " ended with "
                + process.exitValue()
                + "; its words are in "
                + log);
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /// Makes a directory that only the database's user may enter.
  void own(Path path) throws IOException {
    if (!owner.isEmpty()) {
      var service = path.getFileSystem().getUserPrincipalLookupService();
      var view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
      view.setOwner(service.lookupPrincipalByName(owner));
      view.setGroup(service.lookupPrincipalByGroupName(groupName(groupOf(owner))));
    }
  }

  private static String groupName(String id) throws IOException {
    for (var line : Files.readAllLines(Path.of("/etc/group"))) {
      var fields = line.split(":", -1);
      if (fields.length > 2 && fields[2].equals(id)) {
        return fields[0];
      }
    }
    return id;
  }

  /// Nothing of our environment (secrets, PG* settings, locale) reaches the database.
  private static void clean(Map<String, String> environment) {
    environment.keySet().retainAll(List.of("PATH"));
    environment.put("LC_ALL", "C");
  }
}
