package crypho.client;

import crypho.base.Secret;

/// What came of a sign-up.
public sealed interface SignUpOutcome {
  /// @param totpSecret for later log-ins: what an authenticator app would keep
  record SignedUp(Session session, Secret totpSecret) implements SignUpOutcome {}

  /// The link from the mail is used, or older than a day.
  record LinkExpired() implements SignUpOutcome {}

  /// The second factor's code was refused: the clock is off by more than half a minute.
  record WrongCode() implements SignUpOutcome {}
}
