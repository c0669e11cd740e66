package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.Personal;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.server.db.AfterCommit;
import crypho.server.db.Db;
import crypho.server.rpc.RpcException;
import crypho.server.seal.Sealer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// Log-in in two steps: what follows from the passphrase, then a code.
final class LogInService {
  static final Duration TICKET_LASTS = Duration.ofMinutes(5);
  static final int CODES_MAX = 5;
  private static final int TICKET_BYTES = 32;

  /// How the first step went.
  sealed interface FirstOutcome {
    record SecondFactorRequired(Secret ticket) implements FirstOutcome {}

    record WrongCredentials() implements FirstOutcome {}
  }

  /// How the second step went.
  sealed interface SecondOutcome {
    record LoggedIn(Secret sessionToken, OwnAccount me) implements SecondOutcome {}

    record WrongCode() implements SecondOutcome {}

    record TicketExpired() implements SecondOutcome {}
  }

  private final Db db;
  private final Stores stores;
  private final PersonalFields fields;
  private final PassphraseCheck passphrases;
  private final SessionService sessions;
  private final Rng rng;
  private final LogInThrottle codes = new LogInThrottle();

  LogInService(
      Db db,
      Stores stores,
      PersonalFields fields,
      PassphraseCheck passphrases,
      SessionService sessions,
      Rng rng) {
    this.db = db;
    this.stores = stores;
    this.fields = fields;
    this.passphrases = passphrases;
    this.sessions = sessions;
    this.rng = rng;
  }

  /// How the client is to derive its key; made up, and always the same, for unknown addresses.
  PassphraseKdf start(EmailAddress address) {
    var hash = fields.emailHash(address);
    var fake =
        new PassphraseKdf(
            fields.fakeSalt(address),
            PassphraseKdf.MEMORY_KIB,
            PassphraseKdf.ITERATIONS,
            PassphraseKdf.PARALLELISM);
    return db.transact(
            transaction -> Optional.ofNullable(stores.accounts().findByAddress(transaction, hash)))
        .map(account -> account.credentials().kdf())
        .orElse(fake);
  }

  /// @throws RpcException RATE_LIMITED after too many wrong ones
  FirstOutcome logIn(EmailAddress address, Secret authKey, Personal from, Instant now) {
    var checked = passphrases.check(fields.emailHash(address), authKey, from, now);
    if (checked.isEmpty()) {
      return new FirstOutcome.WrongCredentials();
    }
    var ticket = rng.bytes(TICKET_BYTES);
    var hash = Bytes.wrap(Sealer.tokenHash(ticket));
    boolean isIssued =
        db.transact(transaction -> issueTicket(transaction, hash, checked.get(), now));
    return isIssued
        ? new FirstOutcome.SecondFactorRequired(Secret.wrap(ticket))
        : new FirstOutcome.WrongCredentials();
  }

  /// Not where the passphrase was changed since it was compared: that ended all log-ins under way.
  private boolean issueTicket(Handle transaction, Bytes ticketHash, Account checked, Instant now) {
    var current = stores.accounts().lock(transaction, checked.id());
    var verifier = checked.credentials().verifier();
    if (current == null || !current.credentials().verifier().equals(verifier)) {
      return false;
    }
    var ticket = new SessionStore.Ticket(checked.id(), CODES_MAX, now.plus(TICKET_LASTS));
    stores.sessions().insertTicket(transaction, ticketHash, ticket);
    return true;
  }

  /// @throws RpcException RATE_LIMITED after too many wrong ones
  SecondOutcome complete(
      Bytes ticketHash, String code, boolean isSharedComputer, Personal from, Instant now) {
    var ticket =
        db.transact(transaction ->
            Optional.ofNullable(stores.sessions().findTicket(transaction, ticketHash)));
    if (ticket.isEmpty() || !ticket.get().expiresAt().isAfter(now)) {
      return new SecondOutcome.TicketExpired();
    }
    var attempt = codes.begin(key(ticket.get().account()), from, now);
    SecondOutcome outcome;
    try {
      outcome =
          db.transactThen((transaction, after) ->
              answer(transaction, after, ticketHash, code, isSharedComputer, now));
    } catch (RuntimeException e) {
      attempt.cancel();
      throw e;
    }
    switch (outcome) {
      case SecondOutcome.LoggedIn _ -> attempt.succeed();
      case SecondOutcome.TicketExpired _ -> attempt.cancel();
      case SecondOutcome.WrongCode _ -> {}
    }
    return outcome;
  }

  private SecondOutcome answer(
      Handle transaction,
      AfterCommit after,
      Bytes ticketHash,
      String code,
      boolean isSharedComputer,
      Instant now) {
    var ticket = stores.sessions().lockTicket(transaction, ticketHash);
    var account = ticket == null ? null : stores.accounts().lock(transaction, ticket.account());
    if (ticket == null || account == null) {
      return new SecondOutcome.TicketExpired();
    }
    var secret = fields.openTotpSecret(account);
    var step = Totp.matchingStep(secret, code, now, account.credentials().totpStep());
    if (step.isEmpty()) {
      if (ticket.codesLeft() <= 1) {
        stores.sessions().deleteTicket(transaction, ticketHash);
      } else {
        stores.sessions().setCodesLeft(transaction, ticketHash, ticket.codesLeft() - 1);
      }
      return new SecondOutcome.WrongCode();
    }
    stores.accounts().setTotpStep(transaction, account.id(), step.getAsLong());
    stores.sessions().deleteTicket(transaction, ticketHash);
    var token = sessions.open(transaction, after, account.id(), isSharedComputer, now);
    var waysIn = stores.accounts().waysIn(transaction, account.id());
    return new SecondOutcome.LoggedIn(
        token, OwnAccount.of(account, waysIn, null, isSharedComputer));
  }

  private static Bytes key(AccountId account) {
    return Bytes.wrap(account.toString().getBytes(StandardCharsets.US_ASCII));
  }
}
