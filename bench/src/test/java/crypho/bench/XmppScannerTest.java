package crypho.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class XmppScannerTest {
  private static final String HEADER = "<?xml version='1.0'?><stream:stream id='1' to='a>b'>";
  private static final List<String> STANZAS =
      List.of(
          "<stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>",
          "<success/>",
          "<message id='7' to=\"it's > me\"><body>a &lt;b&gt; é</body><x/><y z='/'>/</y></message>",
          "<presence/>",
          "<a h='12' xmlns='urn:xmpp:sm:3'/>",
          "<iq id='1'></iq>");

  @Test
  void givesEachStanzaOnceHoweverTheBytesArrive() {
    var bytes =
        (HEADER + " \n" + String.join(" ", STANZAS) + "</stream:stream>")
            .getBytes(StandardCharsets.UTF_8);
    for (var size = 1; size <= bytes.length; size++) {
      var scanner = new XmppScanner();
      var seen = new ArrayList<String>();
      var kept = Unpooled.buffer();
      for (var at = 0; at < bytes.length; at += size) {
        kept.writeBytes(bytes, at, Math.min(size, bytes.length - at));
        scanner.scan(kept, stanza -> seen.add(stanza.toString()));
        kept.discardReadBytes();
      }
      assertEquals(STANZAS, seen, "in pieces of " + size);
      assertEquals(0, kept.readableBytes(), "in pieces of " + size);
    }
  }

  @Test
  void beginsAgainWhenTheServerDoes() {
    var scanner = new XmppScanner();
    var seen = new ArrayList<String>();
    var in = ascii(HEADER + "<success/>" + HEADER + "<presence/>");
    scanner.scan(
        in,
        stanza -> {
          seen.add(stanza.toString());
          if (stanza.is("success")) {
            scanner.restart();
          }
        });
    assertEquals(List.of("<success/>", "<presence/>"), seen);
  }

  @Test
  void readsNamesAndAttributes() {
    var text = "<message type='chat'\n id=\"a='b' id='c'\" x=''><body id='no'>hi</body></message>";
    var stanza = new XmppStanza(ascii(text), 0, text.length());
    assertTrue(stanza.is("message"));
    assertFalse(stanza.is("mess"));
    assertFalse(stanza.is("message2"));
    assertEquals("chat", stanza.attribute("type"));
    assertEquals("a='b' id='c'", stanza.attribute("id"));
    assertEquals("", stanza.attribute("x"));
    assertNull(stanza.attribute("body"));
    assertTrue(stanza.contains("<body"));
    assertTrue(stanza.contains("</message>"));
    assertFalse(stanza.contains("<subject"));
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }
}
