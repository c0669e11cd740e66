package crypho.server.db;

import static org.junit.jupiter.api.Assertions.assertEquals;

import crypho.server.testing.TestDatabase;
import org.junit.jupiter.api.Test;

final class TestDatabaseTest {
  @Test
  void twoDatabasesAreMigratedAndApart() {
    try (var one = TestDatabase.fresh();
        var other = TestDatabase.fresh()) {
      one.db()
          .run(handle ->
              handle.execute(
                  "INSERT INTO mail (sealed, queued_at, next_try_at)"
                      + " VALUES ('\\x00', now(), now())"));
      assertEquals(1, count(one));
      assertEquals(0, count(other));
    }
  }

  private static int count(TestDatabase database) {
    return database
        .jdbi()
        .withHandle(h -> h.createQuery("SELECT count(*) FROM mail").mapTo(Integer.class).one());
  }
}
