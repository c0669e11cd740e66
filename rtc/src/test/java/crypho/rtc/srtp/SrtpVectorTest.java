package crypho.rtc.srtp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import crypho.base.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// Vectors of RFC 3711 appendix B, of RFC 7714 §16 and §17, and one packet each of RTP and RTCP
/// that libsrtp publishes with its tests for AES-CM with HMAC-SHA1.
final class SrtpVectorTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final String KEY_128 = "000102030405060708090a0b0c0d0e0f";
  private static final String KEY_256 = KEY_128 + "101112131415161718191a1b1c1d1e1f";
  private static final byte[] SALT = "Quid pro quo".getBytes(StandardCharsets.US_ASCII);
  private static final String RTP =
      "8040f17b8041f8d35501a0b2"
          + HEX.formatHex(
              "Gallia est omnis divisa in partes tres".getBytes(StandardCharsets.US_ASCII));
  private static final String RTCP =
      "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"
          + "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
  private static final int RTCP_INDEX = 0x5d4;

  private static PacketTransform gcm(GcmTest.Make cipher, String key) {
    return new GcmTransform(cipher.of(HEX.parseHex(key)), SALT.clone());
  }

  private static SrtpProfile profile(String key) {
    return key.equals(KEY_128) ? SrtpProfile.AEAD_AES_128_GCM : SrtpProfile.AEAD_AES_256_GCM;
  }

  private static SrtpSender sender(GcmTest.Make cipher, String key) {
    return new SrtpSender(profile(key), gcm(cipher, key), gcm(cipher, key), RTCP_INDEX);
  }

  private static SrtpReceiver receiver(GcmTest.Make cipher, String key) {
    return new SrtpReceiver(profile(key), gcm(cipher, key), gcm(cipher, key));
  }

  private static void isRtp(String key, String expected) {
    for (var cipher : GcmTest.ciphers()) {
      var plain = HEX.parseHex(RTP);
      var out = new byte[100];
      var length = sender(cipher, key).protect(plain, 0, plain.length, out, 0);
      assertEquals(expected, HEX.formatHex(out, 0, length));
      var back = new byte[100];
      assertEquals(plain.length, receiver(cipher, key).unprotect(out, 0, length, back, 0));
      assertArrayEquals(plain, Arrays.copyOf(back, plain.length));
    }
  }

  private static void isRtcp(String key, String expected) {
    for (var cipher : GcmTest.ciphers()) {
      var plain = HEX.parseHex(RTCP);
      var out = new byte[100];
      var length = sender(cipher, key).protectRtcp(plain, 0, plain.length, out, 0);
      assertEquals(expected, HEX.formatHex(out, 0, length));
    }
    opens(key, expected);
  }

  private static void opens(String key, String protectedRtcp) {
    for (var cipher : GcmTest.ciphers()) {
      var in = HEX.parseHex(protectedRtcp);
      var back = new byte[100];
      var length = receiver(cipher, key).unprotectRtcp(in, 0, in.length, back, 0);
      assertEquals(RTCP, HEX.formatHex(back, 0, length));
    }
  }

  /// RFC 7714 §16.1.1 and §16.1.2.
  @Test
  void aes128GcmProtectsRtp() {
    isRtp(
        KEY_128,
        "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b"
            + "36de3adf8833899d7f27beb16a9152cf765ee4390cce");
  }

  /// RFC 7714 §16.2.1 and §16.2.2.
  @Test
  void aes256GcmProtectsRtp() {
    isRtp(
        KEY_256,
        "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f"
            + "1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13");
  }

  /// RFC 7714 §17.1.
  @Test
  void aes128GcmProtectsRtcp() {
    isRtcp(
        KEY_128,
        "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b46"
            + "86303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4");
  }

  /// RFC 7714 §17.2.
  @Test
  void aes256GcmProtectsRtcp() {
    isRtcp(
        KEY_256,
        "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658"
            + "c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4");
  }

  /// RFC 7714 §17.3 and §17.4: the E bit clear, all of the packet associated data.
  @Test
  void rtcpThatIsOnlyTaggedOpens() {
    opens(KEY_128, RTCP + "841dd9683dd78ec92ae58790125f62b3" + "000005d4");
    opens(KEY_256, RTCP + "91db4afbfeee5a978fab4393ed2615fe" + "000005d4");
  }

  /// RFC 3711 §B.2: the key stream, up to where the block counter passes 0xff00.
  @Test
  void counterModeMakesTheKeyStream() {
    var transform =
        new CmHmacTransform(
            HEX.parseHex("2b7e151628aed2a6abf7158809cf4f3c"),
            HEX.parseHex("f0f1f2f3f4f5f6f7f8f9fafbfcfd"),
            new byte[CmHmacTransform.AUTH_KEY_BYTES]);
    var zeros = new byte[0xff02 * 16];
    var out = new byte[zeros.length + 12 + 10];
    transform.protect(new byte[12], 0, 12, zeros, 0, zeros.length, 0, 0, out, 0);
    assertEquals(
        "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"
            + "41e95b3bb0a2e8dd477901e4fca894c0",
        HEX.formatHex(out, 12, 12 + 48));
    var late = 12 + 0xfeff * 16;
    assertEquals(
        "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae"
            + "6a2cc3787889374fbeb4c81b17ba6c44",
        HEX.formatHex(out, late, late + 48));
  }

  /// RFC 3711 §B.3.
  @Test
  void sessionKeysAreDerived() {
    try (var derivation =
        new KeyDerivation(
            Secret.wrap(HEX.parseHex("e1f97a0d3e018be0d64fa32c06de4139")),
            Secret.wrap(HEX.parseHex("0ec675ad498afeebb6960b3aabe6")))) {
      assertEquals(
          "c61e7a93744f39ee10734afe3ff7a087",
          HEX.formatHex(derivation.derive(KeyDerivation.RTP_ENCRYPTION, 16)));
      assertEquals(
          "30cbbc08863d8c85d49db34a9ae1",
          HEX.formatHex(derivation.derive(KeyDerivation.RTP_SALT, 14)));
      assertEquals(
          "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578e"
              + "f72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e47403576"
              + "6b68642c59bbfc2f34db60dbdfb2",
          HEX.formatHex(derivation.derive(KeyDerivation.RTP_AUTH, 94)));
    }
  }

  /// The packets of libsrtp's own validation: what its peers, Chromium among them, expect of us.
  @Test
  void counterModeWithHmacAgreesWithLibsrtp() {
    var key = HEX.parseHex("e1f97a0d3e018be0d64fa32c06de4139");
    var salt = HEX.parseHex("0ec675ad498afeebb6960b3aabe6");
    var keys =
        new SrtpKeys(
            SrtpProfile.AES128_CM_HMAC_SHA1_80,
            Secret.copyOf(key),
            Secret.copyOf(salt),
            Secret.copyOf(key),
            Secret.copyOf(salt));
    var filler = "ab".repeat(16);
    var rtp = HEX.parseHex("800f1234decafbadcafebabe" + filler);
    var out = new byte[100];
    var sender = new SrtpSender(keys);
    var length = sender.protect(rtp, 0, rtp.length, out, 0);
    assertEquals(
        "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb",
        HEX.formatHex(out, 0, length));
    var rtcp = HEX.parseHex("81c8000bcafebabe" + filler);
    length = sender.protectRtcp(rtcp, 0, rtcp.length, out, 0);
    assertEquals(
        "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798",
        HEX.formatHex(out, 0, length));
    var back = new byte[100];
    assertEquals(rtcp.length, new SrtpReceiver(keys).unprotectRtcp(out, 0, length, back, 0));
  }
}
