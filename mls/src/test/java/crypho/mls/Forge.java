package crypho.mls;

import crypho.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Takes honest bundles apart and puts them together wrongly, with real signatures by real devices:
/// what a modified client could send.
final class Forge {
  private final World world;
  private final BcDevice signer;
  private final CommitBundle honest;

  Forge(World world, BcDevice signer, CommitBundle honest) {
    this.world = world;
    this.signer = signer;
    this.honest = honest;
  }

  static PublicMessage read(Bytes commit) {
    return (PublicMessage) BcDevice.tried(() -> MlsMessage.decode(commit));
  }

  PublicMessage message() {
    return read(honest.commit());
  }

  Commit commit() {
    return (Commit) message().content().content();
  }

  UpdatePath path() {
    return Objects.requireNonNull(commit().path());
  }

  GroupInfo groupInfo() {
    return (GroupInfo) BcDevice.tried(() -> MlsMessage.decode(honest.groupInfo()));
  }

  Welcome welcome() {
    return (Welcome)
        BcDevice.tried(() -> MlsMessage.decode(Objects.requireNonNull(honest.welcome())));
  }

  CommitOutcome judge(CommitBundle bundle) {
    return world.judge(signer, bundle);
  }

  // The commit.

  CommitOutcome withCommitBytes(Bytes commit) {
    return judge(new CommitBundle(commit, honest.welcome(), honest.groupInfo()));
  }

  /// With other content, signed anew.
  CommitOutcome withContent(UnaryOperator<FramedContent> change) {
    return withCommitBytes(signed(change.apply(message().content())).encode());
  }

  PublicMessage signed(FramedContent content) {
    var signature =
        MemberSuite.signWithLabel(
            signer.signaturePrivateKey(),
            "FramedContentTBS",
            MessageCodec.framedContentTbs(content, world.state().context()));
    var isCommit = content.content() instanceof Commit;
    var isMember = content.sender() instanceof Sender.Member;
    var tag = Bytes.wrap(new byte[32]);
    return new PublicMessage(
        content,
        signature,
        isCommit ? Objects.requireNonNullElse(message().confirmationTag(), tag) : null,
        isMember ? Objects.requireNonNullElse(message().membershipTag(), tag) : null);
  }

  static FramedContent with(FramedContent framed, FramedContent.Content content) {
    return new FramedContent(
        framed.groupId(), framed.epoch(), framed.sender(), framed.authenticatedData(), content);
  }

  CommitOutcome withSender(Sender sender) {
    return withContent(framed ->
        new FramedContent(
            framed.groupId(),
            framed.epoch(),
            sender,
            framed.authenticatedData(),
            framed.content()));
  }

  CommitOutcome withProposals(UnaryOperator<List<ProposalOrRef>> change) {
    var proposals = change.apply(new ArrayList<>(commit().proposals()));
    return withContent(framed -> with(framed, new Commit(proposals, commit().path())));
  }

  CommitOutcome withProposal(ProposalOrRef more) {
    return withProposals(proposals -> {
      proposals.add(more);
      return proposals;
    });
  }

  CommitOutcome withPath(@Nullable UpdatePath path) {
    return withContent(framed -> with(framed, new Commit(commit().proposals(), path)));
  }

  CommitOutcome withPathNodes(UnaryOperator<List<UpdatePath.Node>> change) {
    var nodes = change.apply(new ArrayList<>(path().nodes()));
    return withPath(new UpdatePath(path().leafNode(), nodes));
  }

  CommitOutcome withPathLeaf(LeafNode leaf) {
    return withPath(new UpdatePath(leaf, path().nodes()));
  }

  /// Signs `leaf` for a place in the group, by any key.
  LeafNode signed(LeafNode leaf, long place, Bytes privateKey) {
    return withSignature(
        leaf,
        MemberSuite.signWithLabel(
            privateKey,
            "LeafNodeTBS",
            TreeCodec.leafNodeTbs(leaf, world.groupId.toBytes(), place)));
  }

  static LeafNode withSignature(LeafNode leaf, Bytes signature) {
    return new LeafNode(
        leaf.encryptionKey(),
        leaf.signatureKey(),
        leaf.credential(),
        leaf.capabilities(),
        leaf.source(),
        leaf.extensions(),
        signature);
  }

