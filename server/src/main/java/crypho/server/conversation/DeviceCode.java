package crypho.server.conversation;

import crypho.base.DeviceId;
import java.util.HexFormat;

/// A device id as the 64 bits that the tables hold.
final class DeviceCode {
  private DeviceCode() {}

  static long of(DeviceId device) {
    return HexFormat.fromHexDigitsToLong(device.hex());
  }

  static DeviceId toDevice(long code) {
    return new DeviceId(HexFormat.of().toHexDigits(code));
  }

  /// Written as on the wire.
  static String toHex(long code) {
    return HexFormat.of().toHexDigits(code);
  }
}
