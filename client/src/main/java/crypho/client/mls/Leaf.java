package crypho.client.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/// A member device of a group, and the key by which its leaf is signed. The identity is of the form
/// `uuid:16-hex-device@domain`, the only one that the browser's library takes.
public record Leaf(int index, AccountId account, DeviceId device, Bytes signatureKey) {
  private static final Pattern IDENTITY =
      Pattern.compile("([0-9a-f-]{36}):([0-9a-f]{16})@[a-z0-9.-]{1,253}");

  static byte[] identity(AccountId account, DeviceId device, String domain) {
    return (account + ":" + device + "@" + domain).getBytes(StandardCharsets.US_ASCII);
  }

  static Leaf parse(int index, byte[] identity, byte[] signatureKey) throws MlsException {
    var match = IDENTITY.matcher(new String(identity, StandardCharsets.US_ASCII));
    if (!match.matches()) {
      throw new MlsException("a member has a foreign identity");
    }
    try {
      return new Leaf(
          index,
          AccountId.parse(match.group(1)),
          new DeviceId(match.group(2)),
          Bytes.copyOf(signatureKey));
    } catch (IllegalArgumentException e) {
      throw new MlsException("a member has a foreign identity", e);
    }
  }
}