  static LeafNode withCredential(LeafNode leaf, Credential credential) {
    return new LeafNode(
        leaf.encryptionKey(),
        leaf.signatureKey(),
        credential,
        leaf.capabilities(),
        leaf.source(),
        leaf.extensions(),
        leaf.signature());
  }

  static LeafNode withKeys(LeafNode leaf, Bytes encryptionKey, Bytes signatureKey) {
    return new LeafNode(
        encryptionKey,
        signatureKey,
        leaf.credential(),
        leaf.capabilities(),
        leaf.source(),
        leaf.extensions(),
        leaf.signature());
  }

  static LeafNode withSource(LeafNode leaf, LeafNode.Source source) {
    return new LeafNode(
        leaf.encryptionKey(),
        leaf.signatureKey(),
        leaf.credential(),
        leaf.capabilities(),
        source,
        leaf.extensions(),
        leaf.signature());
  }

  static LeafNode withCapabilities(LeafNode leaf, Capabilities capabilities) {
    return new LeafNode(
        leaf.encryptionKey(),
        leaf.signatureKey(),
        leaf.credential(),
        capabilities,
        leaf.source(),
        leaf.extensions(),
        leaf.signature());
  }

  // Key packages.

  static KeyPackage keyPackage(BcDevice.Deposit deposit) {
    return (KeyPackage) BcDevice.tried(() -> MlsMessage.decode(deposit.message()));
  }

  /// `device`'s key package with a changed leaf, both signed anew by its key.
  static KeyPackage resigned(BcDevice device, KeyPackage from, UnaryOperator<LeafNode> change) {
    var leaf = change.apply(from.leafNode());
    var key = device.signaturePrivateKey();
    var signedLeaf =
        withSignature(
            leaf,
            MemberSuite.signWithLabel(
                key, "LeafNodeTBS", TreeCodec.leafNodeTbs(leaf, Bytes.EMPTY, 0)));
    return resigned(
        device,
        new KeyPackage(
            from.version(),
            from.cipherSuite(),
            from.initKey(),
            signedLeaf,
            from.extensions(),
            from.signature()));
  }

  static KeyPackage resigned(BcDevice device, KeyPackage from) {
    return new KeyPackage(
        from.version(),
        from.cipherSuite(),
        from.initKey(),
        from.leafNode(),
        from.extensions(),
        MemberSuite.signWithLabel(
            device.signaturePrivateKey(), "KeyPackageTBS", TreeCodec.keyPackageTbs(from)));
  }

  // The rest of the bundle.

  CommitOutcome withWelcome(@Nullable Bytes welcome) {
    return judge(new CommitBundle(honest.commit(), welcome, honest.groupInfo()));
  }

  CommitOutcome withGroupInfoBytes(Bytes groupInfo) {
    return judge(new CommitBundle(honest.commit(), honest.welcome(), groupInfo));
  }

  /// With other content, signed anew.
  CommitOutcome withGroupInfo(UnaryOperator<GroupInfo> change) {
    return withGroupInfoBytes(signed(signer, change.apply(groupInfo())).encode());
  }

  static GroupInfo signed(BcDevice signer, GroupInfo info) {
    return new GroupInfo(
        info.groupContext(),
        info.extensions(),
        info.confirmationTag(),
        info.signer(),
        MemberSuite.signWithLabel(
            signer.signaturePrivateKey(), "GroupInfoTBS", MessageCodec.groupInfoTbs(info)));
  }

  CommitOutcome withContext(UnaryOperator<GroupContext> change) {
    return withGroupInfo(info -> with(info, change.apply(info.groupContext())));
  }

  static GroupInfo with(GroupInfo info, GroupContext context) {
    return new GroupInfo(
        context, info.extensions(), info.confirmationTag(), info.signer(), info.signature());
  }

  static GroupInfo with(GroupInfo info, List<Extension> extensions) {
    return new GroupInfo(
        info.groupContext(), extensions, info.confirmationTag(), info.signer(), info.signature());
  }

  /// Replaces one extension, or takes it away where `data` is null.
  static List<Extension> replaced(List<Extension> extensions, int type, @Nullable Bytes data) {
    var out = new ArrayList<Extension>();
    for (var extension : extensions) {
      if (extension.type() != type) {
        out.add(extension);
      } else if (data != null) {
        out.add(new Extension(type, data));
      }
    }
    return out;
  }

  static Bytes flipped(Bytes value) {
    var bytes = value.toArray();
    bytes[bytes.length - 1] ^= 1;
    return Bytes.wrap(bytes);
  }
}
