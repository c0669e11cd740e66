package crypho.server.account;

import crypho.base.AccountId;
import java.util.Collection;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/// Says whose entry an account may read, on behalf of features that come after this one.
public interface Acquaintances {
  /// The part of `asked` that `account` knows as a contact or as a member of a common conversation.
  Set<AccountId> knownTo(Handle transaction, AccountId account, Collection<AccountId> asked);

  /// The part of `asked` whose name `account` may know, and no more: senders of invitations that
  /// wait for its answer.
  default Set<AccountId> introducedTo(
      Handle transaction, AccountId account, Collection<AccountId> asked) {
    return Set.of();
  }
}
