package crypho.server.testing;

import crypho.server.notify.api.MailQueue;
import crypho.wire.v1.Language;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jdbi.v3.core.Handle;

/// A mail queue that keeps what features queue in memory, for tests that read it.
public final class RecordingMails implements MailQueue {
  /// One queued mail.
  public record Mail(Template template, Language language, String to, Map<String, String> places) {
    /// The bytes after `#` in the mail's link.
    public byte[] token() {
      var link = places.getOrDefault("link", "");
      return Base64.getUrlDecoder().decode(link.substring(link.indexOf('#') + 1));
    }
  }

  private final List<Mail> mails = new CopyOnWriteArrayList<>();

  @Override
  public void queue(
      Handle transaction,
      Template template,
      Language language,
      String to,
      Map<String, String> places,
      Instant now) {
    mails.add(new Mail(template, language, to, places));
  }

  public List<Mail> to(String address) {
    return mails.stream().filter(mail -> mail.to().equals(address)).toList();
  }

  /// The newest mail to the address.
  public Mail lastTo(String address) {
    return to(address).getLast();
  }
}
