package crypho.rtc.dtls;

import crypho.rtc.srtp.SrtpKeys;

/// What happens to an endpoint: `Connected` at most once; then, or instead of it, one end.
public sealed interface DtlsEvent {
  /// The peer has proved the certificate that signalling named. The receiver closes the keys once
  /// its engines are made.
  record Connected(SrtpKeys keys) implements DtlsEvent {}

  /// The peer, or this side by [DtlsEndpoint#close], ended the connection in order.
  record Closed() implements DtlsEvent {}

  record Failed(DtlsFailure failure) implements DtlsEvent {}
}
