package crypho.client.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.client.crypto.SigningKey;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.mls.TreeKEM.LeafNode;
import org.bouncycastle.mls.TreeKEM.LifeTime;
import org.bouncycastle.mls.codec.Capabilities;
import org.bouncycastle.mls.codec.Credential;
import org.bouncycastle.mls.codec.KeyPackage;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.MLSOutputStream;
import org.bouncycastle.mls.crypto.MlsCipherSuite;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;

/// A device as MLS sees it: makes key packages, creates and joins groups. One owner thread.
public final class MlsDevice {
  private static final short SUITE = MlsCipherSuite.MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

  /// The clocks of two devices differ; others refuse a key package from the future.
  private static final Duration SKEW = Duration.ofDays(1);

  private static final Duration LIFETIME = Duration.ofDays(80);
  private static final int SECRET_BYTES = 32;

  private final MlsCipherSuite suite;
  private final byte[] identity;
  private final byte[] signatureKey;
  private final AsymmetricCipherKeyPair signatureKeys;
  private final Rng rng;
  private final List<Prepared> prepared = new ArrayList<>();

  /// A key package with the private halves that open its Welcome.
  private record Prepared(
      KeyPackage keyPackage, AsymmetricCipherKeyPair init, AsymmetricCipherKeyPair encryption) {}

  /// @param domain the third part of identities; the same for all of an installation's devices
  public MlsDevice(AccountId account, DeviceId device, String domain, SigningKey key, Rng rng) {
    try {
      this.suite = MlsCipherSuite.getSuite(SUITE);
    } catch (Exception e) {
      throw new IllegalStateException("bcmls has the mandatory suite", e);
    }
    this.identity = Leaf.identity(account, device, domain);
    var privateKey = new Ed25519PrivateKeyParameters(key.seed(), 0);
    this.signatureKeys = new AsymmetricCipherKeyPair(privateKey.generatePublicKey(), privateKey);
    this.signatureKey = suite.serializeSignaturePrivateKey(privateKey);
    this.rng = rng;
  }

  /// Fresh key packages as MLSMessages. Their private halves stay here until a Welcome uses them.
  public List<Bytes> keyPackages(int count, Instant now) throws MlsException {
    var all = new ArrayList<Bytes>(count);
    for (var i = 0; i < count; i++) {
      try {
        var fresh = prepare(now);
        prepared.add(fresh);
        all.add(Bytes.wrap(MLSOutputStream.encode(MLSMessage.keyPackage(fresh.keyPackage))));
      } catch (Exception e) {
        throw new MlsException("making a key package", e);
      }
    }
    return all;
  }

  public MlsGroup create(byte[] groupId, Instant now) throws MlsException {
    try {
      var own = prepare(now);
      var leaf = own.keyPackage.getLeafNode();
      var group =
          new Group(
              groupId,
              suite,
              own.encryption,
              signatureKey.clone(),
              leaf.copy(leaf.getEncryptionKey()),
              new ArrayList<>());
      return new MlsGroup(group, rng);
    } catch (Exception e) {
      throw new MlsException("creating a group", e);
    }
  }

  /// Joins by the Welcome (an MLSMessage), with whichever key package it was made for.
  public MlsGroup join(byte[] welcome) throws MlsException {
    try {
      var message = MlsGroup.message(welcome).welcome;
      for (var own : prepared) {
        if (message.find(own.keyPackage) >= 0) {
          var group =
              new Group(
                  suite.getHPKE().serializePrivateKey(own.init.getPrivate()),
                  own.encryption,
                  signatureKey.clone(),
                  own.keyPackage,
                  message,
                  null,
                  Map.of(),
                  Map.of());
          return new MlsGroup(group, rng);
        }
      }
    } catch (Exception e) {
      throw new MlsException("joining by a Welcome", e);
    }
    throw new MlsException("the Welcome is for another device");
  }

  /// An external commit; the group counts once the server has taken it.
  public MlsGroup.Pending joinExternally(byte[] groupInfo, Instant now) throws MlsException {
    try {
      var own = prepare(now);
      var joined =
          Group.externalJoin(
              new Secret(rng.bytes(SECRET_BYTES)),
              signatureKeys,
              own.keyPackage,
              MlsGroup.message(groupInfo).groupInfo,
              null,
              new Group.MessageOptions(),
              MlsGroup.find(MlsGroup.message(groupInfo).groupInfo, identity),
              Map.of());
      return MlsGroup.pending(joined, false, rng);
    } catch (Exception e) {
      throw new MlsException("joining externally", e);
    }
  }

  private Prepared prepare(Instant now) throws Exception {
    var init = suite.getHPKE().generatePrivateKey();
    var encryption = suite.getHPKE().generatePrivateKey();
    var leaf =
        new LeafNode(
            suite,
            suite.getHPKE().serializePublicKey(encryption.getPublic()),
            suite.serializeSignaturePublicKey(signatureKeys.getPublic()),
            Credential.forBasic(identity),
            new Capabilities(),
            lifetime(now),
            new ArrayList<>(),
            signatureKey.clone());
    var keyPackage =
        new KeyPackage(
            suite,
            suite.getHPKE().serializePublicKey(init.getPublic()),
            leaf,
            new ArrayList<>(),
            signatureKey.clone());
    return new Prepared(keyPackage, init, encryption);
  }

  /// The library's own lifetime lasts for ever, which other implementations refuse.
  private static LifeTime lifetime(Instant now) throws Exception {
    var bytes =
        ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(now.minus(SKEW).getEpochSecond())
            .putLong(now.plus(LIFETIME).getEpochSecond())
            .array();
    return (LifeTime) MLSInputStream.decode(bytes, LifeTime.class);
  }
}
