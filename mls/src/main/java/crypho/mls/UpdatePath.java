package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// New keys from the committer's leaf up to the root (RFC 9420 §7.6).
public record UpdatePath(LeafNode leafNode, List<Node> nodes) {
  public record Node(Bytes encryptionKey, List<HpkeCiphertext> encryptedPathSecrets) {}
}
