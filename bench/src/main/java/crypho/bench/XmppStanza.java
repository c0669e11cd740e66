package crypho.bench;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// One stanza, read where it lies, for as long as the one who was given it runs.
///
/// @param from where its `<` is
/// @param to behind its last `>`
record XmppStanza(ByteBuf bytes, int from, int to) {
  /// Whether the element has this name, prefix included.
  boolean is(String name) {
    var end = from + 1 + name.length();
    return end < to && startsAt(from + 1, name) && isNameEnd(bytes.getByte(end));
  }

  /// Whether the text occurs anywhere.
  boolean contains(String text) {
    var first = (byte) text.charAt(0);
    for (var at = from; at <= to - text.length(); at++) {
      at = bytes.indexOf(at, to, first);
      if (at < 0 || at > to - text.length()) {
        return false;
      }
      if (startsAt(at, text)) {
        return true;
      }
    }
    return false;
  }

  /// An attribute of the outermost element, as it is written: entities are left alone.
  @Nullable String attribute(String name) {
    var at = nameEnd(from + 1);
    while (at < to) {
      while (at < to && isSpace(bytes.getByte(at))) {
        at++;
      }
      var nameFrom = at;
      at = nameEnd(at);
      if (at == nameFrom || at >= to) {
        return null;
      }
      var isWanted = at - nameFrom == name.length() && startsAt(nameFrom, name);
      while (at < to && bytes.getByte(at) != '\'' && bytes.getByte(at) != '"') {
        at++;
      }
      if (at >= to) {
        return null;
      }
      var valueEnd = bytes.indexOf(at + 1, to, bytes.getByte(at));
      if (valueEnd < 0) {
        return null;
      }
      if (isWanted) {
        return bytes.toString(at + 1, valueEnd - at - 1, StandardCharsets.UTF_8);
      }
      at = valueEnd + 1;
    }
    return null;
  }

  private int nameEnd(int start) {
    var at = start;
    while (at < to && !isNameEnd(bytes.getByte(at))) {
      at++;
    }
    return at;
  }

  private boolean startsAt(int at, String text) {
    for (var i = 0; i < text.length(); i++) {
      if (bytes.getByte(at + i) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNameEnd(byte character) {
    return character == '>' || character == '/' || character == '=' || isSpace(character);
  }

  private static boolean isSpace(byte character) {
    return character == ' ' || character == '\n' || character == '\t' || character == '\r';
  }

  @Override
  public String toString() {
    return bytes.toString(from, to - from, StandardCharsets.UTF_8);
  }
}
