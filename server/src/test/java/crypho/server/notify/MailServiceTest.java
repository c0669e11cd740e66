package crypho.server.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.seal.Sealer;
import crypho.server.testing.TestDatabase;
import crypho.wire.v1.Language;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Mails over real SMTP, from a real queue.
final class MailServiceTest {
  private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
  private static final long WAIT_MS = 15_000;

  private final Sealer sealer = new Sealer(Secret.wrap(new byte[32]), Rng.secure());
  private final SetClock clock = new SetClock();
  private TestDatabase database = TestDatabase.fresh();
  private GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", "smtp"));

  /// A clock that stands where the test puts it.
  private static final class SetClock extends Clock {
    final AtomicReference<Instant> now = new AtomicReference<>(START);

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now.get();
    }
  }

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop();
    database.close();
  }

  private MailService service(int port) {
    var config =
        new MailConfig(
            "127.0.0.1", port, MailConfig.Security.NONE, "", null, "Crypho <no-reply@crypho.test>");
    return MailService.overSmtp(database.db(), sealer, config, clock);
  }

  private void queue(MailService service, Template template, Language language, String note) {
    database
        .db()
        .run(handle ->
            service.queue(
                handle,
                template,
                language,
                "kari@example.org",
                Map.of("inviter", "Ola <b>", "note", note, "link", "https://x.test/a#b"),
                clock.instant()));
  }

  private long waiting() {
    return database
        .jdbi()
        .withHandle(h -> h.createQuery("SELECT count(*) FROM mail").mapTo(Long.class).one());
  }

  private void awaitEmpty() throws InterruptedException {
    var end = System.nanoTime() + Duration.ofMillis(WAIT_MS).toNanos();
    while (waiting() > 0 && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    assertEquals(0, waiting(), "sent mails are deleted");
  }

  @Test
  void everyMailIsWrittenInBothLanguagesAndGoesOut() throws Exception {
    try (var service = service(server.getSmtp().getPort())) {
      for (var template : Template.values()) {
        queue(service, template, Language.LANGUAGE_NB, "Hei på deg");
        queue(service, template, Language.LANGUAGE_EN, "Hello there");
      }
      awaitEmpty();
    }
    assertEquals(2 * Template.values().length, server.getReceivedMessages().length);
    for (var message : server.getReceivedMessages()) {
      var whole = GreenMailUtil.getWholeMessage(message);
      assertTrue(whole.contains("text/plain") && whole.contains("text/html"), whole);
      assertFalse(GreenMailUtil.getBody(message).contains("{"), "no place is left open");
    }
  }

  @Test
  void whatOthersWroteIsTextAndNeverTheSubject() throws Exception {
    try (var service = service(server.getSmtp().getPort())) {
      queue(service, Template.INVITATION, Language.LANGUAGE_EN, "<script>{link}</script>");
      awaitEmpty();
    }
    MimeMessage message = server.getReceivedMessages()[0];
    assertFalse(message.getSubject().contains("Ola"));
    var html = MailText.of(Template.INVITATION, Language.LANGUAGE_EN);
    var composed =
        html.compose(Language.LANGUAGE_EN, Map.of("inviter", "<b>", "note", "{link}", "link", "L"));
    assertFalse(composed.html().contains("<b>"));
    assertTrue(composed.plain().contains("{link}"), "a place's value is not taken for a place");
  }

  @Test
  void rolledBackMeansNotSent() throws Exception {
    try (var service = service(server.getSmtp().getPort())) {
      database
          .jdbi()
          .useHandle(handle -> {
            handle.begin();
            service.queue(
                handle,
                Template.EMAIL_CHANGED,
                Language.LANGUAGE_EN,
                "kari@example.org",
                Map.of(),
                clock.instant());
            handle.rollback();
          });
      queue(service, Template.NEW_DEVICE, Language.LANGUAGE_EN, "");
      awaitEmpty();
    }
    assertEquals(1, server.getReceivedMessages().length);
  }

  @Test
  void theQueueHoldsNoPlainWord() {
    // No service runs: the mail stays where it is.
    var mail =
        QueuedMail.of(
            Template.INVITATION,
            Language.LANGUAGE_EN,
            "marker@example.org",
            Map.of("note", "marker"));
    var sealed = sealer.sealForServer("mail.sealed", mail.encode());
    assertFalse(
        new String(sealed, java.nio.charset.StandardCharsets.ISO_8859_1).contains("marker"));
    assertEquals(mail, QueuedMail.decode(sealer.openForServer("mail.sealed", sealed)));
  }

  /// A server that is away, or a process killed between taking and sending: tried again later.
  @Test
  void whatWasNotSentIsTriedAgain() throws Exception {
    try (var service = service(closedPort())) {
      queue(service, Template.SIGN_UP, Language.LANGUAGE_NB, "");
      var end = System.nanoTime() + Duration.ofMillis(WAIT_MS).toNanos();
      while (tries() == 0 && System.nanoTime() < end) {
        Thread.sleep(20);
      }
      assertEquals(1, tries());
    }
    clock.now.set(START.plus(Duration.ofMinutes(3)));
    try (var _ = service(server.getSmtp().getPort())) {
      awaitEmpty();
    }
    assertEquals(1, server.getReceivedMessages().length);
  }

  @Test
  void afterADayAMailIsGivenUp() throws Exception {
    try (var service = service(closedPort())) {
      clock.now.set(START.minus(Duration.ofHours(25)));
      queue(service, Template.SIGN_UP, Language.LANGUAGE_NB, "");
      clock.now.set(START.plus(Duration.ofHours(2)));
      awaitEmpty();
    }
    assertEquals(0, server.getReceivedMessages().length);
  }

  private int tries() {
    return database
        .jdbi()
        .withHandle(h -> h.createQuery("SELECT max(tries) FROM mail").mapTo(Integer.class).one());
  }

  private static int closedPort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
