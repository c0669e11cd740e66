package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;

/// A public key, signed by the identity key, to which the account key is sealed.
///
/// @param publicKey X25519, 32 bytes
/// @param signature by the identity key
/// @param sealedAccountKey HPKE: encapsulated key and ciphertext
/// @param generation of the account key that is sealed
record WayIn(Name name, Bytes publicKey, Bytes signature, Bytes sealedAccountKey, int generation) {
  /// How a way in is held. The numbers are the contract's.
  enum Kind {
    PASSPHRASE(1),
    RECOVERY(2),
    PASSKEY(3),
    DEVICE(4);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    int number() {
      return number;
    }

    static Kind of(int number) {
      for (var kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of way in: " + number);
    }
  }

  /// One of each name an account.
  ///
  /// @param id the device's for [Kind#DEVICE], empty for [Kind#PASSPHRASE]
  record Name(Kind kind, String id) {
    static final Name PASSPHRASE = new Name(Kind.PASSPHRASE, "");

    static Name of(DeviceId device) {
      return new Name(Kind.DEVICE, device.hex());
    }
  }

  boolean isSignedFor(AccountId account, Bytes identityPublicKey) {
    return KeyRules.isUnlockSigned(identityPublicKey, account, this);
  }

  /// Whether both are the same key, whatever is sealed to it.
  boolean isSameKey(WayIn other) {
    return name.equals(other.name) && publicKey.equals(other.publicKey);
  }
}
