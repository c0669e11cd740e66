package crypho.client.keys;

import crypho.base.Bytes;
import crypho.client.crypto.Hkdf;
import crypho.client.crypto.KemKeyPair;
import crypho.client.crypto.Passphrases;

/// What a passphrase opens: the key that the server checks, and the way in that it never sees.
public final class PassphraseKeys {
  private final byte[] authKey;
  private final KemKeyPair wayIn;

  private PassphraseKeys(byte[] authKey, KemKeyPair wayIn) {
    this.authKey = authKey;
    this.wayIn = wayIn;
  }

  public static PassphraseKeys derive(String passphrase, Bytes salt, Passphrases.Cost cost) {
    return ofRoot(Passphrases.root(passphrase, salt, cost));
  }

  static PassphraseKeys ofRoot(byte[] root) {
    return new PassphraseKeys(
        Hkdf.derive(root, "crypho auth v1"),
        KemKeyPair.derive(Hkdf.derive(root, "crypho wrap v1")));
  }

  /// Sent to the server, which hashes it again.
  public byte[] authKey() {
    return authKey.clone();
  }

  /// Never leaves the client.
  public KemKeyPair wayIn() {
    return wayIn;
  }
}
