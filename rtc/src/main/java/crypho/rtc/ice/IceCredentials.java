package crypho.rtc.ice;

import crypho.base.Rng;
import crypho.base.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A user name fragment and its password (RFC 8445 §5.3). The fragment is public; the password goes
/// to the one client it is for.
public record IceCredentials(String ufrag, Secret password) {
  /// 96 bits, so that fragments of all transports on a port differ and none can be guessed.
  public static final int UFRAG_CHARS = 16;

  /// 192 bits; RFC 8445 asks for 128.
  public static final int PASSWORD_CHARS = 32;

  public static final int UFRAG_CHARS_MIN = 4;
  public static final int PASSWORD_CHARS_MIN = 22;
  public static final int CHARS_MAX = 256;

  private static final String ICE_CHARS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  /// @throws IllegalArgumentException where a length is not within the RFC's or a character of the
  ///   fragment is no ice-char
  public IceCredentials {
    if (ufrag.length() < UFRAG_CHARS_MIN
        || ufrag.length() > CHARS_MAX
        || password.size() < PASSWORD_CHARS_MIN
        || password.size() > CHARS_MAX) {
      throw new IllegalArgumentException("ICE credentials of a length that no RFC allows");
    }
    if (!ufrag.chars().allMatch(IceCredentials::isIceChar)) {
      throw new IllegalArgumentException("an ICE fragment is letters, digits, '+' and '/'");
    }
  }

  public static IceCredentials random(Rng rng) {
    var ufrag = new String(iceChars(rng, UFRAG_CHARS), StandardCharsets.US_ASCII);
    return new IceCredentials(ufrag, Secret.wrap(iceChars(rng, PASSWORD_CHARS)));
  }

  /// For signalling to the client that they are for, and nothing else.
  public String revealPassword() {
    var revealed = password.reveal();
    try {
      return new String(revealed, StandardCharsets.US_ASCII);
    } finally {
      Arrays.fill(revealed, (byte) 0);
    }
  }

  private static byte[] iceChars(Rng rng, int count) {
    var chars = rng.bytes(count);
    for (int i = 0; i < count; i++) {
      chars[i] = (byte) ICE_CHARS.charAt(chars[i] & 63);
    }
    return chars;
  }

  private static boolean isIceChar(int c) {
    return ICE_CHARS.indexOf(c) >= 0;
  }
}
