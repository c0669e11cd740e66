package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// One device in a group's tree (RFC 9420 §7.2).
public record LeafNode(
    Bytes encryptionKey,
    Bytes signatureKey,
    Credential credential,
    Capabilities capabilities,
    Source source,
    List<Extension> extensions,
    Bytes signature)
    implements TreeNode {

  /// What made this leaf.
  public sealed interface Source {
    int KEY_PACKAGE = 1;
    int UPDATE = 2;
    int COMMIT = 3;

    record FromKeyPackage(Lifetime lifetime) implements Source {}

    record FromUpdate() implements Source {}

    record FromCommit(Bytes parentHash) implements Source {}
  }
}
