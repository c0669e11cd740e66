package crypho.server.notify;

import crypho.base.Bytes;
import crypho.base.Invariant;
import crypho.server.db.Db;
import crypho.server.notify.MailTransport.MailException;
import crypho.server.notify.api.MailQueue;
import crypho.server.rpc.RpcException;
import crypho.server.seal.Sealer;
import crypho.wire.v1.Language;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The queue of mails in the database and the loop that sends them.
///
/// A mail is taken by moving its next try into the future, sent, and then deleted. A process that
/// is killed in between sends it again later: no mail is lost, and one may come twice, with the
/// same Message-ID. What no server has taken within a day is dropped.
public final class MailService implements MailQueue, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MailService.class);
  private static final String FIELD = "mail.sealed";
  private static final Duration KEPT_MAX = Duration.ofDays(1);
  private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
  private static final Duration PAUSE_MAX = Duration.ofHours(1);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
  private static final Duration LOOK_SOON = Duration.ofMillis(50);
  private static final int SOON_LOOKS = 40;
  private static final int BATCH_MAX = 20;
  private static final int DOUBLINGS_MAX = 10;
  private static final int PLACE_CHARACTERS_MAX = 4_000;

  private final Db db;
  private final Sealer sealer;
  private final MailTransport transport;
  private final Clock clock;
  private final Thread sender;
  private final AtomicInteger soonLooks = new AtomicInteger();
  private volatile boolean isClosing;

  private record Taken(long id, Bytes sealed, Instant queuedAt, int tries) {}

  private MailService(Db db, Sealer sealer, MailTransport transport, Clock clock) {
    this.db = db;
    this.sealer = sealer;
    this.transport = transport;
    this.clock = clock;
    this.sender = Thread.ofVirtual().name("mail-sender").unstarted(this::loop);
  }

  /// Sends over SMTP.
  public static MailService overSmtp(Db db, Sealer sealer, MailConfig config, Clock clock) {
    return started(new MailService(db, sealer, new Smtp(config), clock));
  }

  /// Puts mails into a mailbox on this machine.
  public static MailService local(Db db, Sealer sealer, LocalMailbox mailbox, Clock clock) {
    return started(new MailService(db, sealer, mailbox, clock));
  }

  private static MailService started(MailService service) {
    service.sender.start();
    return service;
  }

  @Override
  public void queue(
      Handle transaction,
      Template template,
      Language language,
      String to,
      Map<String, String> places,
      Instant now) {
    Invariant.check(
        places.values().stream().allMatch(value -> value.length() <= PLACE_CHARACTERS_MAX),
        "what goes into a mail is bounded");
    var mail = QueuedMail.of(template, language, to, places);
    transaction
        .createUpdate(
            "INSERT INTO mail (sealed, queued_at, next_try_at) VALUES (:sealed, :now, :now)")
        .bind("sealed", sealer.sealForServer(FIELD, mail.encode()))
        .bind("now", now)
        .execute();
    // The transaction is about to commit: look more often for a while.
    soonLooks.set(SOON_LOOKS);
    LockSupport.unpark(sender);
  }

  private void loop() {
    while (!isClosing) {
      try {
        while (sendBatch(clock.instant())) {
          soonLooks.set(0);
        }
      } catch (RpcException e) {
        LOG.debug("event=mail.database_away");
      } catch (JdbiException | IllegalStateException e) {
        LOG.error("event=mail.failed", e);
      }
      if (soonLooks.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        LockSupport.parkNanos(LOOK_SOON.toNanos());
      } else {
        LockSupport.parkNanos(LOOK_EVERY.toNanos());
      }
    }
  }

  /// Whether there was something to send.
  private boolean sendBatch(Instant now) {
    List<Taken> batch = db.transact(handle -> take(handle, now));
    for (var mail : batch) {
      if (isClosing) {
        return false;
      }
      send(mail, now);
    }
    return !batch.isEmpty();
  }

  private List<Taken> take(Handle handle, Instant now) {
    return handle
        .createQuery(
            """
            UPDATE mail SET tries = tries + 1,
              next_try_at = CAST(:now AS timestamptz)
                + least(:first * power(2, least(tries, :doublings)), :most) * interval '1 second'
            WHERE id IN (
              SELECT id FROM mail WHERE next_try_at <= :now
              ORDER BY next_try_at LIMIT :batch FOR UPDATE SKIP LOCKED)
            RETURNING id, sealed, queued_at, tries\
            """)
        .bind("now", now)
        .bind("first", FIRST_PAUSE.toSeconds())
        .bind("doublings", DOUBLINGS_MAX)
        .bind("most", PAUSE_MAX.toSeconds())
        .bind("batch", BATCH_MAX)
        .map((row, _) ->
            new Taken(
                row.getLong("id"),
                Bytes.wrap(row.getBytes("sealed")),
                row.getTimestamp("queued_at").toInstant(),
                row.getInt("tries")))
        .list();
  }

  private void send(Taken taken, Instant now) {
    try {
      var mail = QueuedMail.decode(sealer.openForServer(FIELD, taken.sealed().toArray()));
      var places = new java.util.HashMap<String, String>();
      mail.places().forEach((name, value) -> places.put(name, value.value()));
      var text = MailText.of(mail.template(), mail.language()).compose(mail.language(), places);
      transport.send(taken.id(), mail.to(), text);
      delete(taken.id());
      LOG.info("event=mail.sent id={} template={}", taken.id(), mail.template());
    } catch (MailException e) {
      var isOver = taken.queuedAt().plus(KEPT_MAX).isBefore(now);
      LOG.warn(
          "event=mail.{} id={} try={} cause=\"{}\"",
          isOver ? "dropped" : "not_sent",
          taken.id(),
          taken.tries(),
          e.getMessage());
      if (isOver) {
        delete(taken.id());
      }
    }
  }

  private void delete(long id) {
    db.run(handle -> handle.execute("DELETE FROM mail WHERE id = ?", id));
  }

  /// Stops after the mail that is being sent.
  @Override
  public void close() {
    isClosing = true;
    LockSupport.unpark(sender);
    try {
      sender.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
