package crypho.rtc.dtls;

/// Why a handshake or connection ended badly.
public enum DtlsFailure {
  /// The peer's certificate is not the one that signalling named: somebody else is on the path, or
  /// signalling was changed.
  FINGERPRINT_MISMATCH,
  /// The peer offers no SRTP profile that we speak.
  NO_SRTP_PROFILE,
  /// Not done within [DtlsHandshakes#TIME_MAX].
  TIMEOUT,
  /// As the client: too many handshakes were running. A server's peer simply tries again.
  OVERLOADED,
  /// The peer ended it with an alert.
  REFUSED_BY_PEER,
  /// Anything else that the protocol forbids.
  PROTOCOL
}
