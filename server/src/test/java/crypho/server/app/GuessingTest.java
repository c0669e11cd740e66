package crypho.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.server.db.TestBinaries;
import crypho.server.testing.TestClient;
import crypho.server.testing.TestClient.Refused;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/// Ten thousand wrong passphrases against the whole server.
final class GuessingTest {
  private static final int GUESSES = 10_000;
  private static final int AT_ONCE = 8;
  private static final int JUDGED_MAX = 40;

  @TempDir(cleanup = CleanupMode.ALWAYS)
  private Path data = Path.of("");

  @Test
  void aGuesserIsSlowedDownAndTheOwnerComesIn() throws Exception {
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx--x--x"));
    TestBinaries.linkInto(data);
    var flags =
        List.of(
            "--port=0",
            "--data=" + data,
            "--set",
            "http.trusted_proxies=127.0.0.1 ::1 0:0:0:0:0:0:0:1");
    try (var server = new Server(Config.read(flags, Map.of()))) {
      var client = new TestClient(server.port()).join("guessed@example.org");
      var judged = new AtomicInteger();
      var limited = new AtomicInteger();
      try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
        for (int i = 0; i < GUESSES; i++) {
          var guess = ByteBuffer.allocate(32).putInt(i).array();
          threads.execute(() -> {
            try {
              var answer = client.logIn("198.51.100.7", ByteString.copyFrom(guess));
              if (answer.hasWrongCredentials()) {
                judged.incrementAndGet();
              }
            } catch (Refused e) {
              if (e.status() == 429 && e.is("RATE_LIMITED")) {
                limited.incrementAndGet();
              }
            }
          });
        }
      }
      assertEquals(GUESSES, judged.get() + limited.get(), "each got one of the two answers");
      assertTrue(judged.get() <= JUDGED_MAX, judged + " were judged");
      assertTrue(client.logIn("192.0.2.9").hasSecondFactorRequired(), "the owner, at once");
    }
  }
}
