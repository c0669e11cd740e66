package crypho.server.notify;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The SMTP server that mails are handed to.
///
/// @param user empty for none
/// @param passwordFile read at each connection; null for none
/// @param from sender, `Name <address>`
public record MailConfig(
    String host,
    int port,
    Security security,
    String user,
    @Nullable Path passwordFile,
    String from) {
  /// How the connection is protected.
  public enum Security {
    /// Must be upgraded by STARTTLS; no mail goes without.
    STARTTLS,
    /// TLS from the first byte.
    TLS,
    /// Plain: for a mail server on the same machine.
    NONE
  }
}
