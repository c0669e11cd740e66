package crypho.base;

import java.util.HexFormat;
import java.util.regex.Pattern;

/// Identifies a device: 64 bits, written as 16 lower-case hexadecimal digits, because the browser's
/// MLS library takes no other form. Random, made by the device; unique over the whole installation.
public record DeviceId(String hex) {
  private static final Pattern FORM = Pattern.compile("[1-9a-f][0-9a-f]{15}");

  /// @throws IllegalArgumentException where `hex` has another form
  public DeviceId {
    if (!FORM.matcher(hex).matches()) {
      throw new IllegalArgumentException(
          "a device id is 16 lower-case hexadecimal digits, the first not 0");
    }
  }

  /// The id that eight random bytes make; the first digit is made not 0.
  public static DeviceId ofRandom(byte[] bytes) {
    Invariant.check(bytes.length == 8, "a device id has eight bytes");
    var copy = bytes.clone();
    copy[0] |= 0x10;
    return new DeviceId(HexFormat.of().formatHex(copy));
  }

  @Override
  public String toString() {
    return hex;
  }
}
