package crypho.client.vault;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.Rng;
import crypho.client.crypto.Hkdf;
import crypho.client.crypto.Joined;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.Padding;
import crypho.client.crypto.Sealed;
import crypho.client.keys.KeyChain;
import crypho.wire.v1.VaultEntry;
import crypho.wire.v1.VaultRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Blinds names and seals records of one account's vault.
public final class VaultCodec {
  private static final int GENERATION_BYTES = 4;

  private final KeyChain keys;
  private final Rng rng;

  public VaultCodec(KeyChain keys, Rng rng) {
    this.keys = keys;
    this.rng = rng;
  }

  /// By the first generation's key, so that an entry keeps its key over rotations.
  public Bytes blind(String name) {
    var key = Hkdf.derive(keys.first().vaultKey(), "vault name");
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return Bytes.wrap(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("HmacSHA256 is in every JDK", e);
    }
  }

  /// @param revision the one that the client saw; 0 for a new entry
  public VaultEntry seal(VaultRecord record, long revision) {
    var blinded = blind(record.getName());
    var generation = keys.current().generation();
    var sealed =
        Sealed.seal(
            valueKey(keys.current().vaultKey()),
            Padding.pad(record.toByteArray()),
            data(keys.current().account(), blinded, generation),
            rng);
    return VaultEntry.newBuilder()
        .setKey(ByteString.copyFrom(blinded.asBuffer()))
        .setValue(ByteString.copyFrom(Joined.start().u32(generation).bytes(sealed).toBytes()))
        .setRevision(revision)
        .build();
  }

  /// @throws OpenException where the value was not sealed for this entry, or names another
  public VaultRecord open(VaultEntry entry) throws OpenException {
    var value = entry.getValue().toByteArray();
    if (value.length < GENERATION_BYTES) {
      throw new OpenException("vault entry");
    }
    var generation = ByteBuffer.wrap(value).getInt();
    var key = keys.generation(generation);
    var blinded = Bytes.wrap(entry.getKey().toByteArray());
    var padded =
        Sealed.open(
            valueKey(key.vaultKey()),
            Arrays.copyOfRange(value, GENERATION_BYTES, value.length),
            data(key.account(), blinded, generation),
            "vault entry");
    try {
      var record = VaultRecord.parseFrom(Padding.unpad(padded, "vault entry"));
      if (!blind(record.getName()).equals(blinded)) {
        throw new OpenException("vault entry");
      }
      return record;
    } catch (InvalidProtocolBufferException e) {
      throw new OpenException("vault entry");
    }
  }

  private static byte[] valueKey(byte[] vaultKey) {
    return Hkdf.derive(vaultKey, "vault value");
  }

  private static byte[] data(AccountId account, Bytes blinded, int generation) {
    return Joined.label("crypho vault v1")
        .account(account)
        .bytes(blinded.toArray())
        .u32(generation)
        .toBytes();
  }
}
