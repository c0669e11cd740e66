package crypho.rtc.turn;

import crypho.base.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Credentials that end by themselves, as coturn's REST scheme has them: the user name is
/// `unixSeconds ":" user`, the password `base64(HMAC-SHA1(secret, user name))`. Whoever shares the
/// secret can make and check them without a word to each other.
public final class TurnCredentials {
  /// Longer user names are refused.
  public static final int USERNAME_BYTES_MAX = 256;

  private static final int DIGITS_MAX = 12;

  private TurnCredentials() {}

  /// @param user whose quota is used; a random or hashed name, since relays see it
  public static String username(long expiresUnixSeconds, String user) {
    return expiresUnixSeconds + ":" + user;
  }

  public static Secret password(Secret secret, String username) {
    var key = secret.reveal();
    try {
      var mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(key, "HmacSHA1"));
      var tag = mac.doFinal(username.getBytes(StandardCharsets.UTF_8));
      return Secret.wrap(Base64.getEncoder().encode(tag));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA1", e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /// When a user name ends, in Unix seconds; -1 where it is not of the scheme's form.
  static long expiresUnixSeconds(String username) {
    int colon = username.indexOf(':');
    if (colon < 1 || colon > DIGITS_MAX || colon == username.length() - 1) {
      return -1;
    }
    long seconds = 0;
    for (int i = 0; i < colon; i++) {
      int digit = username.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      seconds = 10 * seconds + digit;
    }
    return seconds;
  }

  /// The part that quotas count by.
  static String user(String username) {
    return username.substring(username.indexOf(':') + 1);
  }
}
