package crypho.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.client.crypto.KemKeyPair;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.Padding;
import crypho.client.crypto.Passphrases;
import crypho.client.crypto.SigningKey;
import crypho.client.keys.AccountKey;
import crypho.client.keys.DeviceKeys;
import crypho.client.keys.KeyChain;
import crypho.client.keys.PassphraseKeys;
import crypho.client.keys.WaysIn;
import crypho.client.message.Deposits;
import crypho.client.message.Envelope;
import crypho.client.message.EpochRef;
import crypho.client.vault.VaultCodec;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.Device;
import crypho.wire.v1.Unlock;
import crypho.wire.v1.VaultEntry;
import java.util.List;
import org.junit.jupiter.api.Test;

/// docs/protocol/vectors against this implementation. The TypeScript one reads the same files.
class VectorsTest {
  private static final Rng UNUSED =
      _ -> {
        throw new AssertionError("checking a vector needs no randomness");
      };

  private static AccountKey accountKey(Vectors vector, int generation) {
    var path = generation == 1 ? "account_key" : "rotation.new_account_key";
    return new AccountKey(AccountId.parse(vector.text("account")), generation, vector.bytes(path));
  }

  private static PassphraseKeys passphrase(Vectors vector) {
    var cost =
        new Passphrases.Cost(
            vector.number("passphrase.memory_kib"),
            vector.number("passphrase.iterations"),
            vector.number("passphrase.parallelism"));
    assertTrue(cost.isSound());
    var salt = Bytes.wrap(vector.bytes("passphrase.salt"));
    return PassphraseKeys.derive(vector.text("passphrase.text"), salt, cost);
  }

  @Test
  void passphraseOpensTheAccountKey() throws Exception {
    var vector = Vectors.read("accounts-and-keys.json");
    var keys = passphrase(vector);
    assertArrayEquals(vector.bytes("passphrase.auth_key"), keys.authKey());
    assertArrayEquals(
        vector.bytes("passphrase.unlock_public_key"), keys.wayIn().publicKey().toArray());
    var account = AccountId.parse(vector.text("account"));
    var unlock =
        Unlock.newBuilder()
            .setKind(Unlock.Kind.KIND_PASSPHRASE)
            .setPublicKey(ByteString.copyFrom(keys.wayIn().publicKey().asBuffer()))
            .setSignature(ByteString.copyFrom(vector.bytes("passphrase_unlock.signature")))
            .setSealedAccountKey(
                ByteString.copyFrom(vector.bytes("passphrase_unlock.sealed_account_key")))
            .setKeyGeneration(1)
            .build();
    var identity = Bytes.wrap(vector.bytes("identity_public_key"));
    assertTrue(WaysIn.isVouchedFor(account, identity, unlock));
    var opened = WaysIn.open(account, unlock, keys.wayIn());
    assertArrayEquals(vector.bytes("account_key"), opened.value());
    var later = unlock.toBuilder().setKeyGeneration(2).build();
    assertThrows(OpenException.class, () -> WaysIn.open(account, later, keys.wayIn()));
    assertFalse(
        WaysIn.isVouchedFor(
            account, identity, unlock.toBuilder().setKind(Unlock.Kind.KIND_DEVICE).build()));
  }

  @Test
  void accountKeyHoldsIdentityVaultAndDeposits() throws Exception {
    var vector = Vectors.read("accounts-and-keys.json");
    var first = accountKey(vector, 1);
    var identity = SigningKey.ofSeed(vector.bytes("identity_seed"));
    assertArrayEquals(vector.bytes("identity_public_key"), identity.publicKey().toArray());
    assertArrayEquals(vector.bytes("vault_key"), first.vaultKey());
    assertArrayEquals(
        identity.seed(), first.openIdentity(vector.bytes("sealed_identity_key")).seed());
    assertArrayEquals(
        vector.bytes("deposit_public_key"), first.depositKeys().publicKey().toArray());
    var wire = new KeyChain(List.of(first), identity).toWire(Rng.secure());
    assertArrayEquals(vector.bytes("deposit_signature"), wire.getDepositSignature().toByteArray());
    assertArrayEquals(
        first.value(),
        accountKey(vector, 2).openPrevious(vector.bytes("rotation.sealed_previous_key")).value());
  }

  @Test
  void deviceCertificate() throws Exception {
    var vector = Vectors.read("accounts-and-keys.json");
    var keys =
        new DeviceKeys(
            new DeviceId(vector.text("device.device_id")),
            SigningKey.ofSeed(vector.bytes("device.mls_signature_seed")),
            SigningKey.ofSeed(vector.bytes("device.signing_seed")),
            KemKeyPair.derive(vector.bytes("device.unlock_ikm")));
    var account = AccountId.parse(vector.text("account"));
    var identity = SigningKey.ofSeed(vector.bytes("identity_seed"));
    var device = keys.certified(accountKey(vector, 1), identity, "a name", Rng.secure());
    assertArrayEquals(vector.bytes("device.unlock_key"), device.getUnlockKey().toByteArray());
    assertArrayEquals(vector.bytes("device.certificate"), device.getCertificate().toByteArray());
    assertTrue(DeviceKeys.isCertified(account, identity.publicKey(), device));
    var renamed = Device.newBuilder(device).setDeviceId("1000000000000000").build();
    assertFalse(DeviceKeys.isCertified(account, identity.publicKey(), renamed));
    var unlock =
        WaysIn.forDevice(accountKey(vector, 1), identity, keys.device(), keys.unlock().publicKey());
    assertArrayEquals(vector.bytes("device.unlock_signature"), unlock.getSignature().toByteArray());
  }

