package crypho.server.account;

import crypho.base.Bytes;
import java.util.List;

/// The account key's children that the server keeps, all blind to it.
///
/// @param generation of the account key, from 1
/// @param identityPublicKey Ed25519, 32 bytes
/// @param depositPublicKey X25519, 32 bytes
/// @param depositSignature by the identity key
/// @param sealedPreviousKeys earlier account keys, oldest first, `generation - 1` of them
record AccountKeySet(
    int generation,
    Bytes identityPublicKey,
    Bytes sealedIdentityKey,
    Bytes depositPublicKey,
    Bytes depositSignature,
    List<Bytes> sealedPreviousKeys) {
  AccountKeySet {
    sealedPreviousKeys = List.copyOf(sealedPreviousKeys);
  }
}
