package crypho.server.contact;

import crypho.base.AccountId;
import java.util.Collection;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/// Answers who is whose contact.
public interface ContactDirectory {
  /// The part of `asked` that are contacts of `account`.
  Set<AccountId> contactsAmong(Handle transaction, AccountId account, Collection<AccountId> asked);
}
