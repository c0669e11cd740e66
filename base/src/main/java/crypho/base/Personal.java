package crypho.base;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A personal datum (name, e-mail address, IP address …) that prints as its kind and a short keyed
/// hash. The key is new in every process: one run's log can be followed, two runs cannot be joined.
public record Personal(String kind, String value) {
  private static final SecretKeySpec PROCESS_KEY = newProcessKey();
  private static final int HASH_BYTES_SHOWN = 4;

  public static Personal email(String address) {
    return new Personal("email", address);
  }

  public static Personal name(String name) {
    return new Personal("name", name);
  }

  public static Personal address(String address) {
    return new Personal("address", address);
  }

  @Override
  public String toString() {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(PROCESS_KEY);
      var hash = mac.doFinal(value.getBytes(StandardCharsets.UTF_8));
      return "‹" + kind + " " + HexFormat.of().formatHex(hash, 0, HASH_BYTES_SHOWN) + "›";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HmacSHA256 is in every JDK", e);
    }
  }

  private static SecretKeySpec newProcessKey() {
    var key = new byte[32];
    new SecureRandom().nextBytes(key);
    return new SecretKeySpec(key, "HmacSHA256");
  }
}
