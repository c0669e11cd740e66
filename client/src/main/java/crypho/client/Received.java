package crypho.client;

import crypho.base.AccountId;
import crypho.wire.v1.Content;
import java.time.Instant;

/// A message in a conversation's log, as far as it can be shown.
public sealed interface Received {
  long seq();

  AccountId sender();

  Instant time();

  record Opened(long seq, AccountId sender, Instant time, Content content) implements Received {}

  /// With the reason of docs/protocol/messages.md.
  record Unreadable(long seq, AccountId sender, Instant time, Reason reason) implements Received {}

  /// Taken back by its sender or an admin.
  record Erased(long seq, AccountId sender, Instant time) implements Received {}

  enum Reason {
    KEY_MISSING,
    KEY_FALSE,
    DEVICE_UNKNOWN,
    SIGNATURE,
    CONTENT
  }
}
