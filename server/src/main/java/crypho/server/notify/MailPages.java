package crypho.server.notify;

import crypho.server.http.HttpFront;
import crypho.server.http.LocalPages;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.regex.Pattern;

/// The local mailbox as pages without a script: a list, a mail, and JSON for tests. Only for
/// requests of this machine.
public final class MailPages {
  private static final Pattern LINK = Pattern.compile("https?://\\S+");

  private static final String STYLE =
      """
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto;
        padding: 0 1em; color-scheme: light dark; }
      li { margin: .5em 0; }
      time, .to { opacity: .7; }
      pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
      """;

  private final LocalMailbox mailbox;

  public MailPages(LocalMailbox mailbox) {
    this.mailbox = mailbox;
  }

  public void addTo(Map<String, HttpFront.Page> pages) {
    pages.put("/mails", LocalPages.only(this::page));
    pages.put("/mails.css", LocalPages.only(request -> answer(request, "text/css", STYLE)));
    pages.put("/mails.json", LocalPages.only(this::json));
  }

  private void page(HttpServerRequest request) {
    var asked = request.getParam("id");
    var mail =
        asked == null || !asked.matches("\\d{1,18}") ? null : mailbox.find(Long.parseLong(asked));
    var body = new StringBuilder();
    body.append(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Mails</title>"
            + "<meta name=\"viewport\" content=\"width=device-width\">"
            + "<link rel=\"stylesheet\" href=\"/mails.css\"></head><body>");
    if (mail == null) {
      list(body);
    } else {
      show(body, mail);
    }
    answer(request, "text/html", body.append("</body></html>").toString());
  }

  private void list(StringBuilder body) {
    body.append(
            "<h1>Mails</h1><p>No SMTP server is configured. What would be mailed is shown here,")
        .append(" on this machine only, until the server stops.</p><ul>");
    for (var mail : mailbox.mails()) {
      body.append("<li><a href=\"/mails?id=")
          .append(mail.id())
          .append("\">")
          .append(MailText.escape(mail.subject()))
          .append("</a> <span class=\"to\">")
          .append(MailText.escape(mail.to().value()))
          .append("</span> <time>")
          .append(mail.at())
          .append("</time></li>");
    }
    body.append(mailbox.mails().isEmpty() ? "</ul><p>None yet.</p>" : "</ul>");
  }

  private static void show(StringBuilder body, LocalMailbox.Mail mail) {
    body.append("<p><a href=\"/mails\">All mails</a></p><h1>")
        .append(MailText.escape(mail.subject()))
        .append("</h1><p class=\"to\">")
        .append(MailText.escape(mail.to().value()))
        .append("</p><pre>");
    var text = mail.plain().value();
    var links = LINK.matcher(text);
    int at = 0;
    while (links.find()) {
      var link = MailText.escape(links.group());
      body.append(MailText.escape(text.substring(at, links.start())))
          .append("<a href=\"")
          .append(link)
          .append("\">")
          .append(link)
          .append("</a>");
      at = links.end();
    }
    body.append(MailText.escape(text.substring(at))).append("</pre>");
  }

  private void json(HttpServerRequest request) {
    var all = new JsonArray();
    for (var mail : mailbox.mails()) {
      var one = new JsonObject();
      one.put("id", mail.id());
      one.put("to", mail.to().value());
      one.put("subject", mail.subject());
      one.put("text", mail.plain().value());
      one.put("html", mail.html().value());
      one.put("at", mail.at().toString());
      all.add(one);
    }
    answer(request, "application/json", all.encode());
  }

  private static void answer(HttpServerRequest request, String type, String body) {
    request
        .response()
        .putHeader("Content-Type", type + "; charset=utf-8")
        .putHeader("Cache-Control", "no-store")
        .end(body);
  }
}
