package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.util.HashSet;
import java.util.Set;

/// What a commit's new keys must be before they stand in the tree (RFC 9420 §12.4.2).
final class PathRules {
  private PathRules() {}

  /// No encryption key, signature key or identity twice (RFC 9420 §7.3).
  static void requireDistinct(RatchetTree tree) throws Refused {
    if (tree.encryptionKeys().size() != tree.occupiedCount()) {
      throw new Refused(new CommitOutcome.Duplicate("encryption_key"));
    }
    var signatureKeys = new HashSet<Bytes>();
    var credentials = new HashSet<Credential>();
    for (var index = 0; index < tree.width(); index++) {
      var leaf = tree.leaf(index);
      if (leaf != null && !credentials.add(leaf.credential())) {
        throw new Refused(new CommitOutcome.Duplicate("device"));
      }
      if (leaf != null && !signatureKeys.add(leaf.signatureKey())) {
        throw new Refused(new CommitOutcome.Duplicate("signature_key"));
      }
    }
  }

  /// All keys of the path are new to the tree and differ among themselves.
  static void requireFreshKeys(RatchetTree before, UpdatePath path) throws Refused {
    var keys = before.encryptionKeys();
    var isFresh = keys.add(path.leafNode().encryptionKey());
    for (var node : path.nodes()) {
      if (node.encryptionKey().size() != Suite.PUBLIC_KEY_BYTES) {
        throw Refused.malformed("encryption_key", "another length");
      }
      isFresh &= keys.add(node.encryptionKey());
    }
    if (!isFresh) {
      throw new Refused(new CommitOutcome.Duplicate("encryption_key"));
    }
  }

  /// The tree with the path on it; the leaf is sound and signed for its place.
  static RatchetTree follow(
      RatchetTree tree, int index, UpdatePath path, Set<Integer> newLeaves, GroupContext context)
      throws Refused {
    var leaf = path.leafNode();
    var defect = LeafRules.defect(leaf, context.extensions());
    if (defect != null) {
      throw Refused.malformed("leaf_node", defect);
    }
    try {
      var followed = tree.withPath(index, path, newLeaves);
      if (!LeafRules.isSigned(leaf, context.groupId(), index)) {
        throw new Refused(new CommitOutcome.BadSignature("leaf_node"));
      }
      return followed;
    } catch (DecodeException e) {
      throw Submission.malformed(e);
    }
  }
}
