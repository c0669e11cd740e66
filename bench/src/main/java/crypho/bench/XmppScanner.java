package crypho.bench;

import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/// Cuts the bytes of an XMPP stream (RFC 6120) into stanzas, however they arrive, without building
/// a tree: it counts how deep it is. XMPP has neither comments nor CDATA of its own accord nor
/// processing instructions but the declaration (§11.1); quoted `>` in attributes are minded.
final class XmppScanner {
  private int depth;
  private boolean isInTag;
  private boolean isInStanza;
  private int tagFrom;
  private byte quote;

  /// Bytes behind the reader index that have been looked at already.
  private int scanned;

  /// Gives each stanza that is whole, and leaves the rest in `in` for the next time, when it begins
  /// at the reader index again.
  void scan(ByteBuf in, Consumer<XmppStanza> sink) {
    var keepFrom = in.readerIndex();
    tagFrom += keepFrom;
    var end = in.writerIndex();
    var at = keepFrom + scanned;
    while (at < end) {
      if (!isInTag) {
        var open = in.indexOf(at, end, (byte) '<');
        at = open < 0 ? end : open + 1;
        if (open >= 0) {
          isInTag = true;
          tagFrom = open;
        }
        if (!isInStanza) {
          keepFrom = open < 0 ? end : open;
        }
        continue;
      }
      at = tagEnd(in, at, end);
      if (isInTag) {
        break;
      }
      if (closesStanza(in, at)) {
        isInStanza = false;
        sink.accept(new XmppStanza(in, keepFrom, at));
      }
      if (!isInStanza) {
        keepFrom = at;
      }
    }
    in.readerIndex(keepFrom);
    tagFrom -= keepFrom;
    scanned = end - keepFrom;
  }

  /// The server begins a new stream on the same connection (after SASL, §6.4.6).
  void restart() {
    depth = 0;
  }

  /// Behind the tag's `>`, or `end` where that has not come yet.
  private int tagEnd(ByteBuf in, int start, int end) {
    for (var at = start; at < end; at++) {
      var character = in.getByte(at);
      if (quote != 0) {
        if (character == quote) {
          quote = 0;
        }
      } else if (character == '\'' || character == '"') {
        quote = character;
      } else if (character == '>') {
        isInTag = false;
        return at + 1;
      }
    }
    return end;
  }

  /// Takes note of the tag that ends before `tagTo`.
  private boolean closesStanza(ByteBuf in, int tagTo) {
    var second = in.getByte(tagFrom + 1);
    if (second == '?' || second == '!') {
      return false;
    }
    var isClosing = second == '/';
    var isWhole = in.getByte(tagTo - 2) == '/';
    if (isClosing) {
      depth--;
    } else if (!isWhole) {
      depth++;
    }
    if (!isClosing && (isWhole ? depth == 1 : depth == 2)) {
      isInStanza = true;
    }
    return isInStanza && depth == 1;
  }
}
