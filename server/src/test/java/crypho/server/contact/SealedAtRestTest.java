package crypho.server.contact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.server.account.AccountPrivacy;
import crypho.server.privacy.api.Register;
import crypho.server.testing.TestAccounts;
import crypho.server.testing.TestAccounts.Person;
import crypho.wire.v1.InviteRequest;
import crypho.wire.v1.InviteResponse;
import crypho.wire.v1.StartEmailChangeRequest;
import crypho.wire.v1.StartEmailChangeResponse;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Nothing personal can be read in the database, and every column is declared.
final class SealedAtRestTest {
  private static final Set<String> TABLES =
      Set.of(
          "account",
          "account_previous_key",
          "account_unlock",
          "device",
          "former_device",
          "session",
          "log_in_ticket",
          "sign_up",
          "email_change",
          "vault",
          "vault_entry",
          "contact",
          "invitation");

  @Test
  void noPersonalTextOrSecretStandsInAnyColumn() {
    try (var world = TestAccounts.withContacts(List.of())) {
      var kari = world.join("marker-kari@example.org", "Marker Kari");
      var ola = world.join("marker-ola@example.org", "Marker Ola");
      invite(kari, "marker-ola@example.org");
      invite(kari, "marker-new@example.org");
      var change =
          StartEmailChangeRequest.newBuilder()
              .setNewEmail("marker-moved@example.org")
              .setAuthKey(ola.authKey)
              .build();
      ola.call("AccountService", "StartEmailChange", change, StartEmailChangeResponse.class);
      world.askForLink("marker-waiting@example.org");
      var dump = dump(world);
      assertTrue(dump.contains(kari.account.toString()), "the dump has the rows");
      assertAbsent(dump, "marker".getBytes(StandardCharsets.UTF_8));
      assertAbsent(dump, "Marker".getBytes(StandardCharsets.UTF_8));
      for (var secret : secrets(world, kari, ola)) {
        assertAbsent(dump, secret);
      }
    }
  }

  @Test
  void everyColumnIsDeclaredOnce() {
    var register = new Register();
    AccountPrivacy.declare(register);
    ContactPrivacy.declare(register);
    var declared = new TreeSet<String>();
    for (var element : register.elements()) {
      assertTrue(declared.add(element.table() + "." + element.column()), element::column);
    }
    try (var world = TestAccounts.withContacts(List.of())) {
      var columns =
          world
              .database
              .jdbi()
              .withHandle(handle ->
                  handle
                      .createQuery(
                          """
                          select table_name || '.' || column_name
                          from information_schema.columns where table_name in (<tables>)
                          """)
                      .bindList("tables", List.copyOf(TABLES))
                      .mapTo(String.class)
                      .set());
      assertEquals(new TreeSet<>(columns), declared);
    }
  }

  private static List<byte[]> secrets(TestAccounts world, Person kari, Person ola) {
    return List.of(
        kari.authKey.toByteArray(),
        ola.authKey.toByteArray(),
        kari.token().toByteArray(),
        ola.token().toByteArray(),
        kari.totpSecret.toByteArray(),
        world.mails.lastTo("marker-waiting@example.org").token(),
        world.mails.lastTo("marker-moved@example.org").token(),
        world.mails.lastTo("marker-new@example.org").token());
  }

  private static void invite(Person person, String email) {
    var request = InviteRequest.newBuilder().setEmail(email).setNote("marker note").build();
    person.call("ContactService", "Invite", request, InviteResponse.class);
  }

  /// All rows as text; bytes come out in hexadecimal.
  private static String dump(TestAccounts world) {
    var out = new StringBuilder();
    world
        .database
        .jdbi()
        .useHandle(handle -> {
          for (var table : TABLES) {
            handle
                .createQuery("select t::text from " + table + " t")
                .mapTo(String.class)
                .forEach(row -> out.append(row).append('\n'));
          }
        });
    return out.toString();
  }

  private static void assertAbsent(String dump, byte[] marker) {
    var hex = HexFormat.of().formatHex(marker);
    assertTrue(!dump.toLowerCase(Locale.ROOT).contains(hex), "a marker stands in a bytea column");
    var text = new String(marker, StandardCharsets.ISO_8859_1);
    assertTrue(!dump.contains(text), "a marker stands in a text column");
  }
}
