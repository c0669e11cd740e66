package crypho.client.keys;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.client.crypto.Hkdf;
import crypho.client.crypto.Joined;
import crypho.client.crypto.KemKeyPair;
import crypho.client.crypto.Sealed;
import crypho.client.crypto.SigningKey;
import crypho.wire.v1.AccountEntry;
import crypho.wire.v1.Device;
import java.nio.charset.StandardCharsets;

/// A device's three key pairs: Ed25519 for its MLS leaves, Ed25519 for messages, X25519 as a way
/// in.
public record DeviceKeys(DeviceId device, SigningKey mls, SigningKey signing, KemKeyPair unlock) {
  public static DeviceKeys generate(Rng rng) {
    return new DeviceKeys(
        DeviceId.ofRandom(rng.bytes(8)),
        SigningKey.generate(rng),
        SigningKey.generate(rng),
        KemKeyPair.generate(rng));
  }

  /// The public half with the identity's certificate, and a name that only the owner can read.
  public Device certified(AccountKey key, SigningKey identity, String name, Rng rng) {
    var signed =
        signed(key.account(), device, mls.publicKey(), signing.publicKey(), unlock.publicKey());
    var sealedName =
        Sealed.seal(
            Hkdf.derive(key.vaultKey(), "device name"),
            name.getBytes(StandardCharsets.UTF_8),
            Joined.start().device(device).toBytes(),
            rng);
    return Device.newBuilder()
        .setDeviceId(device.hex())
        .setMlsSignatureKey(ByteString.copyFrom(mls.publicKey().asBuffer()))
        .setSigningKey(ByteString.copyFrom(signing.publicKey().asBuffer()))
        .setUnlockKey(ByteString.copyFrom(unlock.publicKey().asBuffer()))
        .setCertificate(ByteString.copyFrom(identity.sign(signed)))
        .setSealedName(ByteString.copyFrom(sealedName))
        .build();
  }

  /// True where the account's identity has signed the device's keys.
  public static boolean isCertified(AccountId account, Bytes identity, Device device) {
    try {
      var signed =
          signed(
              account,
              new DeviceId(device.getDeviceId()),
              bytes(device.getMlsSignatureKey()),
              bytes(device.getSigningKey()),
              bytes(device.getUnlockKey()));
      return SigningKey.verifies(identity, signed, device.getCertificate().toByteArray());
    } catch (IllegalArgumentException e) {
      return false; // an id of another form
    }
  }

  /// True where the account's identity has signed the deposit key that the entry names.
  public static boolean isDepositKeyVouchedFor(AccountEntry entry) {
    var account = AccountId.parse(entry.getAccountId());
    return SigningKey.verifies(
        bytes(entry.getIdentityPublicKey()),
        depositSigned(account, entry.getKeyGeneration(), entry.getDepositPublicKey().toByteArray()),
        entry.getDepositSignature().toByteArray());
  }

  static byte[] depositSigned(AccountId account, int generation, byte[] publicKey) {
    return Joined.label("crypho deposit key v1")
        .account(account)
        .u32(generation)
        .bytes(publicKey)
        .toBytes();
  }

  private static byte[] signed(
      AccountId account, DeviceId device, Bytes mlsKey, Bytes signingKey, Bytes unlockKey) {
    return Joined.label("crypho device v1")
        .account(account)
        .device(device)
        .bytes(mlsKey.toArray())
        .bytes(signingKey.toArray())
        .bytes(unlockKey.toArray())
        .toBytes();
  }

  private static Bytes bytes(ByteString value) {
    return Bytes.wrap(value.toByteArray());
  }
}
