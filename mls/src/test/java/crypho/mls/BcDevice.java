package crypho.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
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

/// A device whose MLS is BouncyCastle's: real keys, real groups. One owner thread. The server's
/// tests use it too (the test jar).
public final class BcDevice {
  public static final String DOMAIN = "crypho.test";

  /// BouncyCastle looks at the wall clock when it validates a key package, so the test must too.
  static long nowSeconds() {
    return Instant.now().getEpochSecond();
  }

  private static final long DAY_SECONDS = 86_400;
  private static final SecureRandom RANDOM = new SecureRandom();

  /// A bundle with the state that its maker will be in once it is accepted.
  public record Made(CommitBundle bundle, Group next) {}

  /// A deposited key package with its private halves.
  public record Deposit(
      KeyPackage keyPackage, AsymmetricCipherKeyPair init, AsymmetricCipherKeyPair leaf) {
    public Bytes message() {
      return bytes(MLSMessage.keyPackage(keyPackage));
    }
  }

  public final MemberId member;
  final AsymmetricCipherKeyPair signature;
  @Nullable Group group;
  private final String domain;

  public BcDevice(AccountId account, long device) {
    this(new MemberId(account, new DeviceId("d%015x".formatted(device))), DOMAIN);
  }

  /// @param domain in the identity of its leaf
  public BcDevice(MemberId member, String domain) {
    this.member = member;
    this.domain = domain;
    this.signature = suite().generateSignatureKeyPair();
  }

  static AccountId account(long number) {
    return new AccountId(new UUID(0x4000L, 0x8000_0000_0000_0000L | number));
  }

  static MlsCipherSuite suite() {
    try {
      return MlsCipherSuite.getSuite(MlsCipherSuite.MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  public Bytes signatureKey() {
    return Bytes.wrap(suite().serializeSignaturePublicKey(signature.getPublic()));
  }

  Bytes signaturePrivateKey() {
    return Bytes.wrap(suite().serializeSignaturePrivateKey(signature.getPrivate()));
  }

  /// The commit was accepted: its maker follows.
  public void follow(Made made) {
    group = made.next();
  }

  Group joined() {
    return Objects.requireNonNull(group);
  }

  public Deposit deposit() {
    return deposit(nowSeconds() - DAY_SECONDS, nowSeconds() + 30 * DAY_SECONDS);
  }

  public Deposit deposit(long notBefore, long notAfter) {
    return tried(() -> {
      var suite = suite();
      var init = suite.getHPKE().generatePrivateKey();
      var leaf = suite.getHPKE().generatePrivateKey();
      var keyPackage =
          new KeyPackage(
              suite,
              suite.getHPKE().serializePublicKey(init.getPublic()),
              leafNode(leaf, notBefore, notAfter),
              new ArrayList<>(),
              signaturePrivateKey().toArray());
      return new Deposit(keyPackage, init, leaf);
    });
  }

  private LeafNode leafNode(AsymmetricCipherKeyPair leaf, long notBefore, long notAfter)
      throws Exception {
    var suite = suite();
    var lifetime =
        (LifeTime)
            MLSInputStream.decode(
                Writer.bytes(out -> out.u64(notBefore).u64(notAfter)).toArray(), LifeTime.class);
    var identity = new ClientIdentity(member, domain).toString();
    return new LeafNode(
        suite,
        suite.getHPKE().serializePublicKey(leaf.getPublic()),
        signatureKey().toArray(),
        Credential.forBasic(identity.getBytes(StandardCharsets.US_ASCII)),
        new Capabilities(),
        lifetime,
        new ArrayList<>(),
        signaturePrivateKey().toArray());
  }

  /// Creates the group and returns its first GroupInfo.
  public Bytes create(GroupId groupId) {
    return tried(() -> {
      var leaf = suite().getHPKE().generatePrivateKey();
      group =
          new Group(
              groupId.toBytes().toArray(),
              suite(),
              leaf,
              signaturePrivateKey().toArray(),
              leafNode(leaf, nowSeconds() - DAY_SECONDS, nowSeconds() + DAY_SECONDS),
              new ArrayList<>());
      return groupInfo(group);
    });
  }

  static Bytes groupInfo(Group group) {
    return tried(() -> bytes(group.getGroupInfo(true)));
  }

  /// Commits by value; with neither, an update of the own keys.
  public Made commit(List<Deposit> added, List<Integer> removed) {
    var proposals = new ArrayList<Proposal>();
    tried(() -> {
      for (var index : removed) {
        proposals.add(Proposal.remove(new LeafIndex(index)));
      }
      for (var deposit : added) {
        proposals.add(Proposal.add(deposit.keyPackage()));
      }
      return proposals;
    });
    return commit(proposals, true);
  }

  Made commit(List<Proposal> proposals, boolean forcePath) {
    return tried(() -> {
      var made =
          joined()
              .commit(
                  secret(),
                  new Group.CommitOptions(proposals, true, forcePath, new Group.LeafNodeOptions()),
                  new Group.MessageOptions(false, new byte[0], 0),
                  new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS));
      var adds = proposals.stream().anyMatch(p -> p.getAdd() != null);
      Bytes welcome = null;
      if (adds) {
        var message = new MLSMessage(WireFormat.mls_welcome);
        message.welcome = made.message.welcome;
        welcome = bytes(message);
      }
      return new Made(
          new CommitBundle(bytes(made.message), welcome, groupInfo(made.group)), made.group);
    });
  }

  /// Lets itself in by the latest GroupInfo, taking out `prior` where it is not null.
  public Made external(Bytes groupInfo, @Nullable Integer prior) {
    return tried(() -> {
      var message = (MLSMessage) MLSInputStream.decode(groupInfo.toArray(), MLSMessage.class);
      var made =
          Group.externalJoin(
              secret(),
              signature,
              deposit().keyPackage(),
              message.groupInfo,
              null,
              new Group.MessageOptions(false, new byte[0], 0),
              prior == null ? null : new LeafIndex(prior),
              new HashMap<>());
      return new Made(
          new CommitBundle(bytes(made.message), null, groupInfo(made.group)), made.group);
    });
  }

  public void process(Bytes commit) {
    group = tried(() -> joined().handle(commit.toArray(), null));
  }

  public void join(Bytes welcome, Deposit deposit) {
    group =
        tried(() -> {
          var message = (MLSMessage) MLSInputStream.decode(welcome.toArray(), MLSMessage.class);
          return new Group(
              suite().getHPKE().serializePrivateKey(deposit.init().getPrivate()),
              deposit.leaf(),
              signaturePrivateKey().toArray(),
              deposit.keyPackage(),
              message.welcome,
              null,
              new HashMap<>(),
              new HashMap<>());
        });
  }

  private static Secret secret() {
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return new Secret(bytes);
  }

  static Bytes bytes(Object value) {
    try {
      return Bytes.wrap(MLSOutputStream.encode(value));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// BouncyCastle declares `Exception` everywhere.
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws Exception;
  }

  static <T> T tried(Attempt<T> attempt) {
    try {
      return attempt.run();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
