package crypho.server.notify.api;

import crypho.wire.v1.Language;
import java.time.Instant;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/// Queues mails in the caller's transaction; they are sent after it has committed, tried again with
/// growing pauses for a day, sealed while they wait, and deleted once sent.
public interface MailQueue {
  /// The mails there are. Each has a text in nb and en, plain and HTML, with named places.
  enum Template {
    /// Places: `link`.
    SIGN_UP,
    /// Sign-up was asked for an address that has an account. Places: `link` (to log in).
    SIGN_UP_HAS_ACCOUNT,
    /// Places: `inviter`, `note`, `link`. For an address that has an account.
    INVITATION,
    /// Places: `inviter`, `note`, `link`. For an address without one: the link signs up.
    INVITATION_NEW,
    /// To the new address. Places: `link`.
    CONFIRM_EMAIL,
    /// To the old address, after a change. Places: none.
    EMAIL_CHANGED,
    /// Places: none.
    PASSPHRASE_CHANGED,
    /// A new device signed in. Places: `time`.
    NEW_DEVICE
  }

  void queue(
      Handle transaction,
      Template template,
      Language language,
      String to,
      Map<String, String> places,
      Instant now);
}