  @Test
  void message() throws Exception {
    var vector = Vectors.read("messages.json");
    var signing = SigningKey.ofSeed(vector.bytes("signing_seed"));
    var key = vector.bytes("conversation_key");
    var header =
        new Envelope.Header(
            Envelope.Purpose.MESSAGE,
            epoch(vector),
            new Envelope.Sender(
                AccountId.parse(vector.text("account")), new DeviceId(vector.text("device"))),
            Bytes.wrap(vector.bytes("client_id")),
            Bytes.wrap(vector.bytes("nonce")));
    assertArrayEquals(vector.bytes("group_id"), epoch(vector).groupId());
    var sealed = Envelope.seal(header, key, signing, vector.bytes("content"));
    assertArrayEquals(vector.bytes("message"), sealed.encode());
    var decoded = Envelope.decode(vector.bytes("message"));
    assertEquals(sealed, decoded);
    assertTrue(decoded.isSignedBy(signing.publicKey()));
    assertArrayEquals(vector.bytes("content"), decoded.open(key));
    var other = vector.bytes("conversation_key");
    other[0] ^= 1;
    assertThrows(OpenException.class, () -> decoded.open(other));
  }

  @Test
  void paddedLengths() throws Exception {
    var vector = Vectors.read("messages.json");
    assertArrayEquals(vector.bytes("padded"), Padding.pad(vector.bytes("content")));
    for (var pair : vector.value("padded_lengths").getListValue().getValuesList()) {
      var plain = (int) pair.getListValue().getValues(0).getNumberValue();
      var padded = (int) pair.getListValue().getValues(1).getNumberValue();
      // The vector counts with the mark, which every content has.
      if (plain > 0) {
        assertEquals(padded, Padding.pad(new byte[plain - 1]).length, "length " + plain);
      }
    }
  }

  @Test
  void deposit() throws Exception {
    var vector = Vectors.read("messages.json");
    var recipient = AccountId.parse(vector.text("deposit.recipient"));
    var deposit =
        Deposit.newBuilder()
            .setAccountId(recipient.toString())
            .setKeyGeneration(vector.number("deposit.key_generation"))
            .setSealedKey(ByteString.copyFrom(vector.bytes("deposit.sealed_key")))
            .setSignature(ByteString.copyFrom(vector.bytes("deposit.signature")))
            .build();
    var signing = SigningKey.ofSeed(vector.bytes("signing_seed")).publicKey();
    var epoch = epoch(vector);
    assertTrue(Deposits.isSignedBy(deposit, epoch, signing));
    var keys = KemKeyPair.derive(vector.bytes("deposit.recipient_ikm"));
    assertArrayEquals(
        vector.bytes("conversation_key"), Deposits.open(deposit, epoch, recipient, keys));
    var next = new EpochRef(epoch.conversation(), epoch.generation(), epoch.epoch() + 1);
    assertFalse(Deposits.isSignedBy(deposit, next, signing));
    assertThrows(OpenException.class, () -> Deposits.open(deposit, next, recipient, keys));
  }

  @Test
  void vault() throws Exception {
    var vector = Vectors.read("vault.json");
    var account = AccountId.parse(vector.text("account"));
    var keys = vector.value("account_keys").getListValue();
    var chain =
        new KeyChain(
            List.of(
                new AccountKey(account, 1, Vectors.hex(keys.getValues(0).getStringValue())),
                new AccountKey(account, 2, Vectors.hex(keys.getValues(1).getStringValue()))),
            SigningKey.ofSeed(new byte[32]));
    var codec = new VaultCodec(chain, UNUSED);
    assertArrayEquals(vector.bytes("blinded_key"), codec.blind(vector.text("name")).toArray());
    for (var value : vector.value("values").getListValue().getValuesList()) {
      var sealed = value.getStructValue().getFieldsOrThrow("value").getStringValue();
      var entry =
          VaultEntry.newBuilder()
              .setKey(ByteString.copyFrom(vector.bytes("blinded_key")))
              .setValue(ByteString.copyFrom(Vectors.hex(sealed)))
              .build();
      assertArrayEquals(vector.bytes("record"), codec.open(entry).toByteArray());
      var moved = entry.toBuilder().setKey(ByteString.copyFrom(new byte[32])).build();
      assertThrows(OpenException.class, () -> codec.open(moved));
    }
  }

  private static EpochRef epoch(Vectors vector) {
    return new EpochRef(
        ConversationId.parse(vector.text("conversation")),
        vector.number("generation"),
        vector.number("epoch"));
  }
}
