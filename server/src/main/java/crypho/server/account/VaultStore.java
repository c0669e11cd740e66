package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Entries of accounts' vaults. Every method runs in the caller's transaction.
interface VaultStore {
  /// @param value empty where it was deleted
  record Entry(Bytes key, Bytes value, long revision) {}

  /// @param revision of the last write
  record Totals(long revision, int entries, long valueBytes) {}

  void create(Handle transaction, AccountId account);

  /// Writers of one account wait for each other from here to the commit, so that revisions become
  /// visible in their order.
  ///
  /// @return null where there is no such account
  @Nullable Totals lock(Handle transaction, AccountId account);

  long revision(Handle transaction, AccountId account);

  List<Entry> find(Handle transaction, AccountId account, Collection<Bytes> keys);

  void put(Handle transaction, AccountId account, Collection<Entry> entries);

  void setTotals(Handle transaction, AccountId account, Totals totals);

  /// By ascending revision; as many as fit in `bytesMax`, but one at least.
  List<Entry> after(Handle transaction, AccountId account, long revision, int limit, long bytesMax);
}
