package crypho.server.notify;

import crypho.server.notify.api.MailQueue.Template;
import crypho.wire.v1.Language;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The words of one mail. What other people wrote (a name, a note) stands in the body only, never
/// in the subject.
///
/// @param before paragraphs before the link
/// @param action words on the link, or empty where there is none
/// @param after paragraphs after it
record MailText(String subject, List<String> before, String action, List<String> after) {
  MailText {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /// A mail ready to be sent.
  record Composed(String subject, String plain, String html) {}

  static MailText of(Template template, Language language) {
    return language == Language.LANGUAGE_NB ? MailTextNb.of(template) : MailTextEn.of(template);
  }

  Composed compose(Language language, Map<String, String> places) {
    var link = places.getOrDefault("link", "");
    return new Composed(subject, plain(link, places), html(language, link, places));
  }

  private String plain(String link, Map<String, String> places) {
    var out = new StringBuilder();
    before.forEach(paragraph -> out.append(fill(paragraph, places)).append("\n\n"));
    if (!action.isEmpty()) {
      out.append(action).append(":\n").append(link).append("\n\n");
    }
    after.forEach(paragraph -> out.append(fill(paragraph, places)).append("\n\n"));
    return out.append("-- \nCrypho\n").toString();
  }

  private String html(Language language, String link, Map<String, String> places) {
    var escaped =
        places.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> escape(e.getValue())));
    var out = new StringBuilder();
    out.append("<!doctype html><html lang=\"")
        .append(language == Language.LANGUAGE_NB ? "nb" : "en")
        .append("\"><head><meta charset=\"utf-8\"><title>")
        .append(escape(subject))
        .append("</title></head><body style=\"margin:0;padding:24px;background:#ffffff;")
        .append("color:#1c1e21;font:16px/1.5 system-ui,sans-serif\">")
        .append("<div style=\"max-width:34em;margin:0 auto\">");
    before.forEach(paragraph -> out.append(block(fill(escape(paragraph), escaped))));
    if (!action.isEmpty()) {
      out.append("<p style=\"margin:24px 0\"><a href=\"")
          .append(escape(link))
          .append("\" style=\"display:inline-block;padding:12px 20px;border-radius:8px;")
          .append("background:#1f5c99;color:#ffffff;text-decoration:none;font-weight:600\">")
          .append(escape(action))
          .append("</a></p><p style=\"color:#5c6166;font-size:14px;word-break:break-all\">")
          .append(escape(link))
          .append("</p>");
    }
    after.forEach(paragraph -> out.append(block(fill(escape(paragraph), escaped))));
    return out.append("<p style=\"color:#5c6166\">Crypho</p></div></body></html>").toString();
  }

  private static String block(String html) {
    return "<p style=\"white-space:pre-line\">" + html + "</p>";
  }

  /// One pass, so that a place's value is never taken for a place.
  private static String fill(String text, Map<String, String> places) {
    var out = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      var end = text.charAt(i) == '{' ? text.indexOf('}', i) : -1;
      if (end > 0) {
        out.append(places.getOrDefault(text.substring(i + 1, end), ""));
        i = end + 1;
      } else {
        out.append(text.charAt(i++));
      }
    }
    return out.toString();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
