package crypho.rtc.dtls;

/// Who begins the handshake, by the `a=setup` attribute (RFC 5763 §5): `passive` is the server,
/// which the router always offers; `active` the client.
public enum DtlsRole {
  SERVER,
  CLIENT
}
