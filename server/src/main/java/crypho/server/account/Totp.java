package crypho.server.account;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// One-time codes of authenticator apps: RFC 6238 with SHA-1, six digits and steps of 30 seconds,
/// which is what every app takes. Pure.
final class Totp {
  static final int SECRET_BYTES = 20;
  private static final int STEP_SECONDS = 30;

  /// Clocks of phones are off by a little: one step before and after is taken (RFC 6238 §5.2).
  private static final int STEPS_TOLERATED = 1;

  private static final int MODULUS = 1_000_000;
  private static final Pattern FORM = Pattern.compile("[0-9]{6}");

  private Totp() {}

  static boolean hasForm(String code) {
    return FORM.matcher(code).matches();
  }

  /// The step whose code this is, or nothing. Steps up to `lastUsed` are refused, so that each code
  /// works once (RFC 6238 §5.2).
  static OptionalLong matchingStep(byte[] secret, String code, Instant now, long lastUsed) {
    long current = stepAt(now);
    var found = OptionalLong.empty();
    for (long step = current - STEPS_TOLERATED; step <= current + STEPS_TOLERATED; step++) {
      // No early way out: the time taken does not tell which step matched.
      boolean isSame = sameText(codeAt(secret, step), code);
      if (isSame && step > lastUsed) {
        found = OptionalLong.of(step);
      }
    }
    return found;
  }

  static long stepAt(Instant now) {
    return Math.floorDiv(now.getEpochSecond(), STEP_SECONDS);
  }

  /// RFC 4226 §5.3.
  static String codeAt(byte[] secret, long step) {
    try {
      var mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(secret, "HmacSHA1"));
      var hash = mac.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(step).array());
      int offset = hash[hash.length - 1] & 0x0f;
      int truncated = ByteBuffer.wrap(hash).getInt(offset) & 0x7fff_ffff;
      return String.format(Locale.ROOT, "%06d", truncated % MODULUS);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HmacSHA1 is in every JDK", e);
    }
  }

  private static boolean sameText(String one, String other) {
    int difference = one.length() ^ other.length();
    for (int i = 0; i < Math.min(one.length(), other.length()); i++) {
      difference |= one.charAt(i) ^ other.charAt(i);
    }
    return difference == 0;
  }
}
