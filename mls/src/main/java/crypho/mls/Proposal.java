package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// A proposed change (RFC 9420 §12.1). Unknown types have no length and cannot be skipped, so the
/// parser refuses them.
public sealed interface Proposal extends FramedContent.Content, ProposalOrRef {
  int ADD = 1;
  int UPDATE = 2;
  int REMOVE = 3;
  int PSK = 4;
  int REINIT = 5;
  int EXTERNAL_INIT = 6;
  int GROUP_CONTEXT_EXTENSIONS = 7;

  record Add(KeyPackage keyPackage) implements Proposal {}

  record Update(LeafNode leafNode) implements Proposal {}

  /// `removed` is the leaf index as claimed, unsigned 32 bits.
  record Remove(long removed) implements Proposal {}

  record PreSharedKey(PreSharedKeyId psk) implements Proposal {}

  record ReInit(Bytes groupId, int version, int cipherSuite, List<Extension> extensions)
      implements Proposal {}

  record ExternalInit(Bytes kemOutput) implements Proposal {}

  record GroupContextExtensions(List<Extension> extensions) implements Proposal {}

  /// The registry code.
  default int type() {
    return switch (this) {
      case Add _ -> ADD;
      case Update _ -> UPDATE;
      case Remove _ -> REMOVE;
      case PreSharedKey _ -> PSK;
      case ReInit _ -> REINIT;
      case ExternalInit _ -> EXTERNAL_INIT;
      case GroupContextExtensions _ -> GROUP_CONTEXT_EXTENSIONS;
    };
  }
}
