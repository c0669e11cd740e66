package crypho.server.contact;

import crypho.base.AccountId;
import org.jdbi.v3.core.Handle;

/// What conversations must do when a contact ends. The returned work runs after the commit.
public interface ContactEvents {
  /// The two are no longer contacts: their one-to-one conversation goes, on both sides.
  Runnable onContactRemoved(Handle transaction, AccountId one, AccountId other);
}
