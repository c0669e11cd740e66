package crypho.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.server.app.Settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SettingsTest {
  @TempDir Path folder;

  private static final Path REFERENCE = Path.of("../docs/operating/crypho.conf.reference");

  @Test
  void theReferenceFileListsEverySettingWithItsDefault() throws IOException {
    var listed = new LinkedHashMap<String, String>();
    for (var line : Files.readAllLines(REFERENCE)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        var at = line.indexOf('=');
        listed.put(line.substring(0, at).strip(), line.substring(at + 1).strip());
      }
    }
    assertEquals(Settings.DEFAULTS, listed);
  }

  @Test
  void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws Exception {
    var file = folder.resolve("crypho.conf");
    Files.writeString(
        file, "# mine\nhttp.port = 1\nhttp.rate_factor = 2\nhttp.calls_at_once_max=3\n");
    var settings =
        Settings.read(
            List.of("--config", file.toString(), "--port=5"),
            Map.of("CRYPHO_HTTP_PORT", "4", "CRYPHO_HTTP_RATE_FACTOR", "6", "HOME", "x"));
    assertEquals("5", settings.text("http.port"));
    assertEquals("6", settings.text("http.rate_factor"));
    assertEquals("3", settings.text("http.calls_at_once_max"));
    assertEquals("data", settings.text("data.directory"));
  }

  @Test
  void whatIsWrongIsNamed() {
    assertTrue(complaint(List.of("--nonsense", "1")).contains("nonsense"));
    assertTrue(complaint(List.of("--set", "http.prt=1")).contains("http.prt"));
    assertTrue(complaint(List.of("--port", "70000")).contains("0 to 65535"));
    assertTrue(complaint(List.of("--port")).contains("--port"));
    assertTrue(complaint(List.of("--public-url", "ftp://x")).contains("http.public_url"));
    assertTrue(complaint(List.of("--set", "http.tls_key=/none")).contains("http.tls_certificate"));
    assertThrows(
        SettingException.class, () -> Settings.read(List.of(), Map.of("CRYPHO_HTTP_PRT", "1")));
  }

  private static String complaint(List<String> arguments) {
    return String.valueOf(
        assertThrows(SettingException.class, () -> Config.read(arguments, Map.of())).getMessage());
  }
}
