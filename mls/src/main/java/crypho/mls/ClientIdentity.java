package crypho.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.base.DeviceId;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/// What a basic credential says: `uuid:16-hex-device@domain`, the only form that the browser's MLS
/// library takes. One leaf with another form would break member listing for the whole group, so it
/// is refused before it gets in. The device's first digit is not 0: that library writes the number
/// without leading zeros, so every browser would refuse such a leaf.
public record ClientIdentity(MemberId member, String domain) {
  private static final Pattern FORM =
      Pattern.compile(
          "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
              + ":([1-9a-f][0-9a-f]{15})@([a-z0-9.-]{1,253})");

  public static ClientIdentity parse(Credential credential) throws DecodeException {
    if (!(credential instanceof Credential.Basic(Bytes identity))) {
      throw new DecodeException("credential", 0, "not a basic credential");
    }
    var text = new String(identity.toArray(), StandardCharsets.ISO_8859_1);
    var match = FORM.matcher(text);
    if (!match.matches()) {
      throw new DecodeException("identity", 0, "not of the form uuid:device@domain");
    }
    return new ClientIdentity(
        new MemberId(AccountId.parse(match.group(1)), new DeviceId(match.group(2))),
        match.group(3));
  }

  public Credential toCredential() {
    return new Credential.Basic(Bytes.wrap(toString().getBytes(StandardCharsets.US_ASCII)));
  }

  @Override
  public String toString() {
    return member.account() + ":" + member.device() + "@" + domain;
  }
}
