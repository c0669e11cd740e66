package crypho.server.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The settings as text, from defaults ← file ← environment ← command line. Unknown names are
/// errors. Every setting, its default and its range are described in
/// docs/operating/crypho.conf.reference; a test compares the two.
final class Settings {
  /// Says what is wrong with a setting, in words for the operator.
  static final class SettingException extends Exception {
    private static final long serialVersionUID = 1;

    SettingException(String message) {
      super(message);
    }
  }

  /// All settings and their defaults.
  static final Map<String, String> DEFAULTS = defaults();

  private static final String ENVIRONMENT_PREFIX = "CRYPHO_";

  /// Variables of the entry script and of tests, which are no settings.
  private static final List<String> OTHER_VARIABLES =
      List.of(
          "CRYPHO_JAVA_",
          "CRYPHO_TEST_",
          "CRYPHO_BENCH_",
          "CRYPHO_DEV_",
          "CRYPHO_HOME",
          "CRYPHO_NO_BUILD",
          "CRYPHO_SERVER",
          "CRYPHO_VERSION");

  /// Short forms of often used flags.
  private static final Map<String, String> SHORT =
      Map.of(
          "port", "http.port",
          "host", "http.hosts",
          "public-url", "http.public_url",
          "web", "http.web",
          "data", "data.directory",
          "master-key-file", "data.master_key_file",
          "database-url", "database.url");

  private final Map<String, String> values;

  private Settings(Map<String, String> values) {
    this.values = Map.copyOf(values);
  }

  private static Map<String, String> defaults() {
    var all = new LinkedHashMap<String, String>();
    all.put("http.hosts", "127.0.0.1 ::1");
    all.put("http.port", "8080");
    all.put("http.public_url", "");
    all.put("http.tls_certificate", "");
    all.put("http.tls_key", "");
    all.put("http.trusted_proxies", "");
    all.put("http.web", "");
    all.put("http.connections_max", "0");
    all.put("http.sockets_per_session_max", "8");
    all.put("http.calls_at_once_max", "256");
    all.put("http.call_seconds_max", "30");
    all.put("http.rate_factor", "1");
    all.put("data.directory", "data");
    all.put("data.master_key_file", "");
    all.put("database.url", "");
    all.put("mail.smtp.host", "");
    all.put("mail.smtp.port", "587");
    all.put("mail.smtp.security", "starttls");
    all.put("mail.smtp.user", "");
    all.put("mail.smtp.password_file", "");
    all.put("mail.from", "Crypho <no-reply@localhost>");
    all.put("metrics.hosts", "127.0.0.1");
    all.put("metrics.port", "-1");
    all.put("limits.owned_groups_max", "1");
    all.put("limits.group_devices_max", "1000");
    return java.util.Collections.unmodifiableMap(all);
  }

  /// @param arguments flags: `--name value`, `--name=value`, `--set name=value`
  static Settings read(List<String> arguments, Map<String, String> environment)
      throws SettingException {
    var flags = flags(arguments);
    var all = new HashMap<>(DEFAULTS);
    var file = flags.remove("config");
    if (file == null) {
      file = environment.get("CRYPHO_CONFIG");
    }
    if (file != null) {
      all.putAll(file(Path.of(file)));
    }
    all.putAll(environment(environment));
    all.putAll(flags);
    return new Settings(all);
  }

  private static Map<String, String> flags(List<String> arguments) throws SettingException {
    var found = new HashMap<String, String>();
    var rest = new ArrayList<>(arguments);
    while (!rest.isEmpty()) {
      var flag = rest.removeFirst();
      if (!flag.startsWith("--")) {
        throw new SettingException("“" + flag + "” is not a flag. See ./crypho help.");
      }
      var equals = flag.indexOf('=');
      var name = equals < 0 ? flag.substring(2) : flag.substring(2, equals);
      if (equals < 0 && rest.isEmpty()) {
        throw new SettingException("--" + name + " needs a value.");
      }
      var value = equals < 0 ? rest.removeFirst() : flag.substring(equals + 1);
      if (name.equals("set")) {
        put(found, value, "--set");
      } else if (name.equals("config")) {
        found.put("config", value);
      } else {
        put(found, SHORT.getOrDefault(name, name) + "=" + value, "--" + name);
      }
    }
    return found;
  }

  /// Lines `name = value`; empty lines and lines that begin with # are passed over.
  private static Map<String, String> file(Path path) throws SettingException {
    var found = new HashMap<String, String>();
    List<String> lines;
    try {
      lines = Files.readAllLines(path);
    } catch (IOException e) {
      throw new SettingException("The configuration file " + path + " cannot be read.");
    }
    for (int i = 0; i < lines.size(); i++) {
      var line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        put(found, line, path + ":" + (i + 1));
      }
    }
    return found;
  }

  private static Map<String, String> environment(Map<String, String> environment)
      throws SettingException {
    var names = new HashMap<String, String>();
    for (var key : DEFAULTS.keySet()) {
      names.put(ENVIRONMENT_PREFIX + key.replace('.', '_').toUpperCase(Locale.ROOT), key);
    }
    var found = new HashMap<String, String>();
    for (var entry : environment.entrySet()) {
      var variable = entry.getKey();
      if (!variable.startsWith(ENVIRONMENT_PREFIX)
          || variable.equals("CRYPHO_CONFIG")
          || OTHER_VARIABLES.stream().anyMatch(variable::startsWith)) {
        continue;
      }
      var key = names.get(variable);
      if (key == null) {
        throw new SettingException("The environment variable " + variable + " is no setting.");
      }
      found.put(key, entry.getValue());
    }
    return found;
  }

  private static void put(Map<String, String> into, String text, String where)
      throws SettingException {
    var equals = text.indexOf('=');
    var name = equals < 0 ? text : text.substring(0, equals).strip();
    if (equals < 0) {
      throw new SettingException(where + ": “" + text + "” is not of the form name = value.");
    }
    if (!DEFAULTS.containsKey(name)) {
      throw new SettingException(where + ": there is no setting “" + name + "”.");
    }
    into.put(name, text.substring(equals + 1).strip());
  }

  String text(String name) {
    var value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no such setting: " + name);
    }
    return value;
  }

  boolean isSet(String name) {
    return !text(name).isEmpty();
  }

  List<String> words(String name) {
    return isSet(name) ? List.of(text(name).split("[ ,]+")) : List.of();
  }

  int number(String name, int min, int max) throws SettingException {
    try {
      var value = Integer.parseInt(text(name));
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new SettingException(name + " is a number from " + min + " to " + max + ".");
    }
    throw new SettingException(name + " is a number from " + min + " to " + max + ".");
  }
}
