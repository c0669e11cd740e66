package crypho.server.notify;

import crypho.base.Personal;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Keeps mails in memory as long as no SMTP server is configured, so that a first try needs none.
/// Shown to the machine itself only; the oldest go when it is full.
public final class LocalMailbox implements MailTransport {
  private static final int MAILS_MAX = 500;

  /// @param to the receiver's address
  public record Mail(
      long id, Personal to, String subject, Personal plain, Personal html, Instant at) {}

  private final Deque<Mail> mails = new ArrayDeque<>();
  private final Clock clock;

  public LocalMailbox(Clock clock) {
    this.clock = clock;
  }

  @Override
  public synchronized void send(long id, Personal to, MailText.Composed mail) {
    if (mails.size() == MAILS_MAX) {
      mails.removeLast();
    }
    mails.addFirst(
        new Mail(
            id,
            to,
            mail.subject(),
            new Personal("mail", mail.plain()),
            new Personal("mail", mail.html()),
            clock.instant()));
  }

  /// Newest first.
  public synchronized List<Mail> mails() {
    return List.copyOf(mails);
  }

  public @Nullable Mail find(long id) {
    return mails().stream().filter(mail -> mail.id() == id).findFirst().orElse(null);
  }
}
