package crypho.server.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The built web client: files of a directory, listed once, so that nothing else can be asked for.
/// A path that is no file and wants HTML gets the index page: the client routes by itself.
///
/// `x.br` and `x.gz` beside a file are sent to those who take them.
final class StaticFiles {
  /// Vite puts a hash of the content into the names below /assets.
  private static final Pattern HASHED = Pattern.compile("/assets/.+[-.][\\w-]{8,}\\.\\w+");

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("mjs", "text/javascript; charset=utf-8"),
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("json", "application/json"),
          Map.entry("map", "application/json"),
          Map.entry("webmanifest", "application/manifest+json"),
          Map.entry("wasm", "application/wasm"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("webp", "image/webp"),
          Map.entry("woff2", "font/woff2"),
          Map.entry("txt", "text/plain; charset=utf-8"));

  /// @param brotli precompressed form, or null
  /// @param gzip precompressed form, or null
  private record Entry(
      Path file, @Nullable Path brotli, @Nullable Path gzip, String type, String tag) {}

  private final Map<String, Entry> entries;

  private StaticFiles(Map<String, Entry> entries) {
    this.entries = entries;
  }

  static StaticFiles list(@Nullable Path root) throws IOException {
    if (root == null || !Files.isDirectory(root)) {
      return new StaticFiles(Map.of());
    }
    var found = new HashMap<String, Entry>();
    try (var paths = Files.walk(root)) {
      for (var file : paths.filter(Files::isRegularFile).toList()) {
        var name = root.relativize(file).toString();
        if (!name.endsWith(".br") && !name.endsWith(".gz")) {
          found.put("/" + name, entry(file));
        }
      }
    }
    return new StaticFiles(Map.copyOf(found));
  }

  private static Entry entry(Path file) throws IOException {
    var name = file.toString();
    var extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    var modified = Files.getLastModifiedTime(file).toMillis();
    return new Entry(
        file,
        existing(Path.of(name + ".br")),
        existing(Path.of(name + ".gz")),
        TYPES.getOrDefault(extension, "application/octet-stream"),
        "\"" + Long.toHexString(modified) + "-" + Long.toHexString(Files.size(file)) + "\"");
  }

  private static @Nullable Path existing(Path file) {
    return Files.isRegularFile(file) ? file : null;
  }

  void handle(HttpServerRequest request, String path) {
    var response = request.response();
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      response.putHeader("Allow", "GET, HEAD").setStatusCode(405).end();
      return;
    }
    var entry = entries.get(path);
    if (entry == null && wantsPage(request, path)) {
      entry = entries.get("/index.html");
    }
    if (entry == null) {
      response
          .setStatusCode(404)
          .putHeader("Content-Type", "text/plain; charset=utf-8")
          .end(entries.isEmpty() ? "The web client has not been built.\n" : "Not found.\n");
      return;
    }
    response
        .putHeader("Content-Type", entry.type())
        .putHeader("ETag", entry.tag())
        .putHeader("Vary", "Accept-Encoding")
        .putHeader(
            "Cache-Control",
            HASHED.matcher(path).matches() ? "public, max-age=31536000, immutable" : "no-cache");
    if (entry.tag().equals(request.getHeader("If-None-Match"))) {
      response.setStatusCode(304).end();
      return;
    }
    send(request, entry);
  }

  private static void send(HttpServerRequest request, Entry entry) {
    var response = request.response();
    var accepted = String.valueOf(request.getHeader("Accept-Encoding"));
    var file = entry.file();
    if (entry.brotli() != null && accepted.contains("br")) {
      response.putHeader("Content-Encoding", "br");
      file = entry.brotli();
    } else if (entry.gzip() != null && accepted.contains("gzip")) {
      response.putHeader("Content-Encoding", "gzip");
      file = entry.gzip();
    }
    if (request.method().equals(HttpMethod.HEAD)) {
      response.end();
      return;
    }
    response.sendFile(file.toString());
  }

  /// A person's navigation, not a missing script or picture.
  private static boolean wantsPage(HttpServerRequest request, String path) {
    var accept = request.getHeader("Accept");
    var name = path.substring(path.lastIndexOf('/') + 1);
    return accept != null && accept.contains("text/html") && !name.contains(".");
  }
}
