package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.wire.v1.Language;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Accounts, their keys and ways in. Every method runs in the caller's transaction.
interface AccountStore {
  void insert(Handle transaction, Account account);

  @Nullable Account find(Handle transaction, AccountId id);

  /// As [#find]; changes to this account wait for each other from here to the commit.
  @Nullable Account lock(Handle transaction, AccountId id);

  List<Account> findAll(Handle transaction, Collection<AccountId> ids);

  @Nullable Account findByAddress(Handle transaction, Bytes emailHash);

  /// Whoever decides by whether an address has an account takes this first: held to the commit.
  void lockAddress(Handle transaction, Bytes emailHash);

  void setTotpStep(Handle transaction, AccountId id, long step);

  void setDisplayName(Handle transaction, AccountId id, Bytes sealed);

  void setLanguage(Handle transaction, AccountId id, Language language);

  void setEmail(Handle transaction, AccountId id, Bytes emailHash, Bytes emailSealed);

  void setPassphrase(
      Handle transaction, AccountId id, PassphraseKdf kdf, AuthKeyHasher.Verifier verifier);

  void setFirstDeviceAt(Handle transaction, AccountId id, Instant at);

  /// Takes the next generation; adds its last sealed previous key.
  void setKeys(Handle transaction, AccountId id, AccountKeySet keys);

  List<WayIn> waysIn(Handle transaction, AccountId id);

  /// Adds the way in, or replaces the one of the same name.
  void putWayIn(Handle transaction, AccountId id, WayIn wayIn);

  void deleteWayIn(Handle transaction, AccountId id, WayIn.Name name);

  long count(Handle transaction);
}
