package crypho.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.server.account.AccountPrivacy;
import crypho.server.contact.ContactPrivacy;
import crypho.server.conversation.ConversationPrivacy;
import crypho.server.notify.MailPrivacy;
import crypho.server.privacy.api.DataElement;
import crypho.server.privacy.api.Register;
import crypho.server.testing.TestDatabase;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The register of processing covers the migrated schema exactly.
final class RegisterTest {
  /// Flyway's own table: names and times of migrations, nothing of a person.
  private static final String HISTORY = "flyway_schema_history.";

  @Test
  void everyColumnIsDeclaredAndEveryDeclarationHasAColumn() {
    var register = new Register();
    AccountPrivacy.declare(register);
    ContactPrivacy.declare(register);
    ConversationPrivacy.declare(register);
    MailPrivacy.declare(register);
    var declared = register.elements().stream().map(RegisterTest::name).collect(Collectors.toSet());
    var stored = storedColumns();
    var undeclared = new TreeSet<>(stored);
    undeclared.removeAll(declared);
    assertTrue(
        undeclared.isEmpty(),
        () ->
            "These columns are not in the register of processing. Declare each in its feature's"
                + " *Privacy class: category, purpose, ground, retention, protection.\n"
                + String.join("\n", undeclared));
    var gone = new TreeSet<>(declared);
    gone.removeAll(stored);
    assertTrue(
        gone.isEmpty(), () -> "Declared, but not in the schema:\n" + String.join("\n", gone));
    assertEquals(
        register.elements().size(), declared.size(), "a column is declared by one feature, once");
  }

  private static String name(DataElement element) {
    return element.table() + "." + element.column();
  }

  private static Set<String> storedColumns() {
    try (var database = TestDatabase.fresh()) {
      var all =
          database
              .jdbi()
              .withHandle(handle ->
                  handle
                      .createQuery(
                          "SELECT table_name || '.' || column_name"
                              + " FROM information_schema.columns"
                              + " WHERE table_schema = 'public'")
                      .mapTo(String.class)
                      .list());
      var columns = new HashSet<>(all);
      columns.removeIf(column -> column.startsWith(HISTORY));
      return columns;
    }
  }
}
