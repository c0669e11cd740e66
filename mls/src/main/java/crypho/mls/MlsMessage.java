package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;

/// The outermost structure of everything that MLS sends (RFC 9420 §6).
public sealed interface MlsMessage
    permits PublicMessage, PrivateMessage, Welcome, GroupInfo, KeyPackage {
  int VERSION_MLS10 = 1;

  int PUBLIC_MESSAGE = 1;
  int PRIVATE_MESSAGE = 2;
  int WELCOME = 3;
  int GROUP_INFO = 4;
  int KEY_PACKAGE = 5;

  /// Parses a whole message and nothing after it, of at most [MlsLimits#MESSAGE_BYTES_MAX].
  static MlsMessage decode(Bytes input) throws DecodeException {
    return decode(input, MlsLimits.MESSAGE_BYTES_MAX);
  }

  static MlsMessage decode(Bytes input, int bytesMax) throws DecodeException {
    return MessageCodec.decode(input, bytesMax);
  }

  /// The same bytes that were parsed: the encoding is canonical.
  default Bytes encode() {
    return MessageCodec.encode(this);
  }
}
