package crypho.base;

import java.util.regex.Pattern;

/// Identifies a device: 64 bits, written as 16 lower-case hexadecimal digits, because the browser's
/// MLS library takes no other form. Random, made by the device; unique over the whole installation.
public record DeviceId(String hex) {
  private static final Pattern FORM = Pattern.compile("[0-9a-f]{16}");

  /// @throws IllegalArgumentException where `hex` has another form
  public DeviceId {
    if (!FORM.matcher(hex).matches()) {
      throw new IllegalArgumentException("a device id is 16 lower-case hexadecimal digits");
    }
  }

  @Override
  public String toString() {
    return hex;
  }
}
