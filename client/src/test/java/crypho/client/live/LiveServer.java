package crypho.client.live;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import crypho.base.Bytes;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// The whole server as a process of its own, with its embedded database, and an SMTP server that
/// takes its mails.
final class LiveServer implements AutoCloseable {
  private static final Duration READY_MAX = Duration.ofSeconds(90);
  private static final Duration MAIL_MAX = Duration.ofSeconds(30);
  private static final Pattern READY =
      Pattern.compile("Crypho is ready on (http://localhost:\\d+)");
  private static final Pattern LINK = Pattern.compile("/signup#([A-Za-z0-9_-]{43})");

  private final Path directory;
  private final Path log;
  private final GreenMail mails = new GreenMail(new ServerSetup(0, "127.0.0.1", "smtp"));
  private final Process process;
  private final URI uri;

  private LiveServer() throws IOException, InterruptedException {
    // Where we are root, the database's own user must reach its folder.
    directory = Files.createTempDirectory("crypho-client-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    log = directory.resolve("log");
    mails.start();
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "crypho.server.app.Main",
                "serve",
                "--port",
                "0",
                "--data",
                directory.resolve("data").toString(),
                "--set",
                "mail.smtp.host=127.0.0.1",
                "--set",
                "mail.smtp.port=" + mails.getSmtp().getPort(),
                "--set",
                "mail.smtp.security=none")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    uri = awaitReady();
  }

  static LiveServer start() throws IOException, InterruptedException {
    return new LiveServer();
  }

  private URI awaitReady() throws IOException, InterruptedException {
    var end = Instant.now().plus(READY_MAX);
    while (Instant.now().isBefore(end) && process.isAlive()) {
      var found = READY.matcher(log());
      if (found.find()) {
        return URI.create(found.group(1));
      }
      Thread.sleep(50);
    }
    throw new IOException("the server did not start: " + log());
  }

  URI uri() {
    return uri;
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  /// The token of the sign-up link that was mailed to the address.
  Bytes linkToken(String email) throws InterruptedException {
    var end = Instant.now().plus(MAIL_MAX);
    while (Instant.now().isBefore(end)) {
      for (var mail : mails.getReceivedMessagesForDomain(email)) {
        var found = LINK.matcher(GreenMailUtil.getWholeMessage(mail));
        if (found.find()) {
          return Bytes.wrap(Base64.getUrlDecoder().decode(found.group(1)));
        }
      }
      mails.waitForIncomingEmail(100, 1);
      Thread.sleep(20);
    }
    throw new AssertionError("no mail came");
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
    mails.stop();
    List<Path> all;
    try (var files = Files.walk(directory)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (var file : all) {
      Files.deleteIfExists(file);
    }
  }
}
