package crypho.server.notify;

import crypho.base.Personal;
import jakarta.mail.Authenticator;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Date;
import java.util.Properties;

/// Sends over SMTP, each mail by a connection of its own.
final class Smtp implements MailTransport {
  private static final String TIMEOUT_MS = "15000";

  private final MailConfig config;

  Smtp(MailConfig config) {
    this.config = config;
  }

  @Override
  public void send(long id, Personal to, MailText.Composed mail) throws MailException {
    var session = Session.getInstance(properties(), authenticator());
    try {
      var message = new Identified(session, id, domain());
      message.setFrom(new InternetAddress(config.from()));
      message.setRecipient(Message.RecipientType.TO, new InternetAddress(to.value(), true));
      message.setSubject(mail.subject(), "UTF-8");
      message.setSentDate(Date.from(Instant.now()));
      message.setHeader("Auto-Submitted", "auto-generated");
      message.setContent(alternatives(mail));
      Transport.send(message);
    } catch (MessagingException e) {
      // Its message may hold the address: only the kind goes on.
      throw new MailException(e.getClass().getSimpleName());
    }
  }

  private static MimeMultipart alternatives(MailText.Composed mail) throws MessagingException {
    var plain = new MimeBodyPart();
    plain.setText(mail.plain(), "UTF-8");
    var html = new MimeBodyPart();
    html.setText(mail.html(), "UTF-8", "html");
    return new MimeMultipart("alternative", plain, html);
  }

  private Properties properties() {
    var all = new Properties();
    all.setProperty("mail.smtp.host", config.host());
    all.setProperty("mail.smtp.port", Integer.toString(config.port()));
    all.setProperty("mail.smtp.connectiontimeout", TIMEOUT_MS);
    all.setProperty("mail.smtp.timeout", TIMEOUT_MS);
    all.setProperty("mail.smtp.writetimeout", TIMEOUT_MS);
    all.setProperty("mail.smtp.auth", Boolean.toString(!config.user().isEmpty()));
    all.setProperty("mail.mime.allowutf8", "true");
    switch (config.security()) {
      case STARTTLS -> {
        all.setProperty("mail.smtp.starttls.enable", "true");
        all.setProperty("mail.smtp.starttls.required", "true");
        all.setProperty("mail.smtp.ssl.checkserveridentity", "true");
      }
      case TLS -> {
        all.setProperty("mail.smtp.ssl.enable", "true");
        all.setProperty("mail.smtp.ssl.checkserveridentity", "true");
      }
      case NONE -> all.setProperty("mail.smtp.starttls.enable", "false");
    }
    return all;
  }

  private Authenticator authenticator() throws MailException {
    var file = config.passwordFile();
    try {
      var password = file == null ? "" : Files.readString(file).strip();
      return new Authenticator() {
        @Override
        protected PasswordAuthentication getPasswordAuthentication() {
          return new PasswordAuthentication(config.user(), password);
        }
      };
    } catch (IOException e) {
      throw new MailException("the password file cannot be read");
    }
  }

  private String domain() {
    var from = config.from();
    return from.substring(from.indexOf('@') + 1).replace(">", "").strip();
  }

  /// A message with the same Message-ID at each try, so that mailboxes can drop a second copy.
  private static final class Identified extends MimeMessage {
    private final String id;

    Identified(Session session, long id, String domain) {
      super(session);
      this.id = "<crypho-mail-" + id + "@" + domain + ">";
    }

    @Override
    protected void updateMessageID() throws MessagingException {
      setHeader("Message-ID", id);
    }
  }
}
