package crypho.server.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The house's directions between packages, and where clocks may be read. Each line says why; to
/// change one is a decision, not a fix of a test.
final class DirectionTest {
  private static final String ROOT = "crypho.server.";

  /// What each package may use of the server's others.
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          // Leaves: every feature may call them, so they may call nobody.
          Map.entry("rpc", Set.of()),
          Map.entry("seal", Set.of()),
          Map.entry("privacy.api", Set.of()),
          Map.entry("live.api", Set.of("rpc")),
          Map.entry("notify.api", Set.of()),
          // The database reports that it is away by the error that any call may give; it names a
          // long socket path by a hash.
          Map.entry("db", Set.of("rpc", "seal")),
          // The platform knows the seams, never a feature.
          Map.entry("http", Set.of("rpc")),
          Map.entry("live", Set.of("live.api", "rpc", "http")),
          Map.entry("notify", Set.of("notify.api", "privacy.api", "db", "seal", "rpc", "http")),
          // account ← contact ← conversation: whoever is later may know the earlier; the earlier
          // learns of the later only through interfaces of its own.
          Map.entry(
              "account", Set.of("rpc", "db", "seal", "privacy.api", "live.api", "notify.api")),
          Map.entry(
              "contact",
              Set.of("account", "rpc", "db", "seal", "privacy.api", "live.api", "notify.api")),
          Map.entry(
              "conversation",
              Set.of(
                  "account",
                  "contact",
                  "rpc",
                  "db",
                  "seal",
                  "privacy.api",
                  "live.api",
                  "notify.api")));

  /// Drivers that read a clock, each with its reason. Everyone else is given the time.
  private static final Set<String> CLOCK_READERS =
      Set.of(
          // Waits for the database server to start and stop.
          "crypho.server.db.EmbeddedPostgres",
          // Ends a read of the database's socket that takes too long.
          "crypho.server.db.UnixSocket",
          // Stamp calls and frames with the time that methods then use.
          "crypho.server.http.RpcHandler",
          "crypho.server.http.HttpFront",
          "crypho.server.http.HttpMetrics",
          "crypho.server.live.Sockets",
          // Dates the mail that it hands over.
          "crypho.server.notify.Smtp",
          // Bounds how long a call waits for its group's commit, and a hash for its turn.
          "crypho.server.conversation.LogWriter",
          "crypho.server.account.AuthKeyHasher",
          // Runs expiry now and then.
          "crypho.server.app.Server");

  private static final Set<String> CLOCKS =
      Set.of(
          "java.time.Instant.now",
          "java.time.LocalDate.now",
          "java.time.ZonedDateTime.now",
          "java.time.Clock.systemUTC",
          "java.lang.System.currentTimeMillis",
          "java.lang.System.nanoTime");

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("crypho.server");

  @Test
  void packagesUseOnlyWhatTheTableAllows() {
    var breaches = new TreeSet<String>();
    for (var from : classes) {
      var source = part(from);
      if (source.equals("app")) {
        continue;
      }
      var allowed = MAY_USE.get(source);
      if (allowed == null) {
        breaches.add("package " + source + " is not in the table: add it with its reason");
        continue;
      }
      for (var dependency : from.getDirectDependenciesFromSelf()) {
        var to = dependency.getTargetClass();
        if (to.getPackageName().startsWith("crypho.server")) {
          var target = part(to);
          if (!target.equals(source) && !allowed.contains(target)) {
            breaches.add(source + " uses " + target + ": " + from.getName());
          }
        }
      }
    }
    assertTrue(breaches.isEmpty(), () -> String.join("\n", breaches));
  }

  @Test
  void onlyDriversReadAClock() {
    List<String> breaches = new ArrayList<>();
    for (var from : classes) {
      var top = from.getName().replaceFirst("\\$.*", "");
      for (var call : from.getMethodCallsFromSelf()) {
        var target = call.getTargetOwner().getName() + "." + call.getName();
        if (CLOCKS.contains(target) && !CLOCK_READERS.contains(top)) {
          breaches.add(call.getDescription() + ": take `now` as an argument instead");
        }
      }
    }
    assertTrue(breaches.isEmpty(), () -> String.join("\n", breaches));
  }

  private static String part(JavaClass it) {
    return it.getPackageName().substring(ROOT.length());
  }
}
