package crypho.server.account;

import com.google.protobuf.ByteString;
import crypho.base.Bytes;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.AccountKeys;
import crypho.wire.v1.Device;
import crypho.wire.v1.Unlock;
import java.util.ArrayList;
import java.util.List;

/// Checks the form of what clients send about keys, and writes it for answers. Signatures are
/// [KeyRules]'s.
final class AccountCodec {
  /// Seed of 32 bytes sealed under a key: nonce and tag besides.
  static final int SEALED_KEY_BYTES = 12 + 32 + 16;

  /// Key of 32 bytes sealed to a public key: encapsulated key and tag besides.
  static final int SEALED_ACCOUNT_KEY_BYTES = 32 + 32 + 16;

  static final int GENERATION_MAX = 10_000;
  static final int WAY_IN_ID_BYTES_MAX = 64;
  static final int SEALED_NAME_BYTES_MAX = 256;
  private static final int MEMORY_KIB_MAX = 1024 * 1024;
  private static final int ITERATIONS_MAX = 16;
  private static final int PARALLELISM_MAX = 4;

  private AccountCodec() {}

  /// At least as strong as the protocol's own parameters.
  static PassphraseKdf kdf(String field, crypho.wire.v1.PassphraseKdf kdf) {
    return new PassphraseKdf(
        Fields.exactly(field + ".salt", kdf.getSalt(), PassphraseKdf.SALT_BYTES),
        Fields.number(
            field + ".memory_kib", kdf.getMemoryKib(), PassphraseKdf.MEMORY_KIB, MEMORY_KIB_MAX),
        Fields.number(
            field + ".iterations", kdf.getIterations(), PassphraseKdf.ITERATIONS, ITERATIONS_MAX),
        Fields.number(
            field + ".parallelism",
            kdf.getParallelism(),
            PassphraseKdf.PARALLELISM,
            PARALLELISM_MAX));
  }

  static crypho.wire.v1.PassphraseKdf kdf(PassphraseKdf kdf) {
    return crypho.wire.v1.PassphraseKdf.newBuilder()
        .setSalt(bytes(kdf.salt()))
        .setMemoryKib(kdf.memoryKib())
        .setIterations(kdf.iterations())
        .setParallelism(kdf.parallelism())
        .build();
  }

  static AccountKeySet keys(String field, AccountKeys keys) {
    int generation =
        Fields.number(field + ".key_generation", keys.getKeyGeneration(), 1, GENERATION_MAX);
    var previousField = field + ".sealed_previous_keys";
    if (keys.getSealedPreviousKeysCount() != generation - 1) {
      throw RpcException.invalid(previousField);
    }
    var previous = new ArrayList<Bytes>(generation - 1);
    for (var key : keys.getSealedPreviousKeysList()) {
      previous.add(Fields.exactly(previousField, key, SEALED_KEY_BYTES));
    }
    return new AccountKeySet(
        generation,
        key(field + ".identity_public_key", keys.getIdentityPublicKey()),
        Fields.exactly(
            field + ".sealed_identity_key", keys.getSealedIdentityKey(), SEALED_KEY_BYTES),
        key(field + ".deposit_public_key", keys.getDepositPublicKey()),
        signature(field + ".deposit_signature", keys.getDepositSignature()),
        previous);
  }

  static AccountKeys keys(AccountKeySet keys) {
    return AccountKeys.newBuilder()
        .setKeyGeneration(keys.generation())
        .setIdentityPublicKey(bytes(keys.identityPublicKey()))
        .setSealedIdentityKey(bytes(keys.sealedIdentityKey()))
        .setDepositPublicKey(bytes(keys.depositPublicKey()))
        .setDepositSignature(bytes(keys.depositSignature()))
        .addAllSealedPreviousKeys(
            keys.sealedPreviousKeys().stream().map(AccountCodec::bytes).toList())
        .build();
  }

