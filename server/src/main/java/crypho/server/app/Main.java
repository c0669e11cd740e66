package crypho.server.app;

import crypho.server.app.Settings.SettingException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// The server's command line: `serve`, `admin`, `version`. Started by the entry script ./crypho.
public final class Main {
  private static final int EXIT_USAGE = 2;

  private Main() {}

  public static void main(String[] arguments) {
    var rest = List.of(arguments).subList(Math.min(1, arguments.length), arguments.length);
    var verb = arguments.length == 0 ? "help" : arguments[0];
    System.exit(
        switch (verb) {
          case "serve" -> serve(rest);
          case "admin" -> Admin.run(rest);
          case "version" -> version();
          default -> usage();
        });
  }

  private static int usage() {
    System.err.println(
        """
        Usage: serve [--port N] [--data DIRECTORY] [--config FILE] [--set name=value] …
               admin accounts count | admin config check
               version\
        """);
    return EXIT_USAGE;
  }

  private static int version() {
    var version = Main.class.getPackage().getImplementationVersion();
    System.out.println("Crypho " + (version == null ? "(not packaged)" : version));
    return 0;
  }

  private static int serve(List<String> arguments) {
    try {
      var config = Config.read(arguments, System.getenv());
      var server = new Server(config);
      var isOver = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    server.close();
                    isOver.countDown();
                  },
                  "drain"));
      announce(config, server.port());
      isOver.await();
      return 0;
    } catch (SettingException | IOException e) {
      System.err.println(e.getMessage());
      return 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    } catch (RuntimeException e) {
      if (String.valueOf(rootOf(e).getMessage()).contains("Address already in use")) {
        System.err.println(
            "Port " + portOf(arguments) + " is in use by another program. Choose one by --port N.");
        return 1;
      }
      System.err.println("Crypho did not start: " + rootOf(e).getMessage());
      System.err.println(String.join("\n", trace(e)));
      return 1;
    }
  }

  private static void announce(Config config, int port) {
    var url = config.http().publicUrl();
    var shown = url.getPort() == 0 ? url.getScheme() + "://localhost:" + port : url.toString();
    System.out.println("Crypho is ready on " + shown);
    if (config.mail() == null) {
      System.out.println("Mails are shown at http://localhost:" + port + "/mails");
    }
  }

  private static String portOf(List<String> arguments) {
    try {
      return Integer.toString(Config.read(arguments, System.getenv()).http().port());
    } catch (SettingException e) {
      return "";
    }
  }

  private static Throwable rootOf(Throwable e) {
    var cause = e.getCause();
    return cause == null ? e : rootOf(cause);
  }

  private static List<String> trace(Throwable e) {
    return Arrays.stream(rootOf(e).getStackTrace()).limit(8).map(f -> "  at " + f).toList();
  }
}
