package crypho.client;

/// What came of a log-in.
public sealed interface LogInOutcome {
  record LoggedIn(Session session) implements LogInOutcome {}

  /// No such address, or another passphrase: the server does not say which.
  record WrongCredentials() implements LogInOutcome {}

  record WrongCode() implements LogInOutcome {}

  record TicketExpired() implements LogInOutcome {}
}
