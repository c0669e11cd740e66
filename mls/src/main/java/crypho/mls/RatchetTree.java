package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.base.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The public half of a group's ratchet tree (RFC 9420 §4, §7). Immutable: each change gives
/// another tree. Nothing here recurses; the depth is at most eleven.
public final class RatchetTree {
  /// A tree and where the added leaves came to stand, in the order of their proposals.
  record WithAdded(RatchetTree tree, List<Integer> places) {}

  /// A node of a path with the child that is not on it.
  record Step(int node, int copathChild) {}

  /// A full tree: one less than twice a power of two.
  private final @Nullable TreeNode[] nodes;

  private RatchetTree(@Nullable TreeNode[] nodes) {
    this.nodes = nodes;
  }

  /// `nodes` as they stand in a `ratchet_tree` extension, at most [MlsLimits#NODES_MAX]. The parser
  /// has seen to it that leaves stand at even places.
  static RatchetTree of(List<@Nullable TreeNode> nodes) {
    var leaves = 1;
    while (TreeMath.nodeCount(leaves) < nodes.size()) {
      leaves *= 2;
    }
    return new RatchetTree(nodes.toArray(new @Nullable TreeNode[TreeMath.nodeCount(leaves)]));
  }

  /// Leaves of the full tree, blank ones included.
  public int width() {
    return (nodes.length + 1) / 2;
  }

  int nodeCount() {
    return nodes.length;
  }

  @Nullable TreeNode node(int place) {
    return nodes[place];
  }

  /// The leaf with the index that somebody claimed, or null where it is blank or outside the tree.
  public @Nullable LeafNode leaf(long index) {
    return index >= 0 && index < width() ? (LeafNode) nodes[(int) index * 2] : null;
  }

  private @Nullable ParentNode parentNode(int place) {
    return (ParentNode) nodes[place];
  }

  /// Leaves that are not blank.
  public int memberCount() {
    var count = 0;
    for (var place = 0; place < nodes.length; place += 2) {
      count += nodes[place] == null ? 0 : 1;
    }
    return count;
  }

  /// Nodes up to the last that is not blank.
  int trimmedSize() {
    var size = nodes.length;
    while (size > 0 && nodes[size - 1] == null) {
      size--;
    }
    return size;
  }

  /// The content of a `ratchet_tree` extension (RFC 9420 §12.4.3.3).
  public Bytes encode() {
    return Writer.bytes(out -> TreeCodec.writeTree(out, this));
  }

  static RatchetTree decode(Bytes input) throws DecodeException {
    var in = Reader.of(input, "ratchet_tree", MlsLimits.GROUP_INFO_BYTES_MAX);
    var tree = TreeCodec.readTree(in);
    in.finish("ratchet_tree");
    return tree;
  }

  // Changes, in the order in which a commit applies them (RFC 9420 §12.3).

  /// Replaces a leaf and blanks its path (RFC 9420 §12.1.2). Our rules refuse such proposals; the
  /// tree knows them so that it can be judged by the working group's vectors.
  RatchetTree withUpdated(int index, LeafNode leaf) {
    var changed = nodes.clone();
    changed[2 * index] = leaf;
    blankDirectPath(changed, index);
    return new RatchetTree(changed);
  }

  /// Blanks leaves and their paths, then halves the tree while its right half is empty (RFC 9420
  /// §12.1.3, §7.8).
  RatchetTree without(Collection<Integer> removed) {
    var changed = nodes.clone();
    for (var index : removed) {
      changed[2 * index] = null;
      blankDirectPath(changed, index);
    }
    var width = width();
    while (width > 1 && isBlank(changed, width, TreeMath.nodeCount(width))) {
      width /= 2;
    }
    return new RatchetTree(Arrays.copyOf(changed, TreeMath.nodeCount(width)));
  }

  private static boolean isBlank(@Nullable TreeNode[] nodes, int from, int to) {
    for (var place = from; place < to; place++) {
      if (nodes[place] != null) {
        return false;
      }
    }
    return true;
  }

