package crypho.mls;

import crypho.base.Bytes;

/// Something sealed to a public key (RFC 9420 §7.6); opaque to the server.
public record HpkeCiphertext(Bytes kemOutput, Bytes ciphertext) {}
