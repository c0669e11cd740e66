package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What must hold of a leaf wherever it comes from (RFC 9420 §7.3), whose it is aside.
final class LeafRules {
  private LeafRules() {}

  /// What is wrong with `leaf` in a group with these context extensions, or null.
  static @Nullable String defect(LeafNode leaf, List<Extension> groupExtensions) {
    var can = leaf.capabilities();
    if (leaf.encryptionKey().size() != Suite.PUBLIC_KEY_BYTES) {
      return "encryption key has another length";
    }
    if (leaf.signatureKey().size() != Suite.PUBLIC_KEY_BYTES) {
      return "signature key has another length";
    }
    if (!can.versions().contains(MlsMessage.VERSION_MLS10)
        || !can.cipherSuites().contains(Suite.CODE)
        || !can.credentials().contains(Credential.BASIC)) {
      return "does not support our version, suite or credential";
    }
    for (var extension : leaf.extensions()) {
      if (!extension.isDefault() && !can.extensions().contains(extension.type())) {
        return "carries an extension that it does not support";
      }
    }
    return missesRequired(can, groupExtensions) ? "lacks a required capability" : null;
  }

  /// `RequiredCapabilities` (RFC 9420 §11.1).
  private static boolean missesRequired(Capabilities can, List<Extension> groupExtensions) {
    var required = Extension.find(groupExtensions, Extension.REQUIRED_CAPABILITIES);
    if (required == null) {
      return false;
    }
    try {
      var in = Reader.of(required, "required_capabilities", MlsLimits.EXTENSION_BYTES_MAX);
      var extensions = TreeCodec.readCodes(in, "extension_types");
      var proposals = TreeCodec.readCodes(in, "proposal_types");
      var credentials = TreeCodec.readCodes(in, "credential_types");
      in.finish("required_capabilities");
      return !extensions.isWithin(can.extensions())
          || !proposals.isWithin(can.proposals())
          || !credentials.isWithin(can.credentials());
    } catch (DecodeException _) {
      return true;
    }
  }

  /// Whether the leaf is signed by its own key, for this place where it is bound to one.
  static boolean isSigned(LeafNode leaf, Bytes groupId, long leafIndex) {
    return Suite.verifyWithLabel(
        leaf.signatureKey(),
        "LeafNodeTBS",
        TreeCodec.leafNodeTbs(leaf, groupId, leafIndex),
        leaf.signature());
  }
}
