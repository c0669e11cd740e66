package crypho.server.notify;

import crypho.base.Personal;

/// Hands a mail over to whoever delivers it.
interface MailTransport {
  /// The mail could not be handed over; worth another try.
  final class MailException extends Exception {
    private static final long serialVersionUID = 1;

    /// @param kind what failed, without an address
    MailException(String kind) {
      super(kind);
    }
  }

  /// @param id of the queued mail, for a Message-ID that is the same at a second try
  void send(long id, Personal to, MailText.Composed mail) throws MailException;
}
