package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.mls.CommitOutcome.Part;
import java.util.List;
import java.util.Objects;

/// What a GroupInfo must say, given what the server reckoned by itself (RFC 9420 §12.4.3).
final class GroupInfoRules {
  private GroupInfoRules() {}

  static GroupInfo read(Bytes message) throws Refused {
    if (message.size() > MlsLimits.GROUP_INFO_BYTES_MAX) {
      throw new Refused(new CommitOutcome.TooLarge("group_info", MlsLimits.GROUP_INFO_BYTES_MAX));
    }
    try {
      if (MlsMessage.decode(message) instanceof GroupInfo info) {
        return info;
      }
      throw Refused.malformed("group_info", "another kind of message");
    } catch (DecodeException e) {
      throw Refused.malformed(e.where(), String.valueOf(e.getMessage()));
    }
  }

  /// Everything in `info` must be what `expected`, `tree` and the commit's tag say. The tree is
  /// compared byte for byte, so it need not be parsed.
  static void check(
      GroupInfo info, GroupContext expected, RatchetTree tree, Bytes confirmationTag, int signer)
      throws Refused {
    var context = info.groupContext();
    require(
        context.version() == expected.version() && context.cipherSuite() == expected.cipherSuite(),
        Part.VERSION);
    require(context.groupId().equals(expected.groupId()), Part.GROUP_ID);
    require(context.epoch() == expected.epoch(), Part.EPOCH);
    require(
        Objects.equals(Extension.find(info.extensions(), Extension.RATCHET_TREE), tree.encode()),
        Part.TREE);
    require(context.treeHash().equals(expected.treeHash()), Part.TREE_HASH);
    require(
        context.confirmedTranscriptHash().equals(expected.confirmedTranscriptHash()),
        Part.CONFIRMED_TRANSCRIPT_HASH);
    require(context.extensions().equals(expected.extensions()), Part.GROUP_CONTEXT_EXTENSIONS);
    require(info.confirmationTag().equals(confirmationTag), Part.CONFIRMATION_TAG);
    checkJoinable(info, tree, signer);
  }

  /// Others can join by it, and it is signed by the one who must have made it.
  static void checkJoinable(GroupInfo info, RatchetTree tree, int signer) throws Refused {
    require(info.confirmationTag().size() == Suite.HASH_BYTES, Part.CONFIRMATION_TAG);
    require(hasExternalPub(info.extensions()), Part.EXTERNAL_PUB);
    require(info.signer() == signer, Part.SIGNER);
    var leaf = tree.leaf(signer);
    if (leaf == null
        || !Suite.verifyWithLabel(
            leaf.signatureKey(),
            "GroupInfoTBS",
            MessageCodec.groupInfoTbs(info),
            info.signature())) {
      throw new Refused(new CommitOutcome.BadSignature("group_info"));
    }
  }

  private static boolean hasExternalPub(List<Extension> extensions) {
    var data = Extension.find(extensions, Extension.EXTERNAL_PUB);
    // HPKEPublicKey external_pub: one length byte and the key.
    return data != null
        && data.size() == 1 + Suite.PUBLIC_KEY_BYTES
        && data.at(0) == Suite.PUBLIC_KEY_BYTES;
  }

  static void require(boolean holds, Part what) throws Refused {
    if (!holds) {
      throw Refused.mismatch(what);
    }
  }
}
