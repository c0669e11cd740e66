package crypho.rtc.stun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// RFC 5769, read and written.
final class StunVectorsTest {
  private final StunReader reader =
      new StunReader(
          StunReader.types(
              Attribute.USERNAME,
              Attribute.MESSAGE_INTEGRITY,
              Attribute.PRIORITY,
              Attribute.XOR_MAPPED_ADDRESS,
              Attribute.REALM,
              Attribute.NONCE));
  private final StunWriter writer = new StunWriter();

  @Test
  void sampleRequestIsRead() {
    assertEquals(StunReader.OK, read(StunVectors.REQUEST));
    assertEquals(Stun.BINDING, reader.method());
    assertEquals(Stun.REQUEST, reader.messageClass());
    assertEquals("evtj:h6vY", reader.text(Attribute.USERNAME));
    assertEquals("STUN test client", reader.text(Attribute.SOFTWARE));
    assertEquals(0x6e0001ff, reader.intValue(Attribute.PRIORITY));
    assertTrue(reader.has(Attribute.ICE_CONTROLLED));
    assertFalse(reader.has(Attribute.ICE_CONTROLLING));
    assertEquals(0, reader.unknownCount());
    assertTrue(reader.hasValidFingerprint());
    assertTrue(reader.verify(StunVectors.shortTermKey()));
    assertFalse(reader.verify(IntegrityKey.shortTerm(StunVectors.secret("another password here"))));
  }

  @Test
  void sampleResponsesAreRead() {
    mapped(StunVectors.IPV4_RESPONSE, "192.0.2.1");
    mapped(StunVectors.IPV6_RESPONSE, "2001:db8:1234:5678:11:2233:4455:6677");
  }

  private void mapped(byte[] response, String ip) {
    assertEquals(StunReader.OK, read(response));
    assertEquals(Stun.SUCCESS, reader.messageClass());
    assertEquals(
        new InetSocketAddress(ip, 32853),
        reader.xorAddressAt(reader.valueOffset(Attribute.XOR_MAPPED_ADDRESS)));
    assertTrue(reader.hasValidFingerprint());
    assertTrue(reader.verify(StunVectors.shortTermKey()));
  }

  @Test
  void longTermRequestIsReadAndWritten() {
    var sample = StunVectors.LONG_TERM_REQUEST;
    assertEquals(StunReader.OK, read(sample));
    assertEquals(StunVectors.LONG_TERM_USERNAME, reader.text(Attribute.USERNAME));
    assertEquals("example.org", reader.text(Attribute.REALM));
    var key =
        IntegrityKey.longTerm(
            StunVectors.LONG_TERM_USERNAME, "example.org", StunVectors.secret("TheMatrIX"));
    assertTrue(reader.verify(key));
    var out = new byte[200];
    int length =
        writer
            .begin(out, 7, Stun.type(Stun.BINDING, Stun.REQUEST), sample, 8)
            .text(Attribute.USERNAME, StunVectors.LONG_TERM_USERNAME)
            .text(Attribute.NONCE, "f//499k954d6OL34oL9FSTvy64sA")
            .text(Attribute.REALM, "example.org")
            .integrity(key)
            .length();
    assertArrayEquals(sample, Arrays.copyOfRange(out, 7, 7 + length));
  }

  @Test
  void responseIsWrittenAsTheSampleSaveItsPadding() {
    var out = new byte[200];
    var address = new InetSocketAddress("192.0.2.1", 32853);
    int length =
        writer
            .begin(out, 0, Stun.type(Stun.BINDING, Stun.SUCCESS), StunVectors.IPV4_RESPONSE, 8)
            .text(Attribute.SOFTWARE, "test vector")
            .xorAddress(Attribute.XOR_MAPPED_ADDRESS, address)
            .integrity(StunVectors.shortTermKey())
            .fingerprint()
            .length();
    assertEquals(StunVectors.IPV4_RESPONSE.length, length);
    assertEquals(StunReader.OK, reader.read(out, 0, length));
    assertTrue(reader.verify(StunVectors.shortTermKey()));
    assertTrue(reader.hasValidFingerprint());
    assertEquals(
        address,
        Objects.requireNonNull(
            reader.xorAddressAt(reader.valueOffset(Attribute.XOR_MAPPED_ADDRESS))));
  }

  private int read(byte[] message) {
    var shifted = new byte[message.length + 5];
    System.arraycopy(message, 0, shifted, 5, message.length);
    return reader.read(shifted, 5, message.length);
  }
}
