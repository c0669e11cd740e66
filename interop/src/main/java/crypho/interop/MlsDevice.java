package crypho.interop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.TreeKEM.LeafNode;
import org.bouncycastle.mls.TreeKEM.LifeTime;
import org.bouncycastle.mls.codec.Capabilities;
import org.bouncycastle.mls.codec.Credential;
import org.bouncycastle.mls.codec.KeyPackage;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.MLSOutputStream;
import org.bouncycastle.mls.codec.Proposal;
import org.bouncycastle.mls.codec.WireFormat;
import org.bouncycastle.mls.crypto.MlsCipherSuite;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;
import org.jspecify.annotations.Nullable;

/// One device in at most one group, as BouncyCastle's MLS sees it. All bytes are whole MLSMessages.
///
/// | state     | allowed                                                     |
/// | --------- | ----------------------------------------------------------- |
/// | no group  | `keyPackage`, `create`, `join`, `joinExternally`            |
/// | in group  | `add`, `remove`, `update`, `process`, reading               |
/// | committed | `accepted` or `dropped`: a commit counts once it is taken   |
final class MlsDevice {
  /// What a commit sends along. `welcome` is absent when nobody is added.
  record Commit(String commit, @Nullable String welcome, String groupInfo) {}

  private static final short SUITE = MlsCipherSuite.MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

  /// The clocks of two devices differ; others refuse a key package from the future.
  private static final Duration SKEW = Duration.ofHours(1);

  private static final Duration LIFETIME = Duration.ofDays(80);
  private static final int SECRET_BYTES = 32;

  private final SecureRandom random = new SecureRandom();
  private final MlsCipherSuite suite;
  private final byte[] identity;
  private final AsymmetricCipherKeyPair signatureKeys;
  private @Nullable Prepared prepared;
  private @Nullable Group group;
  private @Nullable Group committed;

  /// A key package with the private halves that open its Welcome.
  private record Prepared(
      KeyPackage keyPackage, AsymmetricCipherKeyPair init, AsymmetricCipherKeyPair encryption) {}

  MlsDevice(String identity) throws Exception {
    this.suite = MlsCipherSuite.getSuite(SUITE);
    this.identity = identity.getBytes(StandardCharsets.US_ASCII);
    this.signatureKeys = suite.generateSignatureKeyPair();
  }

  byte[] signatureKey() {
    return suite.serializeSignaturePublicKey(signatureKeys.getPublic());
  }

  byte[] keyPackage() throws Exception {
    Prepared fresh = prepare();
    prepared = fresh;
    return MLSOutputStream.encode(MLSMessage.keyPackage(fresh.keyPackage()));
  }

  void create(byte[] groupId) throws Exception {
    Prepared own = prepare();
    group =
        new Group(
            groupId,
            suite,
            own.encryption(),
            privateSignatureKey(),
            own.keyPackage().getLeafNode().copy(own.keyPackage().getLeafNode().getEncryptionKey()),
            new ArrayList<>());
  }

  void join(byte[] welcome) throws Exception {
    Prepared own = prepared;
    if (own == null) {
      throw new IllegalStateException("no key package");
    }
    group =
        new Group(
            suite.getHPKE().serializePrivateKey(own.init().getPrivate()),
            own.encryption(),
            privateSignatureKey(),
            own.keyPackage(),
            message(welcome).welcome,
            null,
            Map.of(),
            Map.of());
  }

  Commit joinExternally(byte[] groupInfo) throws Exception {
    Prepared own = prepare();
    Group.GroupWithMessage joined =
        Group.externalJoin(
            freshSecret(),
            signatureKeys,
            own.keyPackage(),
            message(groupInfo).groupInfo,
            null,
            new Group.MessageOptions(),
            null,
            Map.of());
    return pending(joined, false);
  }

  Commit add(List<byte[]> keyPackages) throws Exception {
    List<Proposal> proposals = new ArrayList<>();
    for (byte[] each : keyPackages) {
      proposals.add(Proposal.add(message(each).keyPackage));
    }
    return commit(proposals, true);
  }

  Commit remove(List<String> identities) throws Exception {
    List<Proposal> proposals = new ArrayList<>();
    for (String each : identities) {
      proposals.add(Proposal.remove(find(each)));
    }
    return commit(proposals, false);
  }

  Commit update() throws Exception {
    return commit(new ArrayList<>(), false);
  }

  /// The server took the commit.
  void accepted() {
    if (committed == null) {
      throw new IllegalStateException("nothing committed");
    }
    group = committed;
    committed = null;
  }

  /// Another commit was first.
  void dropped() {
    committed = null;
  }

