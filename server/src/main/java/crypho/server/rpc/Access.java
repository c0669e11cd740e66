package crypho.server.rpc;

/// Who may call a method.
public enum Access {
  /// Anyone; limited by network address.
  PUBLIC,
  /// A session, with or without a device.
  SESSION,
  /// A session that is bound to a registered device.
  DEVICE
}
