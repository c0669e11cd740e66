package crypho.client.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Codes of an authenticator app: RFC 6238 with SHA-1, 6 digits, 30 seconds.
public final class Totp {
  private static final int STEP_SECONDS = 30;
  private static final int MODULUS = 1_000_000;

  private Totp() {}

  public static String code(byte[] secret, Instant now) {
    try {
      var mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(secret, "HmacSHA1"));
      var step = Math.floorDiv(now.getEpochSecond(), (long) STEP_SECONDS);
      var hash = ByteBuffer.wrap(mac.doFinal(ByteBuffer.allocate(8).putLong(step).array()));
      var truncated = hash.getInt(hash.get(hash.limit() - 1) & 0xf) & 0x7fff_ffff;
      return String.format(Locale.ROOT, "%06d", truncated % MODULUS);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HmacSHA1 is in every JDK", e);
    }
  }
}
