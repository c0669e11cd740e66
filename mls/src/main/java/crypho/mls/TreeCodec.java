package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads and writes what the tree is made of: leaves, parents, key packages (RFC 9420 §7, §10).
final class TreeCodec {
  private TreeCodec() {}

  static Credential readCredential(Reader in) throws DecodeException {
    return switch (in.u16("credential_type")) {
      case Credential.BASIC ->
          new Credential.Basic(in.opaque("identity", MlsLimits.IDENTITY_BYTES_MAX));
      case Credential.X509 ->
          new Credential.X509Chain(
              in.vector(
                  "certificates",
                  MlsLimits.CERTIFICATES_MAX,
                  each -> each.opaque("cert_data", MlsLimits.CERTIFICATE_BYTES_MAX)));
      default -> throw in.fault("credential_type", "unknown");
    };
  }

  static void writeCredential(Writer out, Credential credential) {
    switch (credential) {
      case Credential.Basic basic -> out.u16(Credential.BASIC).opaque(basic.identity());
      case Credential.X509Chain chain ->
          out.u16(Credential.X509).vector(chain.certificates(), Writer::opaque);
    }
  }

  static CodeList readCodes(Reader in, String where) throws DecodeException {
    var codes = in.opaque(where, MlsLimits.CAPABILITY_BYTES_MAX);
    if (codes.size() % 2 != 0) {
      throw in.fault(where, "half a code");
    }
    return new CodeList(codes);
  }

  private static Capabilities readCapabilities(Reader in) throws DecodeException {
    return new Capabilities(
        readCodes(in, "capabilities.versions"),
        readCodes(in, "capabilities.cipher_suites"),
        readCodes(in, "capabilities.extensions"),
        readCodes(in, "capabilities.proposals"),
        readCodes(in, "capabilities.credentials"));
  }

  private static void writeCapabilities(Writer out, Capabilities capabilities) {
    out.opaque(capabilities.versions().codes())
        .opaque(capabilities.cipherSuites().codes())
        .opaque(capabilities.extensions().codes())
        .opaque(capabilities.proposals().codes())
        .opaque(capabilities.credentials().codes());
  }

  /// At most one of each type (RFC 9420 §13.4).
  static List<Extension> readExtensions(Reader in, int extensionBytesMax) throws DecodeException {
    var seen = new HashSet<Integer>();
    return in.vector(
        "extensions",
        MlsLimits.EXTENSIONS_MAX,
        each -> {
          var type = each.u16("extension_type");
          if (!seen.add(type)) {
            throw each.fault("extension_type", "occurs twice");
          }
          return new Extension(type, each.opaque("extension_data", extensionBytesMax));
        });
  }

  static List<Extension> readExtensions(Reader in) throws DecodeException {
    return readExtensions(in, MlsLimits.EXTENSION_BYTES_MAX);
  }

  static void writeExtensions(Writer out, List<Extension> extensions) {
    out.vector(extensions, (each, value) -> each.u16(value.type()).opaque(value.data()));
  }

  private static LeafNode.Source readSource(Reader in) throws DecodeException {
    return switch (in.u8("leaf_node_source")) {
      case LeafNode.Source.KEY_PACKAGE ->
          new LeafNode.Source.FromKeyPackage(
              new Lifetime(in.u64("not_before"), in.u64("not_after")));
      case LeafNode.Source.UPDATE -> new LeafNode.Source.FromUpdate();
      case LeafNode.Source.COMMIT ->
          new LeafNode.Source.FromCommit(in.opaque("parent_hash", MlsLimits.DIGEST_BYTES_MAX));
      default -> throw in.fault("leaf_node_source", "unknown");
    };
  }

  private static void writeSource(Writer out, LeafNode.Source source) {
    switch (source) {
      case LeafNode.Source.FromKeyPackage made ->
          out.u8(LeafNode.Source.KEY_PACKAGE)
              .u64(made.lifetime().notBefore())
              .u64(made.lifetime().notAfter());
      case LeafNode.Source.FromUpdate _ -> out.u8(LeafNode.Source.UPDATE);
      case LeafNode.Source.FromCommit made ->
          out.u8(LeafNode.Source.COMMIT).opaque(made.parentHash());
    }
  }

  static LeafNode readLeafNode(Reader in) throws DecodeException {
    return new LeafNode(
        in.opaque("encryption_key", MlsLimits.KEY_BYTES_MAX),
        in.opaque("signature_key", MlsLimits.KEY_BYTES_MAX),
        readCredential(in),
        readCapabilities(in),
        readSource(in),
        readExtensions(in),
        in.opaque("leaf_node.signature", MlsLimits.SIGNATURE_BYTES_MAX));
  }

  static void writeLeafNode(Writer out, LeafNode leaf) {
    writeLeafNodeUnsigned(out, leaf);
    out.opaque(leaf.signature());
  }

