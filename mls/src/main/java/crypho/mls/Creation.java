package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.mls.CommitOutcome.Part;
import crypho.mls.CommitOutcome.Reason;
import java.util.List;

/// Judges the first GroupInfo of a group (RFC 9420 §11): of epoch 0, or of epoch 1 where the
/// creator's library shows one only with a commit and so founded the group by an empty one. Nobody
/// else was in epoch 0, so nobody needs that commit.
final class Creation {
  private Creation() {}

  static DeliveryState accept(
      GroupId groupId, MemberId creator, Bytes groupInfo, Directory directory) throws Refused {
    var info = GroupInfoRules.read(groupInfo);
    var context = info.groupContext();
    if (!context.groupId().equals(groupId.toBytes())) {
      throw new Refused(new CommitOutcome.WrongGroup());
    }
    GroupInfoRules.require(
        context.version() == MlsMessage.VERSION_MLS10 && context.cipherSuite() == Suite.CODE,
        Part.VERSION);
    var isFounded = context.epoch() == 1;
    GroupInfoRules.require(isFounded || context.epoch() == 0, Part.EPOCH);
    GroupInfoRules.require(
        context.confirmedTranscriptHash().size() == (isFounded ? TranscriptHash.BYTES : 0),
        Part.CONFIRMED_TRANSCRIPT_HASH);
    checkExtensions(context.extensions());
    if (!directory.isEntitled(creator.account())) {
      throw Refused.notAllowed(Reason.COMMITTER_NOT_ENTITLED);
    }
    var tree = readTree(info);
    checkLeaf(tree, creator, context, directory, isFounded);
    GroupInfoRules.require(context.treeHash().equals(tree.treeHash()), Part.TREE_HASH);
    GroupInfoRules.checkJoinable(info, tree, 0);
    try {
      var interim =
          TranscriptHash.interim(context.confirmedTranscriptHash(), info.confirmationTag());
      return DeliveryState.of(context, interim, tree, List.of());
    } catch (DecodeException e) {
      throw Refused.malformed(e.where(), String.valueOf(e.getMessage()));
    }
  }

  /// Members may state what clients must support, and nothing else; in particular nobody outside
  /// may be let in as an external sender.
  private static void checkExtensions(List<Extension> extensions) throws Refused {
    for (var extension : extensions) {
      var isHarmless =
          extension.type() == Extension.REQUIRED_CAPABILITIES
              || (extension.type() == Extension.EXTERNAL_SENDERS
                  && extension.data().equals(Bytes.wrap(new byte[1])));
      if (!isHarmless) {
        throw Refused.notAllowed(Reason.GROUP_CONTEXT_EXTENSION);
      }
    }
  }

  private static RatchetTree readTree(GroupInfo info) throws Refused {
    var data = Extension.find(info.extensions(), Extension.RATCHET_TREE);
    GroupInfoRules.require(data != null, Part.TREE);
    try {
      return RatchetTree.decode(data == null ? Bytes.EMPTY : data);
    } catch (DecodeException e) {
      throw Refused.malformed(e.where(), String.valueOf(e.getMessage()));
    }
  }

  private static void checkLeaf(
      RatchetTree tree,
      MemberId creator,
      GroupContext context,
      Directory directory,
      boolean isFounded)
      throws Refused {
    var leaf = tree.leaf(0);
    if (tree.width() != 1 || leaf == null) {
      throw Refused.mismatch(Part.MEMBERS);
    }
    try {
      var identity = ClientIdentity.parse(leaf.credential());
      if (!identity.equals(new ClientIdentity(creator, directory.domain()))) {
        throw new Refused(new CommitOutcome.ForgedSender());
      }
    } catch (DecodeException e) {
      throw Refused.malformed(e.where(), String.valueOf(e.getMessage()));
    }
    if (!directory.isRegistered(creator, leaf.signatureKey())) {
      throw new Refused(new CommitOutcome.UnregisteredKey(creator));
    }
    var defect = LeafRules.defect(leaf, context.extensions());
    if (defect != null) {
      throw Refused.malformed("leaf_node", defect);
    }
    var isOfItsEpoch =
        isFounded
            ? leaf.source() instanceof LeafNode.Source.FromCommit(Bytes parentHash)
                && parentHash.isEmpty()
            : leaf.source() instanceof LeafNode.Source.FromKeyPackage;
    if (!isOfItsEpoch) {
      throw Refused.malformed("leaf_node_source", "not what a new group has");
    }
    if (!LeafRules.isSigned(leaf, context.groupId(), 0)) {
      throw new Refused(new CommitOutcome.BadSignature("leaf_node"));
    }
  }
}
