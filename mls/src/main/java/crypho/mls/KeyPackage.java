package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// What a device leaves behind so that it can be added while it is away (RFC 9420 §10). Parsed, not
/// checked: [KeyPackageRules] checks.
public record KeyPackage(
    int version,
    int cipherSuite,
    Bytes initKey,
    LeafNode leafNode,
    List<Extension> extensions,
    Bytes signature)
    implements MlsMessage {

  public boolean isLastResort() {
    return Extension.find(extensions, Extension.LAST_RESORT) != null;
  }
}