  private static void blankDirectPath(@Nullable TreeNode[] nodes, int index) {
    var root = TreeMath.root((nodes.length + 1) / 2);
    for (var node = 2 * index; node != root; ) {
      node = TreeMath.parent(node);
      nodes[node] = null;
    }
  }

  /// Puts each leaf at the leftmost blank place, doubling the tree where there is none, and notes
  /// it as unmerged on its path (RFC 9420 §12.1.1).
  WithAdded with(List<LeafNode> added) {
    var changed = nodes.clone();
    var places = new ArrayList<Integer>(added.size());
    var index = 0;
    for (var leaf : added) {
      while (2 * index < changed.length && changed[2 * index] != null) {
        index++;
      }
      if (2 * index >= changed.length) {
        changed = Arrays.copyOf(changed, 2 * changed.length + 1);
        Invariant.check(changed.length <= MlsLimits.NODES_MAX, "a tree within its limit");
      }
      changed[2 * index] = leaf;
      noteUnmerged(changed, index);
      places.add(index);
    }
    return new WithAdded(new RatchetTree(changed), List.copyOf(places));
  }

  private static void noteUnmerged(@Nullable TreeNode[] nodes, int index) {
    var root = TreeMath.root((nodes.length + 1) / 2);
    for (var node = 2 * index; node != root; ) {
      node = TreeMath.parent(node);
      if (nodes[node] instanceof ParentNode parent) {
        var unmerged = new ArrayList<>(parent.unmergedLeaves());
        unmerged.add(index);
        unmerged.sort(null);
        nodes[node] =
            new ParentNode(parent.encryptionKey(), parent.parentHash(), List.copyOf(unmerged));
      }
    }
  }

  /// Puts a committer's new keys on its path (RFC 9420 §7.5, §12.4.2). `newLeaves` are those that
  /// the same commit added: their path secrets come by Welcome.
  ///
  /// @throws DecodeException where the path does not fit the tree
  RatchetTree withPath(int index, UpdatePath path, Set<Integer> newLeaves) throws DecodeException {
    var steps = filteredDirectPath(index);
    if (path.nodes().size() != steps.size()) {
      throw misfit("has " + path.nodes().size() + " nodes instead of " + steps.size());
    }
    for (var i = 0; i < steps.size(); i++) {
      var wanted = resolution(steps.get(i).copathChild());
      wanted.removeIf(node -> TreeMath.isLeaf(node) && newLeaves.contains(node / 2));
      if (path.nodes().get(i).encryptedPathSecrets().size() != wanted.size()) {
        throw misfit("does not seal its secret to exactly the nodes below node " + i);
      }
    }
    var hashes = treeHashes();
    var changed = nodes.clone();
    blankDirectPath(changed, index);
    var parentHash = Bytes.EMPTY;
    for (var i = steps.size() - 1; i >= 0; i--) {
      var step = steps.get(i);
      var fresh = new ParentNode(path.nodes().get(i).encryptionKey(), parentHash, List.of());
      changed[step.node()] = fresh;
      parentHash = parentHash(fresh, hashes.get(step.copathChild()));
    }
    if (!(path.leafNode().source() instanceof LeafNode.Source.FromCommit made)
        || !made.parentHash().equals(parentHash)) {
      throw misfit("leaf has another parent hash");
    }
    changed[2 * index] = path.leafNode();
    return new RatchetTree(changed);
  }

  private static DecodeException misfit(String why) {
    return new DecodeException("path", 0, why);
  }

  // What can be reckoned from a tree.

  /// The nodes from a leaf's parent to the root, without those whose other child has nobody below
  /// (RFC 9420 §4.1.2).
  List<Step> filteredDirectPath(int index) {
    var out = new ArrayList<Step>();
    for (var node = 2 * index; node != TreeMath.root(width()); node = TreeMath.parent(node)) {
      var copathChild = TreeMath.sibling(node);
      if (!resolution(copathChild).isEmpty()) {
        out.add(new Step(TreeMath.parent(node), copathChild));
      }
    }
    return out;
  }

