package crypho.server.account;

import crypho.base.Bytes;
import crypho.base.DeviceId;

/// A device's public keys with the identity key's certificate over them.
///
/// @param mlsSignatureKey Ed25519, 32 bytes
/// @param signingKey Ed25519, 32 bytes
/// @param unlockKey X25519, 32 bytes
record DeviceKeys(
    DeviceId device, Bytes mlsSignatureKey, Bytes signingKey, Bytes unlockKey, Bytes certificate) {}
