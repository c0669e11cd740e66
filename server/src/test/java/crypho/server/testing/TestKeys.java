package crypho.server.testing;

import com.google.protobuf.ByteString;
import crypho.wire.v1.AccountKeys;
import crypho.wire.v1.Device;
import crypho.wire.v1.PassphraseKdf;
import crypho.wire.v1.Unlock;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/// The keys of one account as its clients hold them. Signatures are real; what is sealed to a
/// client is random, since the server cannot tell.
public final class TestKeys {
  private final KeyPair identity = newEd25519();
  private final Random random;
  private final List<ByteString> previous = new ArrayList<>();
  private String account = "";
  private int generation = 1;

  public TestKeys(long seed) {
    this.random = new Random(seed);
  }

  public void bind(String accountId) {
    account = accountId;
  }

  public int generation() {
    return generation;
  }

  /// To the next generation of the account key.
  public void rotate() {
    previous.add(bytes(60));
    generation++;
  }

  /// Forgets a rotation that the server refused.
  public void undoRotation() {
    previous.removeLast();
    generation--;
  }

  public AccountKeys keys() {
    var deposit = bytes(32);
    var number = ByteBuffer.allocate(4).putInt(generation).array();
    return AccountKeys.newBuilder()
        .setKeyGeneration(generation)
        .setIdentityPublicKey(raw(identity))
        .setSealedIdentityKey(bytes(60))
        .setDepositPublicKey(deposit)
        .setDepositSignature(
            sign("crypho deposit key v1", accountBytes(), number, deposit.toByteArray()))
        .addAllSealedPreviousKeys(previous)
        .build();
  }

  public Unlock passphraseUnlock() {
    return unlock(Unlock.Kind.KIND_PASSPHRASE, "", bytes(32));
  }

  public Unlock deviceUnlock(Device device) {
    return unlock(Unlock.Kind.KIND_DEVICE, device.getDeviceId(), device.getUnlockKey());
  }

  /// Seals the present account key to a way in that there is.
  public Unlock reseal(Unlock unlock) {
    return unlock.toBuilder().setSealedAccountKey(bytes(80)).setKeyGeneration(generation).build();
  }

  public Device newDevice() {
    // The first digit is not 0: the browser's MLS library would lose it.
    var id = "d" + HexFormat.of().formatHex(bytes(8).toByteArray()).substring(1);
    return newDevice(id, raw(newEd25519()));
  }

  /// @param mls public signature key of its leaves
  public Device newDevice(String id, ByteString mls) {
    var signing = raw(newEd25519());
    var unlock = bytes(32);
    return Device.newBuilder()
        .setDeviceId(id)
        .setMlsSignatureKey(mls)
        .setSigningKey(signing)
        .setUnlockKey(unlock)
        .setCertificate(
            sign(
                "crypho device v1",
                accountBytes(),
                HexFormat.of().parseHex(id),
                mls.toByteArray(),
                signing.toByteArray(),
                unlock.toByteArray()))
        .setSealedName(bytes(40))
        .build();
  }

  public PassphraseKdf kdf() {
    return PassphraseKdf.newBuilder()
        .setSalt(bytes(16))
        .setMemoryKib(65_536)
        .setIterations(3)
        .setParallelism(1)
        .build();
  }

  public ByteString bytes(int size) {
    var out = new byte[size];
    random.nextBytes(out);
    return ByteString.copyFrom(out);
  }

  private Unlock unlock(Unlock.Kind kind, String id, ByteString publicKey) {
    var text = id.getBytes(StandardCharsets.UTF_8);
    return Unlock.newBuilder()
        .setKind(kind)
        .setId(id)
        .setPublicKey(publicKey)
        .setSignature(
            sign(
                "crypho unlock v1",
                accountBytes(),
                new byte[] {(byte) kind.getNumber(), (byte) text.length},
                text,
                publicKey.toByteArray()))
        .setSealedAccountKey(bytes(80))
        .setKeyGeneration(generation)
        .build();
  }

  private byte[] accountBytes() {
    var uuid = UUID.fromString(account);
    return ByteBuffer.allocate(16)
        .putLong(uuid.getMostSignificantBits())
        .putLong(uuid.getLeastSignificantBits())
        .array();
  }

  private ByteString sign(String label, byte[]... parts) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    out.write(0);
    for (var part : parts) {
      out.writeBytes(part);
    }
    try {
      var signer = Signature.getInstance("Ed25519");
      signer.initSign(identity.getPrivate());
      signer.update(out.toByteArray());
      return ByteString.copyFrom(signer.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair newEd25519() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The 32 bytes at the end of SubjectPublicKeyInfo (RFC 8410).
  private static ByteString raw(KeyPair pair) {
    var encoded = pair.getPublic().getEncoded();
    return ByteString.copyFrom(encoded, encoded.length - 32, 32);
  }
}
