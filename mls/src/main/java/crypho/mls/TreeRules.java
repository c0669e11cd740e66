package crypho.mls;

import crypho.base.Bytes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whether a whole tree from outside is sound (RFC 9420 §12.4.3.1). The delivery service reckons
/// its trees by itself and needs this only where it starts from somebody else's.
final class TreeRules {
  private TreeRules() {}

  /// What is wrong with the tree of this group, or null.
  static @Nullable String defect(RatchetTree tree, Bytes groupId) {
    var structural = structuralDefect(tree);
    if (structural != null) {
      return structural;
    }
    for (var index = 0; index < tree.width(); index++) {
      var leaf = tree.leaf(index);
      if (leaf != null && !LeafRules.isSigned(leaf, groupId, index)) {
        return "a leaf's signature is wrong";
      }
    }
    return null;
  }

  /// The same without signatures.
  static @Nullable String structuralDefect(RatchetTree tree) {
    if (tree.encryptionKeys().size() != tree.occupiedCount()) {
      return "an encryption key occurs twice";
    }
    for (var place = 1; place < tree.nodeCount(); place += 2) {
      if (tree.node(place) instanceof ParentNode parent) {
        if (!unmergedAreSound(tree, place, parent)) {
          return "unmerged leaves are wrong";
        }
        if (!isParentHashValid(tree, place, parent)) {
          return "a parent hash is wrong";
        }
      }
    }
    return null;
  }

  /// Each unmerged leaf is below its node, not blank, and unmerged all the way down.
  private static boolean unmergedAreSound(RatchetTree tree, int place, ParentNode parent) {
    for (var leaf : parent.unmergedLeaves()) {
      if (leaf < TreeMath.firstLeaf(place)
          || leaf >= TreeMath.lastLeaf(place)
          || tree.leaf(leaf) == null) {
        return false;
      }
      for (var node = TreeMath.parent(2 * leaf); node != place; node = TreeMath.parent(node)) {
        if (tree.node(node) instanceof ParentNode between
            && !between.unmergedLeaves().contains(leaf)) {
          return false;
        }
      }
    }
    return true;
  }

  /// RFC 9420 §7.9.2: some node below carries this one's parent hash and, with the leaves that came
  /// later, is all there is on its side.
  private static boolean isParentHashValid(RatchetTree tree, int place, ParentNode parent) {
    var left = TreeMath.left(place);
    var right = TreeMath.right(place);
    return isChildLinked(tree, parent, left, right) || isChildLinked(tree, parent, right, left);
  }

  private static boolean isChildLinked(
      RatchetTree tree, ParentNode parent, int child, int sibling) {
    var hash =
        RatchetTree.parentHash(
            parent, tree.originalTreeHash(sibling, Set.copyOf(parent.unmergedLeaves())));
    var resolution = tree.resolution(child);
    for (var node : resolution) {
      var stored = storedParentHash(tree.node(node));
      if (stored != null && hash.equals(stored)) {
        var others = new HashSet<>(resolution);
        others.remove(node);
        return others.equals(unmergedBelow(parent.unmergedLeaves(), child));
      }
    }
    return false;
  }

  private static Set<Integer> unmergedBelow(List<Integer> unmerged, int node) {
    var out = new HashSet<Integer>();
    for (var leaf : unmerged) {
      if (leaf >= TreeMath.firstLeaf(node) && leaf < TreeMath.lastLeaf(node)) {
        out.add(2 * leaf);
      }
    }
    return out;
  }

  private static @Nullable Bytes storedParentHash(@Nullable TreeNode node) {
    return switch (node) {
      case null -> null;
      case ParentNode parent -> parent.parentHash();
      case LeafNode leaf ->
          leaf.source() instanceof LeafNode.Source.FromCommit(Bytes hash) ? hash : null;
    };
  }
}
