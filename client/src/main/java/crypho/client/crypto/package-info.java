/// The primitives of docs/protocol/accounts-and-keys.md and nothing above them: HKDF, Argon2id,
/// sealing under a key (AES-256-GCM) and to a key (HPKE), Ed25519, padding.
@NullMarked
package crypho.client.crypto;

import org.jspecify.annotations.NullMarked;
