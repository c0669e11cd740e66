package crypho.client.keys;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.client.crypto.Joined;
import crypho.client.crypto.KemKeyPair;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.SigningKey;
import crypho.wire.v1.Unlock;
import java.nio.charset.StandardCharsets;

/// Ways in to the account key: public keys that the identity vouches for, to which it is sealed.
public final class WaysIn {
  private WaysIn() {}

  public static Unlock forPassphrase(AccountKey key, SigningKey identity, KemKeyPair wayIn) {
    return make(Unlock.Kind.KIND_PASSPHRASE, "", key, identity, wayIn.publicKey());
  }

  public static Unlock forDevice(
      AccountKey key, SigningKey identity, DeviceId device, Bytes unlockKey) {
    return make(Unlock.Kind.KIND_DEVICE, device.hex(), key, identity, unlockKey);
  }

  /// Seals a new account key to a way in that is there already.
  ///
  /// @throws OpenException where the identity has not signed it: the server may not add a way in
  public static Unlock again(AccountKey key, SigningKey identity, Unlock old) throws OpenException {
    if (!isVouchedFor(key.account(), identity.publicKey(), old)) {
      throw new OpenException("way in");
    }
    var publicKey = Bytes.wrap(old.getPublicKey().toByteArray());
    return make(old.getKind(), old.getId(), key, identity, publicKey);
  }

  public static boolean isVouchedFor(AccountId account, Bytes identity, Unlock unlock) {
    return SigningKey.verifies(
        identity,
        signed(account, unlock.getKind(), unlock.getId(), unlock.getPublicKey().toByteArray()),
        unlock.getSignature().toByteArray());
  }

  public static AccountKey open(AccountId account, Unlock unlock, KemKeyPair wayIn)
      throws OpenException {
    var generation = unlock.getKeyGeneration();
    var sealed = unlock.getSealedAccountKey().toByteArray();
    var key = wayIn.open(sealed, info(account, generation), "account key");
    if (key.length != 32 || generation < 1) {
      throw new OpenException("account key");
    }
    return new AccountKey(account, generation, key);
  }

  private static Unlock make(
      Unlock.Kind kind, String id, AccountKey key, SigningKey identity, Bytes publicKey) {
    var signed = signed(key.account(), kind, id, publicKey.toArray());
    var sealed = KemKeyPair.sealTo(publicKey, info(key.account(), key.generation()), key.value());
    return Unlock.newBuilder()
        .setKind(kind)
        .setId(id)
        .setPublicKey(ByteString.copyFrom(publicKey.asBuffer()))
        .setSignature(ByteString.copyFrom(identity.sign(signed)))
        .setSealedAccountKey(ByteString.copyFrom(sealed))
        .setKeyGeneration(key.generation())
        .build();
  }

  private static byte[] signed(AccountId account, Unlock.Kind kind, String id, byte[] publicKey) {
    var idBytes = id.getBytes(StandardCharsets.UTF_8);
    return Joined.label("crypho unlock v1")
        .account(account)
        .u8(kind.getNumber())
        .u8(idBytes.length)
        .bytes(idBytes)
        .bytes(publicKey)
        .toBytes();
  }

  private static byte[] info(AccountId account, int generation) {
    return Joined.label("crypho account key v1").account(account).u32(generation).toBytes();
  }
}
