package crypho.server.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.server.rpc.RpcException;
import crypho.server.testing.TestAccounts;
import crypho.server.testing.TestAccounts.Person;
import crypho.server.testing.Together;
import crypho.wire.v1.Changed.What;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.PutVaultRequest;
import crypho.wire.v1.PutVaultResponse;
import crypho.wire.v1.ReadVaultRequest;
import crypho.wire.v1.ReadVaultResponse;
import crypho.wire.v1.VaultEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class VaultTest {
  private final TestAccounts world = TestAccounts.alone();

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void writesByCompareAndSetAllOrNone() {
    var person = world.join("cas@example.org", "Cas");
    world.live.clear();
    assertEquals(List.of(1L, 2L), put(person, entry(1, "a", 0), entry(2, "b", 0)));
    assertTrue(world.live.changes(person.account).contains(What.WHAT_VAULT));
    var conflict = response(person, entry(2, "c", 2), entry(1, "x", 0), entry(3, "y", 7));
    assertEquals(
        List.of(entry(1, "a", 1), VaultEntry.newBuilder().setKey(key(3)).build()),
        conflict.getConflict().getCurrentList());
    assertEquals(List.of(entry(1, "a", 1), entry(2, "b", 2)), read(person, 0, 0).getEntriesList());
    assertEquals(List.of(3L), put(person, entry(1, "z", 1)));
    assertEquals(List.of(entry(2, "b", 2), entry(1, "z", 3)), read(person, 0, 0).getEntriesList());
  }

  @Test
  void deletedEntryIsToldOfByItsEmptyValue() {
    var person = world.join("deletes@example.org", "Deletes");
    put(person, entry(1, "a", 0));
    put(person, entry(1, "", 1));
    assertEquals(List.of(entry(1, "", 2)), read(person, 1, 0).getEntriesList());
  }

  @Test
  void readsInPages() {
    var person = world.join("pages@example.org", "Pages");
    var entries = new ArrayList<VaultEntry>();
    for (int i = 0; i < 25; i++) {
      entries.add(entry(i, "v" + i, 0));
    }
    put(person, entries.toArray(VaultEntry[]::new));
    var seen = new ArrayList<VaultEntry>();
    long after = 0;
    ReadVaultResponse page;
    do {
      page = read(person, after, 10);
      seen.addAll(page.getEntriesList());
      after = seen.getLast().getRevision();
    } while (page.getHasMore());
    assertEquals(25, seen.size());
    assertEquals(25, after);
    assertFalse(read(person, 25, 10).getHasMore());
  }

  @Test
  void pageIsBoundedInBytesAndSaysThatThereIsMore() {
    var person = world.join("bytes@example.org", "Bytes");
    var value = "x".repeat(VaultRoutes.VALUE_BYTES_MAX);
    for (int from = 0; from < 120; from += 60) {
      var entries = new VaultEntry[60];
      for (int i = 0; i < entries.length; i++) {
        entries[i] = entry(from + i, value, 0);
      }
      put(person, entries);
    }
    var page = read(person, 0, 1_000);
    assertEquals(64, page.getEntriesCount());
    assertTrue(page.getHasMore());
    assertEquals(56, read(person, 64, 1_000).getEntriesCount());
  }

  @Test
  void writersAtOnceLoseNothing() throws Exception {
    var person = world.join("writers@example.org", "Writers");
    var caller = person.caller();
    var calls = new ArrayList<Callable<PutVaultResponse>>();
    for (int writer = 0; writer < 8; writer++) {
      var request =
          PutVaultRequest.newBuilder()
              .addEntries(entry(100, "shared by " + writer, 0))
              .addEntries(entry(writer, "own", 0))
              .build();
      calls.add(() -> (PutVaultResponse) world.call("VaultService", "PutVault", request, caller));
    }
    var answers = Together.call(calls);
    assertEquals(1, answers.stream().filter(PutVaultResponse::hasStored).count());
    assertEquals(2, read(person, 0, 0).getEntriesCount());
    var conflict = answers.stream().filter(PutVaultResponse::hasConflict).findFirst();
    assertEquals(1, conflict.orElseThrow().getConflict().getCurrentCount());
  }

  @Test
  void vaultsAreApart() {
    var one = world.join("apart1@example.org", "Apart");
    var two = world.join("apart2@example.org", "Apart");
    put(one, entry(1, "mine", 0));
    assertEquals(0, read(two, 0, 0).getEntriesCount());
    put(two, entry(1, "theirs", 0));
    assertEquals(List.of(entry(1, "mine", 1)), read(one, 0, 0).getEntriesList());
  }

  @Test
  void limitsAreKept() {
    var person = world.join("limits@example.org", "Limits");
    var large = entry(1, "x".repeat(VaultRoutes.VALUE_BYTES_MAX + 1), 0);
    assertFails(ErrorReason.ERROR_REASON_TOO_LARGE, () -> response(person, large));
    assertFails(
        ErrorReason.ERROR_REASON_INVALID,
        () -> response(person, entry(1, "a", 0), entry(1, "b", 0)));
    assertFails(ErrorReason.ERROR_REASON_INVALID, () -> response(person));
    var shortKey = VaultEntry.newBuilder().setKey(ByteString.copyFrom(new byte[31])).build();
    assertFails(ErrorReason.ERROR_REASON_MALFORMED, () -> response(person, shortKey));
    var many = new VaultEntry[VaultRoutes.ENTRIES_PUT_MAX + 1];
    for (int i = 0; i < many.length; i++) {
      many[i] = entry(i, "a", 0);
    }
    assertFails(ErrorReason.ERROR_REASON_TOO_LARGE, () -> response(person, many));
    assertFails(ErrorReason.ERROR_REASON_INVALID, () -> read(person, 0, 1_001));
    assertFails(ErrorReason.ERROR_REASON_INVALID, () -> read(person, -1, 10));
  }

  @Test
  void wholeVaultIsLimited() {
    var person = world.join("whole@example.org", "Whole");
    put(person, entry(1, "a", 0));
    world
        .database
        .jdbi()
        .useHandle(handle ->
            handle.execute(
                "update vault set value_bytes = ? where account_id = ?",
                VaultService.BYTES_MAX,
                person.account.value()));
    assertFails(ErrorReason.ERROR_REASON_TOO_LARGE, () -> response(person, entry(2, "b", 0)));
    assertEquals(List.of(2L), put(person, entry(1, "", 1)));
  }

  private static List<Long> put(Person person, VaultEntry... entries) {
    return response(person, entries).getStored().getRevisionsList();
  }

  private static PutVaultResponse response(Person person, VaultEntry... entries) {
    var request = PutVaultRequest.newBuilder().addAllEntries(List.of(entries)).build();
    return person.call("VaultService", "PutVault", request, PutVaultResponse.class);
  }

  private static ReadVaultResponse read(Person person, long after, int limit) {
    var request = ReadVaultRequest.newBuilder().setAfterRevision(after).setLimit(limit).build();
    return person.call("VaultService", "ReadVault", request, ReadVaultResponse.class);
  }

  private static VaultEntry entry(int number, String value, long revision) {
    return VaultEntry.newBuilder()
        .setKey(key(number))
        .setValue(ByteString.copyFromUtf8(value))
        .setRevision(revision)
        .build();
  }

  private static ByteString key(int number) {
    var bytes = new byte[32];
    bytes[30] = (byte) (number >> 8);
    bytes[31] = (byte) number;
    return ByteString.copyFrom(bytes);
  }

  private static void assertFails(ErrorReason reason, Runnable call) {
    var error = assertThrows(RpcException.class, call::run);
    assertEquals(reason, error.info().getReason());
  }
}
