package crypho.mls;

import crypho.base.Invariant;

/// Places in a full binary tree kept in an array (RFC 9420 appendix C): leaves at even places, the
/// parent of a subtree between its halves.
final class TreeMath {
  private TreeMath() {}

  /// Nodes of a tree with `leaves` leaves.
  static int nodeCount(int leaves) {
    return leaves == 0 ? 0 : 2 * leaves - 1;
  }

  /// The height of a node above the leaves.
  static int level(int node) {
    return Integer.numberOfTrailingZeros(~node);
  }

  static int root(int leaves) {
    return leaves - 1;
  }

  static boolean isLeaf(int node) {
    return (node & 1) == 0;
  }

  static int left(int node) {
    Invariant.check(!isLeaf(node), "a leaf has no children");
    return node ^ 1 << (level(node) - 1);
  }

  static int right(int node) {
    Invariant.check(!isLeaf(node), "a leaf has no children");
    return node ^ 3 << (level(node) - 1);
  }

  static int parent(int node) {
    var level = level(node);
    return (node | 1 << level) & ~(1 << (level + 1));
  }

  static int sibling(int node) {
    var parent = parent(node);
    return node < parent ? right(parent) : left(parent);
  }

  /// The leaf index furthest left below `node`.
  static int firstLeaf(int node) {
    return (node - ((1 << level(node)) - 1)) / 2;
  }

  /// One past the leaf index furthest right below `node`.
  static int lastLeaf(int node) {
    return firstLeaf(node) + (1 << level(node));
  }
}