  /// The nodes that together cover everybody below `node` (RFC 9420 §4.1.1), in order.
  List<Integer> resolution(int node) {
    var out = new ArrayList<Integer>();
    var open = new ArrayDeque<Integer>();
    open.push(node);
    while (!open.isEmpty()) {
      var each = (int) open.pop();
      var found = nodes[each];
      if (found != null) {
        out.add(each);
        if (found instanceof ParentNode parent) {
          parent.unmergedLeaves().forEach(leaf -> out.add(2 * leaf));
        }
      } else if (!TreeMath.isLeaf(each)) {
        open.push(TreeMath.right(each));
        open.push(TreeMath.left(each));
      }
    }
    return out;
  }

  public Bytes treeHash() {
    return treeHashes().get(TreeMath.root(width()));
  }

  /// The tree hash below each node (RFC 9420 §7.8).
  List<Bytes> treeHashes() {
    return hashesBelow(TreeMath.root(width()), Set.of());
  }

  /// The hash below `top` as it was before the `absent` leaves were added: the "original" tree hash
  /// that parent hashes cover (RFC 9420 §7.9).
  Bytes originalTreeHash(int top, Set<Integer> absent) {
    return hashesBelow(top, absent).get(top - 2 * TreeMath.firstLeaf(top));
  }

  /// Level by level from the leaves; the result starts with the leftmost node below `top`.
  private List<Bytes> hashesBelow(int top, Set<Integer> absent) {
    var first = 2 * TreeMath.firstLeaf(top);
    var count = TreeMath.nodeCount(1 << TreeMath.level(top));
    var hashes = new Bytes[count];
    for (var place = 0; place < count; place += 2) {
      hashes[place] = leafHash((first + place) / 2, absent);
    }
    for (var level = 1; level <= TreeMath.level(top); level++) {
      for (var place = (1 << level) - 1; place < count; place += 2 << level) {
        var node = first + place;
        hashes[place] =
            parentTreeHash(
                parentNode(node),
                hashes[TreeMath.left(node) - first],
                hashes[TreeMath.right(node) - first],
                absent);
      }
    }
    return List.of(hashes);
  }

  private Bytes leafHash(int index, Set<Integer> absent) {
    var leaf = absent.contains(index) ? null : leaf(index);
    return Suite.hash(
        Writer.bytes(out -> {
          out.u8(TreeNode.LEAF).u32(index).present(leaf != null);
          if (leaf != null) {
            TreeCodec.writeLeafNode(out, leaf);
          }
        }));
  }

  private static Bytes parentTreeHash(
      @Nullable ParentNode parent, Bytes left, Bytes right, Set<Integer> absent) {
    return Suite.hash(
        Writer.bytes(out -> {
          out.u8(TreeNode.PARENT).present(parent != null);
          if (parent != null) {
            TreeCodec.writeParentNode(out, withoutUnmerged(parent, absent));
          }
          out.opaque(left).opaque(right);
        }));
  }

  private static ParentNode withoutUnmerged(ParentNode parent, Set<Integer> absent) {
    if (absent.isEmpty()) {
      return parent;
    }
    var unmerged = parent.unmergedLeaves().stream().filter(leaf -> !absent.contains(leaf)).toList();
    return new ParentNode(parent.encryptionKey(), parent.parentHash(), unmerged);
  }

  /// `ParentHashInput` (RFC 9420 §7.9).
  static Bytes parentHash(ParentNode parent, Bytes originalSiblingTreeHash) {
    return Suite.hash(
        Writer.bytes(out ->
            out.opaque(parent.encryptionKey())
                .opaque(parent.parentHash())
                .opaque(originalSiblingTreeHash)));
  }

  /// All public encryption keys; fewer than nodes where one occurs twice.
  Set<Bytes> encryptionKeys() {
    var keys = new HashSet<Bytes>();
    for (var node : nodes) {
      if (node != null) {
        keys.add(node.encryptionKey());
      }
    }
    return keys;
  }

  int occupiedCount() {
    var count = 0;
    for (var node : nodes) {
      count += node == null ? 0 : 1;
    }
    return count;
  }
}
