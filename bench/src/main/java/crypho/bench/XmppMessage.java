package crypho.bench;

import java.util.concurrent.ThreadLocalRandom;

/// Makes messages as ejabberd's clients send them: the same number of content bytes as ours, but
/// readable by the server, since XMPP does not encrypt end to end of itself. That is in its favour.
final class XmppMessage {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";

  private final String head;
  private final String tail;

  private XmppMessage(String type, String to) {
    this.head = "<message type='" + type + "' to='" + to + "' id='";
    this.tail = "'><body>" + body() + "</body></message>";
  }

  /// From anybody to this person.
  static XmppMessage chat(int receiver) {
    return new XmppMessage("chat", Ejabberd.user(receiver) + "@" + Ejabberd.DOMAIN);
  }

  static XmppMessage groupChat(String room) {
    return new XmppMessage("groupchat", room);
  }

  /// As many random characters as our messages have content bytes.
  static String body() {
    var out = new StringBuilder();
    for (var i = 0; i < BenchMessage.CONTENT_BYTES; i++) {
      out.append(ALPHABET.charAt(ThreadLocalRandom.current().nextInt(ALPHABET.length())));
    }
    return out.toString();
  }

  /// The stanza with a number as its id, which whoever receives it reads again.
  String stanza(long id) {
    return head + id + tail;
  }
}