  /// Returns whether this device is still in the group.
  boolean process(byte[] commit) throws Exception {
    Group current = group();
    if (removes(message(commit), current)) {
      group = null;
      return false;
    }
    group = current.handle(commit, null);
    return true;
  }

  long epoch() {
    return group().getEpoch();
  }

  byte[] exporter() throws IOException {
    return group().getKeySchedule().MLSExporter("exporter", new byte[0], SECRET_BYTES);
  }

  List<String> members() {
    List<String> found = new ArrayList<>();
    long leaves = group().getTree().getSize().leafCount();
    for (int i = 0; i < leaves; i++) {
      LeafIndex index = new LeafIndex(i);
      if (group().getTree().hasLeaf(index)) {
        found.add(text(group().getTree().getLeafNode(index)));
      }
    }
    return found;
  }

  private boolean removes(MLSMessage commit, Group current) throws IOException {
    byte[] own = MLSOutputStream.encode(Proposal.remove(current.getIndex()));
    byte[] whole = MLSOutputStream.encode(commit);
    // A Remove of our leaf by value, as it stands in the commit: type 1, then the proposal.
    byte[] pattern = ByteBuffer.allocate(own.length + 1).put((byte) 1).put(own).array();
    for (int i = 0; i + pattern.length <= whole.length; i++) {
      if (Arrays.equals(whole, i, i + pattern.length, pattern, 0, pattern.length)) {
        return true;
      }
    }
    return false;
  }

  private Commit commit(List<Proposal> proposals, boolean adds) throws Exception {
    Group.CommitOptions options = new Group.CommitOptions(proposals, true, false, null);
    return pending(
        group()
            .commit(
                freshSecret(),
                options,
                new Group.MessageOptions(),
                new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS)),
        adds);
  }

  /// The library makes a Welcome even when nobody is added; that one is left out.
  private Commit pending(Group.GroupWithMessage next, boolean adds) throws Exception {
    committed = next.group;
    String welcome = null;
    if (adds) {
      MLSMessage wrapped = new MLSMessage(WireFormat.mls_welcome);
      wrapped.welcome = next.message.welcome;
      welcome = Hex.of(MLSOutputStream.encode(wrapped));
    }
    return new Commit(
        Hex.of(MLSOutputStream.encode(next.message)),
        welcome,
        Hex.of(MLSOutputStream.encode(next.group.getGroupInfo(true))));
  }

  private Prepared prepare() throws Exception {
    AsymmetricCipherKeyPair init = suite.getHPKE().generatePrivateKey();
    AsymmetricCipherKeyPair encryption = suite.getHPKE().generatePrivateKey();
    LeafNode leaf =
        new LeafNode(
            suite,
            suite.getHPKE().serializePublicKey(encryption.getPublic()),
            signatureKey(),
            Credential.forBasic(identity),
            new Capabilities(),
            lifetime(),
            new ArrayList<>(),
            privateSignatureKey());
    KeyPackage keyPackage =
        new KeyPackage(
            suite,
            suite.getHPKE().serializePublicKey(init.getPublic()),
            leaf,
            new ArrayList<>(),
            privateSignatureKey());
    return new Prepared(keyPackage, init, encryption);
  }

  /// The library's own lifetime lasts for ever, which other implementations refuse.
  private static LifeTime lifetime() throws IOException {
    Instant now = Instant.now();
    byte[] bytes =
        ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(now.minus(SKEW).getEpochSecond())
            .putLong(now.plus(LIFETIME).getEpochSecond())
            .array();
    return (LifeTime) MLSInputStream.decode(bytes, LifeTime.class);
  }

  private LeafIndex find(String wanted) {
    long leaves = group().getTree().getSize().leafCount();
    for (int i = 0; i < leaves; i++) {
      LeafIndex index = new LeafIndex(i);
      if (group().getTree().hasLeaf(index)
          && text(group().getTree().getLeafNode(index)).equals(wanted)) {
        return index;
      }
    }
    throw new IllegalArgumentException("no such member");
  }

  private static String text(LeafNode leaf) {
    return new String(leaf.getCredential().getIdentity(), StandardCharsets.US_ASCII);
  }

  private Group group() {
    if (group == null) {
      throw new IllegalStateException("no group");
    }
    return group;
  }

  private byte[] privateSignatureKey() {
    return suite.serializeSignaturePrivateKey(signatureKeys.getPrivate());
  }

  private Secret freshSecret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return new Secret(bytes);
  }

  private static MLSMessage message(byte[] bytes) throws IOException {
    return (MLSMessage) MLSInputStream.decode(bytes, MLSMessage.class);
  }
}
