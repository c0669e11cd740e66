package crypho.server.app;

import crypho.server.app.Settings.SettingException;
import crypho.server.http.HttpConfig;
import crypho.server.notify.MailConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The configuration, parsed once. A feature receives its own record, never the tree.
///
/// @param databaseUrl JDBC URL of an external PostgreSQL, or null for the embedded one
/// @param masterKeyFile the key that personal fields are sealed under, apart from the database
/// @param mail SMTP server, or null where mails are shown at /mails
/// @param metrics where /metrics listens, or null for the main port, to loopback peers only
record Config(
    HttpConfig http,
    Path data,
    @Nullable String databaseUrl,
    Path masterKeyFile,
    @Nullable MailConfig mail,
    @Nullable Metrics metrics,
    Limits limits) {

  /// A listener of its own for /metrics.
  record Metrics(List<String> hosts, int port) {
    Metrics {
      hosts = List.copyOf(hosts);
    }
  }

  /// @param ownedGroupsMax groups that one account may own
  /// @param groupDevicesMax devices in one group
  record Limits(int ownedGroupsMax, int groupDevicesMax) {}

  /// Left below the operating system's limit of open files for the database, files and logs.
  private static final int FILES_KEPT = 512;

  private static final int CONNECTIONS_DEFAULT_MAX = 100_000;

  static Config read(List<String> arguments, Map<String, String> environment)
      throws SettingException {
    var settings = Settings.read(arguments, environment);
    var data = Path.of(settings.text("data.directory")).toAbsolutePath().normalize();
    var masterKey =
        settings.isSet("data.master_key_file")
            ? Path.of(settings.text("data.master_key_file"))
            : data.resolve("master.key");
    return new Config(
        http(settings),
        data,
        settings.isSet("database.url") ? databaseUrl(settings.text("database.url")) : null,
        masterKey,
        mail(settings),
        metrics(settings),
        new Limits(
            settings.number("limits.owned_groups_max", 0, 1_000_000),
            settings.number("limits.group_devices_max", 2, 100_000)));
  }

  private static HttpConfig http(Settings settings) throws SettingException {
    var port = settings.number("http.port", 0, 65_535);
    var tls = tls(settings);
    var url =
        settings.isSet("http.public_url")
            ? publicUrl(settings.text("http.public_url"))
            : URI.create((tls == null ? "http" : "https") + "://localhost:" + port);
    return new HttpConfig(
        settings.words("http.hosts"),
        port,
        url,
        tls,
        Set.copyOf(settings.words("http.trusted_proxies")),
        web(settings),
        new HttpConfig.Limits(
            connectionsMax(settings.number("http.connections_max", 0, 1_000_000)),
            settings.number("http.sockets_per_session_max", 1, 1_000),
            settings.number("http.calls_at_once_max", 1, 10_000),
            Duration.ofSeconds(settings.number("http.call_seconds_max", 1, 600)),
            settings.number("http.rate_factor", 1, 1_000_000)));
  }

  /// The entry script says where the web client was built.
  private static @Nullable Path web(Settings settings) {
    var built = System.getProperty("crypho.web");
    if (settings.isSet("http.web")) {
      return Path.of(settings.text("http.web"));
    }
    return built == null ? null : Path.of(built);
  }

  private static URI publicUrl(String text) throws SettingException {
    try {
      var url = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      var isHttp = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (isHttp && url.getHost() != null && String.valueOf(url.getPath()).isEmpty()) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      throw new SettingException("http.public_url is not an address like https://example.org.");
    }
    throw new SettingException("http.public_url is not an address like https://example.org.");
  }

  private static HttpConfig.@Nullable Tls tls(Settings settings) throws SettingException {
    if (settings.isSet("http.tls_certificate") != settings.isSet("http.tls_key")) {
      throw new SettingException("http.tls_certificate and http.tls_key are set together.");
    }
    if (!settings.isSet("http.tls_key")) {
      return null;
    }
    return new HttpConfig.Tls(
        readable(settings, "http.tls_certificate"), readable(settings, "http.tls_key"));
  }

  private static Path readable(Settings settings, String name) throws SettingException {
    var file = Path.of(settings.text(name));
    if (!Files.isReadable(file)) {
      throw new SettingException(name + ": " + file + " cannot be read.");
    }
    return file;
  }

  private static String databaseUrl(String text) throws SettingException {
    var url = text.startsWith("postgresql://") ? "jdbc:" + text : text;
    if (!url.startsWith("jdbc:postgresql://")) {
      throw new SettingException("database.url is a JDBC address, jdbc:postgresql://host/name?…");
    }
    return url;
  }

  private static @Nullable MailConfig mail(Settings settings) throws SettingException {
    if (!settings.isSet("mail.smtp.host")) {
      return null;
    }
    var security =
        switch (settings.text("mail.smtp.security")) {
          case "starttls" -> MailConfig.Security.STARTTLS;
          case "tls" -> MailConfig.Security.TLS;
          case "none" -> MailConfig.Security.NONE;
          default -> throw new SettingException("mail.smtp.security is starttls, tls or none.");
        };
    return new MailConfig(
        settings.text("mail.smtp.host"),
        settings.number("mail.smtp.port", 1, 65_535),
        security,
        settings.text("mail.smtp.user"),
        settings.isSet("mail.smtp.password_file")
            ? readable(settings, "mail.smtp.password_file")
            : null,
        settings.text("mail.from"));
  }

  private static @Nullable Metrics metrics(Settings settings) throws SettingException {
    var port = settings.number("metrics.port", -1, 65_535);
    return port < 0 ? null : new Metrics(settings.words("metrics.hosts"), port);
  }

  /// 0 means: what the limit of open files leaves.
  private static int connectionsMax(int asked) {
    var files = openFilesMax();
    var room = Math.max(64, Math.min(CONNECTIONS_DEFAULT_MAX, files - FILES_KEPT));
    return asked == 0 ? room : Math.min(asked, room);
  }

  private static int openFilesMax() {
    try {
      for (var line : Files.readAllLines(Path.of("/proc/self/limits"))) {
        if (line.startsWith("Max open files")) {
          var soft = line.substring("Max open files".length()).strip().split(" +", -1)[0];
          return soft.equals("unlimited") ? CONNECTIONS_DEFAULT_MAX : Integer.parseInt(soft);
        }
      }
    } catch (IOException | NumberFormatException e) {
      return 1_024;
    }
    return 1_024;
  }
}
