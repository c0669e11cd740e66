package crypho.mls;

import crypho.base.Bytes;

/// A node of a group's tree that is not blank (RFC 9420 §4.1).
public sealed interface TreeNode permits LeafNode, ParentNode {
  int LEAF = 1;
  int PARENT = 2;

  Bytes encryptionKey();
}
