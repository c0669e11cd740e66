package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import crypho.server.db.Db;
import crypho.server.rpc.Caller;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Entries of accounts, for those who may know them.
final class DirectoryService {
  /// @param devices none where only the name may be known
  /// @param former those that were asked for
  record Entry(
      Account account, List<LinkedDevice> devices, List<FormerDevice> former, boolean isOwn) {
    Entry {
      devices = List.copyOf(devices);
      former = List.copyOf(former);
    }
  }

  private final Db db;
  private final Stores stores;
  private final List<Acquaintances> acquaintances;

  DirectoryService(Db db, Stores stores, List<Acquaintances> acquaintances) {
    this.db = db;
    this.stores = stores;
    this.acquaintances = List.copyOf(acquaintances);
  }

  /// Those of `asked` that the caller may know; the others are left out. With the devices of theirs
  /// among `askedFormer` that are unlinked.
  List<Entry> find(Caller caller, Set<AccountId> asked, Set<DeviceId> askedFormer) {
    return db.transact(transaction -> {
      var self = caller.account();
      var known = new HashSet<AccountId>();
      var introduced = new HashSet<AccountId>();
      for (var source : acquaintances) {
        known.addAll(source.knownTo(transaction, self, asked));
        introduced.addAll(source.introducedTo(transaction, self, asked));
      }
      known.add(self);
      known.retainAll(asked);
      introduced.retainAll(asked);
      introduced.removeAll(known);
      var devices =
          stores.devices().ofAccounts(transaction, known).stream()
              .collect(Collectors.groupingBy(LinkedDevice::account));
      var former =
          stores.devices().former(transaction, known, askedFormer).stream()
              .collect(Collectors.groupingBy(FormerDevice::account));
      known.addAll(introduced);
      return stores.accounts().findAll(transaction, known).stream()
          .map(account ->
              new Entry(
                  account,
                  devices.getOrDefault(account.id(), List.of()),
                  former.getOrDefault(account.id(), List.of()),
                  account.id().equals(self)))
          .toList();
    });
  }
}
