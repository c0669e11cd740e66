package crypho.server.app;

import crypho.base.Rng;
import crypho.server.app.Settings.SettingException;
import java.io.IOException;
import java.util.List;

/// Commands for the operator that need no running server.
final class Admin {
  private static final int EXIT_USAGE = 2;

  private Admin() {}

  static int run(List<String> arguments) {
    if (arguments.size() < 2) {
      return usage();
    }
    var command = arguments.get(0) + " " + arguments.get(1);
    var rest = arguments.subList(2, arguments.size());
    try {
      return switch (command) {
        case "accounts count" -> countAccounts(Config.read(rest, System.getenv()));
        case "config check" -> checkConfig(Config.read(rest, System.getenv()));
        default -> usage();
      };
    } catch (SettingException | IOException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  private static int usage() {
    System.err.println(
        """
        Usage: admin accounts count [flags]   how many accounts there are
               admin config check [flags]     reads the configuration and says what it comes to
        The flags are those of serve. With the embedded database, stop the server first.\
        """);
    return EXIT_USAGE;
  }

  private static int countAccounts(Config config) throws IOException {
    try (var store = new StoreAssembly(config, Rng.secure())) {
      var count =
          store
              .database()
              .jdbi()
              .withHandle(handle ->
                  handle.createQuery("SELECT count(*) FROM account").mapTo(Long.class).one());
      System.out.println(count);
      return 0;
    }
  }

  private static int checkConfig(Config config) {
    var http = config.http();
    System.out.println("Listens on " + String.join(" ", http.hosts()) + ", port " + http.port());
    System.out.println("Public address " + http.publicUrl());
    System.out.println("TLS: " + (http.tls() == null ? "no" : "yes"));
    System.out.println("Data in " + config.data());
    System.out.println("Database: " + (config.databaseUrl() == null ? "embedded" : "external"));
    System.out.println("Mail: " + (config.mail() == null ? "shown at /mails" : "by SMTP"));
    System.out.println("Connections at most: " + http.limits().connectionsMax());
    return 0;
  }
}