  private static void writeLeafNodeUnsigned(Writer out, LeafNode leaf) {
    out.opaque(leaf.encryptionKey()).opaque(leaf.signatureKey());
    writeCredential(out, leaf.credential());
    writeCapabilities(out, leaf.capabilities());
    writeSource(out, leaf.source());
    writeExtensions(out, leaf.extensions());
  }

  /// `LeafNodeTBS` (RFC 9420 §7.2): leaves from updates and commits are bound to their place.
  static Bytes leafNodeTbs(LeafNode leaf, Bytes groupId, long leafIndex) {
    return Writer.bytes(out -> {
      writeLeafNodeUnsigned(out, leaf);
      if (!(leaf.source() instanceof LeafNode.Source.FromKeyPackage)) {
        out.opaque(groupId).u32(leafIndex);
      }
    });
  }

  static KeyPackage readKeyPackage(Reader in) throws DecodeException {
    return new KeyPackage(
        in.u16("key_package.version"),
        in.u16("key_package.cipher_suite"),
        in.opaque("init_key", MlsLimits.KEY_BYTES_MAX),
        readLeafNode(in),
        readExtensions(in),
        in.opaque("key_package.signature", MlsLimits.SIGNATURE_BYTES_MAX));
  }

  static void writeKeyPackage(Writer out, KeyPackage keyPackage) {
    out.raw(keyPackageTbs(keyPackage)).opaque(keyPackage.signature());
  }

  /// `KeyPackageTBS` (RFC 9420 §10).
  static Bytes keyPackageTbs(KeyPackage keyPackage) {
    return Writer.bytes(out -> {
      out.u16(keyPackage.version()).u16(keyPackage.cipherSuite()).opaque(keyPackage.initKey());
      writeLeafNode(out, keyPackage.leafNode());
      writeExtensions(out, keyPackage.extensions());
    });
  }

  private static ParentNode readParentNode(Reader in) throws DecodeException {
    var encryptionKey = in.opaque("encryption_key", MlsLimits.KEY_BYTES_MAX);
    var parentHash = in.opaque("parent_hash", MlsLimits.DIGEST_BYTES_MAX);
    var content = in.nested("unmerged_leaves", 4 * (MlsLimits.NODES_MAX + 1) / 2);
    var unmerged = new ArrayList<Integer>(content.remaining() / 4);
    var last = -1L;
    while (content.remaining() > 0) {
      var leaf = content.u32("unmerged_leaves");
      if (leaf <= last || leaf > MlsLimits.NODES_MAX / 2) {
        throw content.fault("unmerged_leaves", "not increasing or out of range");
      }
      unmerged.add((int) leaf);
      last = leaf;
    }
    return new ParentNode(encryptionKey, parentHash, List.copyOf(unmerged));
  }

  static void writeParentNode(Writer out, ParentNode parent) {
    out.opaque(parent.encryptionKey())
        .opaque(parent.parentHash())
        .vector(parent.unmergedLeaves(), (each, leaf) -> each.u32(leaf));
  }

  /// `optional<Node> ratchet_tree<V>` (RFC 9420 §12.4.3.3): leaves stand at even places, the last
  /// node is not blank.
  static RatchetTree readTree(Reader in) throws DecodeException {
    var content = in.nested("ratchet_tree", MlsLimits.GROUP_INFO_BYTES_MAX);
    var nodes = new ArrayList<@Nullable TreeNode>();
    while (content.remaining() > 0) {
      if (nodes.size() == MlsLimits.NODES_MAX) {
        throw content.fault("ratchet_tree", "more than " + MlsLimits.NODES_MAX + " nodes");
      }
      nodes.add(content.present("ratchet_tree") ? readNode(content, nodes.size()) : null);
    }
    if (nodes.isEmpty() || nodes.getLast() == null) {
      throw content.fault("ratchet_tree", "empty, or ends in a blank node");
    }
    return RatchetTree.of(nodes);
  }

  private static TreeNode readNode(Reader in, int place) throws DecodeException {
    var type = in.u8("node_type");
    if (type != (place % 2 == 0 ? TreeNode.LEAF : TreeNode.PARENT)) {
      throw in.fault("node_type", "not what belongs at node " + place);
    }
    return place % 2 == 0 ? readLeafNode(in) : readParentNode(in);
  }

  /// Without the blank nodes at the right end.
  static void writeTree(Writer out, RatchetTree tree) {
    out.nested(content -> {
      for (var place = 0; place < tree.trimmedSize(); place++) {
        var node = tree.node(place);
        content.present(node != null);
        if (node != null) {
          writeNode(content, node);
        }
      }
    });
  }

  private static void writeNode(Writer out, TreeNode node) {
    switch (node) {
      case LeafNode leaf -> {
        out.u8(TreeNode.LEAF);
        writeLeafNode(out, leaf);
      }
      case ParentNode parent -> {
        out.u8(TreeNode.PARENT);
        writeParentNode(out, parent);
      }
    }
  }
}
