package crypho.server.db;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.server.testing.TestDatabase;
import org.junit.jupiter.api.Test;

final class UnsupportedPostgresTest {
  @Test
  void olderServersAreRefusedInWordsForTheOperator() {
    assertRefused(140_023, "PostgreSQL 14.23.");
    assertRefused(100_000, "PostgreSQL 10.0.");
    assertRefused(90_624, "PostgreSQL 9.6.24.");
  }

  @Test
  void theOldestSupportedOneAndTheTestsOwnAreTaken() {
    assertDoesNotThrow(() -> UnsupportedPostgresException.throwIfOlder(150_000));
    assertDoesNotThrow(() -> UnsupportedPostgresException.throwIfOlder(180_006));
    try (var database = TestDatabase.fresh()) {
      assertDoesNotThrow(database.database()::requireSupportedVersion);
    }
  }

  private static void assertRefused(int number, String named) {
    var refused =
        assertThrows(
            UnsupportedPostgresException.class,
            () -> UnsupportedPostgresException.throwIfOlder(number));
    assertTrue(String.valueOf(refused.getMessage()).contains(named), refused.getMessage());
    assertTrue(String.valueOf(refused.getMessage()).contains("15 or newer"), refused.getMessage());
  }
}