  static WayIn wayIn(String field, Unlock unlock) {
    return new WayIn(
        name(field, unlock),
        key(field + ".public_key", unlock.getPublicKey()),
        signature(field + ".signature", unlock.getSignature()),
        Fields.exactly(
            field + ".sealed_account_key", unlock.getSealedAccountKey(), SEALED_ACCOUNT_KEY_BYTES),
        Fields.number(field + ".key_generation", unlock.getKeyGeneration(), 1, GENERATION_MAX));
  }

  static Unlock wayIn(WayIn wayIn) {
    return Unlock.newBuilder()
        .setKindValue(wayIn.name().kind().number())
        .setId(wayIn.name().id())
        .setPublicKey(bytes(wayIn.publicKey()))
        .setSignature(bytes(wayIn.signature()))
        .setSealedAccountKey(bytes(wayIn.sealedAccountKey()))
        .setKeyGeneration(wayIn.generation())
        .build();
  }

  static List<Unlock> waysIn(List<WayIn> waysIn) {
    return waysIn.stream().map(AccountCodec::wayIn).toList();
  }

  static DeviceKeys device(String field, Device device) {
    return new DeviceKeys(
        Fields.device(field + ".device_id", device.getDeviceId()),
        key(field + ".mls_signature_key", device.getMlsSignatureKey()),
        key(field + ".signing_key", device.getSigningKey()),
        key(field + ".unlock_key", device.getUnlockKey()),
        signature(field + ".certificate", device.getCertificate()));
  }

  static Device ownDevice(LinkedDevice device) {
    return publicDevice(device).toBuilder()
        .setSealedName(bytes(device.sealedName()))
        .setLastSeenMs(device.lastSeenAt().toEpochMilli())
        .build();
  }

  /// What acquaintances see of a device.
  static Device publicDevice(LinkedDevice device) {
    return certified(device.keys())
        .setLinkedAtMs(device.linkedAt().toEpochMilli())
        .setIsSharedComputer(device.isSharedComputer())
        .build();
  }

  static Device formerDevice(FormerDevice device) {
    return certified(device.keys()).setUnlinkedAtMs(device.unlinkedAt().toEpochMilli()).build();
  }

  private static Device.Builder certified(DeviceKeys keys) {
    return Device.newBuilder()
        .setDeviceId(keys.device().hex())
        .setMlsSignatureKey(bytes(keys.mlsSignatureKey()))
        .setSigningKey(bytes(keys.signingKey()))
        .setUnlockKey(bytes(keys.unlockKey()))
        .setCertificate(bytes(keys.certificate()));
  }

  static ByteString bytes(Bytes bytes) {
    return ByteString.copyFrom(bytes.asBuffer());
  }

  private static WayIn.Name name(String field, Unlock unlock) {
    var id = unlock.getId();
    return switch (unlock.getKind()) {
      case KIND_PASSPHRASE -> {
        if (!id.isEmpty()) {
          throw RpcException.invalid(field + ".id");
        }
        yield WayIn.Name.PASSPHRASE;
      }
      case KIND_DEVICE -> WayIn.Name.of(Fields.device(field + ".id", id));
      case KIND_RECOVERY -> new WayIn.Name(WayIn.Kind.RECOVERY, plainId(field + ".id", id));
      case KIND_PASSKEY -> new WayIn.Name(WayIn.Kind.PASSKEY, plainId(field + ".id", id));
      case KIND_UNSPECIFIED, UNRECOGNIZED -> throw RpcException.malformed(field + ".kind");
    };
  }

  private static String plainId(String field, String id) {
    boolean isPlain = id.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (!isPlain || id.length() > WAY_IN_ID_BYTES_MAX) {
      throw RpcException.malformed(field);
    }
    return id;
  }

  private static Bytes key(String field, ByteString key) {
    return Fields.exactly(field, key, KeyRules.KEY_BYTES);
  }

  private static Bytes signature(String field, ByteString signature) {
    return Fields.exactly(field, signature, KeyRules.SIGNATURE_BYTES);
  }
}
