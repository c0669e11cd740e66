package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.server.db.AfterCommit;
import crypho.server.db.Db;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/// The vault: writes by compare-and-set of each entry's revision, all or none.
final class VaultService {
  static final int ENTRIES_MAX = 200_000;
  static final long BYTES_MAX = 64L * 1024 * 1024;

  /// How a write went.
  sealed interface PutOutcome {
    /// @param revisions in the order of the request
    record Stored(List<Long> revisions) implements PutOutcome {
      public Stored {
        revisions = List.copyOf(revisions);
      }
    }

    /// @param current those whose revision was another, as they are
    record Conflict(List<VaultStore.Entry> current) implements PutOutcome {
      public Conflict {
        current = List.copyOf(current);
      }
    }
  }

  /// A part of the vault, by ascending revision.
  record Page(List<VaultStore.Entry> entries, boolean hasMore) {
    Page {
      entries = List.copyOf(entries);
    }
  }

  private static final long PAGE_BYTES_MAX = 4L * 1024 * 1024;

  private final Db db;
  private final VaultStore vaults;
  private final AccountNews news;

  VaultService(Db db, VaultStore vaults, AccountNews news) {
    this.db = db;
    this.vaults = vaults;
    this.news = news;
  }

  /// @param entries each key once; `revision` is the one that the client saw
  PutOutcome put(Caller caller, List<VaultStore.Entry> entries) {
    return db.transactThen(
        (transaction, after) -> put(transaction, after, caller.account(), entries));
  }

  private PutOutcome put(
      Handle transaction, AfterCommit after, AccountId account, List<VaultStore.Entry> entries) {
    var totals = vaults.lock(transaction, account);
    if (totals == null) {
      throw RpcException.unauthenticated();
    }
    var keys = entries.stream().map(VaultStore.Entry::key).toList();
    var current =
        vaults.find(transaction, account, keys).stream()
            .collect(Collectors.toMap(VaultStore.Entry::key, Function.identity()));
    var conflicts = conflicts(entries, current);
    if (!conflicts.isEmpty()) {
      return new PutOutcome.Conflict(conflicts);
    }
    var next = count(totals, entries, current);
    if (next.entries() > ENTRIES_MAX) {
      throw RpcException.tooLarge("entries", ENTRIES_MAX);
    }
    if (next.valueBytes() > BYTES_MAX && next.valueBytes() > totals.valueBytes()) {
      throw RpcException.tooLarge("entries.value", BYTES_MAX);
    }
    long revision = totals.revision();
    var stored = new ArrayList<VaultStore.Entry>(entries.size());
    for (var entry : entries) {
      stored.add(new VaultStore.Entry(entry.key(), entry.value(), ++revision));
    }
    vaults.put(transaction, account, stored);
    vaults.setTotals(transaction, account, next);
    news.vaultChanged(after, account, revision);
    return new PutOutcome.Stored(stored.stream().map(VaultStore.Entry::revision).toList());
  }

  /// An entry that the server does not have is shown as empty at revision 0.
  private static List<VaultStore.Entry> conflicts(
      List<VaultStore.Entry> entries, Map<Bytes, VaultStore.Entry> current) {
    var conflicts = new ArrayList<VaultStore.Entry>();
    for (var entry : entries) {
      var absent = new VaultStore.Entry(entry.key(), Bytes.EMPTY, 0);
      var known = current.getOrDefault(entry.key(), absent);
      if (known.revision() != entry.revision()) {
        conflicts.add(known);
      }
    }
    return conflicts;
  }

  private static VaultStore.Totals count(
      VaultStore.Totals totals,
      List<VaultStore.Entry> entries,
      Map<Bytes, VaultStore.Entry> current) {
    int count = totals.entries();
    long bytes = totals.valueBytes();
    for (var entry : entries) {
      var known = current.get(entry.key());
      if (known == null) {
        count++;
      } else {
        bytes -= known.value().size();
      }
      bytes += entry.value().size();
    }
    return new VaultStore.Totals(totals.revision() + entries.size(), count, bytes);
  }

  Page read(Caller caller, long afterRevision, int limit) {
    return db.transact(transaction -> {
      var account = caller.account();
      // Before the entries: whatever is written in between is announced by itself.
      long newest = vaults.revision(transaction, account);
      var entries = vaults.after(transaction, account, afterRevision, limit, PAGE_BYTES_MAX);
      boolean hasMore = !entries.isEmpty() && entries.getLast().revision() < newest;
      return new Page(entries, hasMore);
    });
  }

  long revision(AccountId account) {
    return db.read(handle -> vaults.revision(handle, account));
  }
}
