package crypho.mls;

import static crypho.mls.Vectors.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/// The MLS working group's vectors, see vectors/mls/SOURCE.md.
final class VectorsTest {
  /// Suites whose hash is SHA-256, and so whose tree hashes we can reckon.
  private static final Set<Integer> SHA256_SUITES = Set.of(1, 2, 3);

  @Test
  void cryptoBasics() throws IOException, GeneralSecurityException {
    var vector = Vectors.ours("crypto-basics.json").getFirst();
    var ref = vector.get("ref_hash");
    assertEquals(bytes(ref, "out"), Suite.refHash(ref.get("label").asText(), bytes(ref, "value")));
    var sign = vector.get("sign_with_label");
    var label = sign.get("label").asText();
    var content = bytes(sign, "content");
    assertTrue(Suite.verifyWithLabel(bytes(sign, "pub"), label, content, bytes(sign, "signature")));
    assertFalse(
        Suite.verifyWithLabel(bytes(sign, "pub"), label + "x", content, bytes(sign, "signature")));
    assertTrue(
        Suite.verifyWithLabel(
            bytes(sign, "pub"),
            label,
            content,
            MemberSuite.signWithLabel(bytes(sign, "priv"), label, content)));
    var expand = vector.get("expand_with_label");
    assertEquals(
        bytes(expand, "out"),
        MemberSuite.expandWithLabel(
            bytes(expand, "secret"),
            expand.get("label").asText(),
            bytes(expand, "context"),
            expand.get("length").asInt()));
    var derive = vector.get("derive_secret");
    assertEquals(
        bytes(derive, "out"),
        MemberSuite.deriveSecret(bytes(derive, "secret"), derive.get("label").asText()));
    var tree = vector.get("derive_tree_secret");
    assertEquals(
        bytes(tree, "out"),
        MemberSuite.expandWithLabel(
            bytes(tree, "secret"),
            tree.get("label").asText(),
            Writer.bytes(out -> out.u32(tree.get("generation").asLong())),
            tree.get("length").asInt()));
  }

  @Test
  void deserialization() throws IOException, DecodeException {
    for (var vector : Vectors.all("deserialization.json")) {
      var header = bytes(vector, "vlbytes_header");
      var in = new Reader(header.toArray());
      var length = in.length("vlbytes");
      in.finish("vlbytes");
      assertEquals(vector.get("length").asInt(), length);
      assertEquals(header, Writer.bytes(out -> out.length(length)));
    }
  }

  @Test
  void messages() throws IOException, DecodeException {
    for (var vector : Vectors.all("messages.json")) {
      for (var name :
          List.of(
              "mls_welcome",
              "mls_group_info",
              "mls_key_package",
              "public_message_application",
              "public_message_proposal",
              "public_message_commit",
              "private_message")) {
        var message = bytes(vector, name);
        assertEquals(message, MlsMessage.decode(message).encode(), name);
      }
      proposals(vector);
      again(bytes(vector, "commit"), in -> MessageCodec.readCommit(in), MessageCodec::writeCommit);
      again(bytes(vector, "ratchet_tree"), TreeCodec::readTree, TreeCodec::writeTree);
      again(bytes(vector, "group_secrets"), VectorsTest::readGroupSecrets, Writer::raw);
    }
  }

  private static void proposals(JsonNode vector) throws DecodeException {
    var types =
        List.of(
            "add_proposal",
            "update_proposal",
            "remove_proposal",
            "pre_shared_key_proposal",
            "re_init_proposal",
            "external_init_proposal",
            "group_context_extensions_proposal");
    for (var i = 0; i < types.size(); i++) {
      var type = i + 1;
      var body = bytes(vector, types.get(i));
      var whole = Writer.bytes(out -> out.u16(type).raw(body));
      again(whole, MessageCodec::readProposal, MessageCodec::writeProposal);
    }
  }

  /// `GroupSecrets` (RFC 9420 §12.4.3.1) are sealed to members: read here, never by the server.
  private static Bytes readGroupSecrets(Reader in) throws DecodeException {
    var joiner = in.opaque("joiner_secret", MlsLimits.DIGEST_BYTES_MAX);
    var path = in.present("path_secret") ? in.opaque("path_secret", 255) : null;
    var psks = in.vector("psks", 100, MessageCodec::readPsk);
    return Writer.bytes(out -> {
      out.opaque(joiner).present(path != null);
      if (path != null) {
        out.opaque(path);
      }
      out.vector(psks, MessageCodec::writePsk);
    });
  }

  private static <T> void again(Bytes input, Reader.Element<T> read, BiConsumer<Writer, T> write)
      throws DecodeException {
    var in = new Reader(input.toArray());
    var value = read.read(in);
    in.finish("vector");
    assertEquals(input, Writer.bytes(out -> write.accept(out, value)));
  }

  @Test
  void treeMath() throws IOException {
    for (var vector : Vectors.all("tree-math.json")) {
      var leaves = vector.get("n_leaves").asInt();
      var root = vector.get("root").asInt();
      assertEquals(vector.get("n_nodes").asInt(), TreeMath.nodeCount(leaves));
      assertEquals(root, TreeMath.root(leaves));
      for (var node = 0; node < TreeMath.nodeCount(leaves); node++) {
        place(vector.get("left").get(node), node, TreeMath::left);
        place(vector.get("right").get(node), node, TreeMath::right);
        place(vector.get("parent").get(node), node, TreeMath::parent);
        place(vector.get("sibling").get(node), node, TreeMath::sibling);
      }
    }
  }

  private static void place(JsonNode expected, int node, IntUnaryOperator actual) {
    if (!expected.isNull()) {
      assertEquals(expected.asInt(), actual.applyAsInt(node));
    }
  }

  @Test
  void treeOperations() throws IOException, DecodeException {
    for (var vector : Vectors.ours("tree-operations.json")) {
      var before = RatchetTree.decode(bytes(vector, "tree_before"));
      assertEquals(bytes(vector, "tree_hash_before"), before.treeHash());
      var proposal = MessageCodec.readProposal(new Reader(bytes(vector, "proposal").toArray()));
      var after =
          switch (proposal) {
            case Proposal.Add add -> before.with(List.of(add.keyPackage().leafNode())).tree();
            case Proposal.Remove remove -> before.without(List.of((int) remove.removed()));
            case Proposal.Update update ->
                before.withUpdated(vector.get("proposal_sender").asInt(), update.leafNode());
            default -> throw new AssertionError(proposal);
          };
      assertEquals(bytes(vector, "tree_after"), after.encode());
      assertEquals(bytes(vector, "tree_hash_after"), after.treeHash());
    }
  }

  @Test
  void treeValidation() throws IOException, DecodeException {
    var judged = 0;
    for (var vector : Vectors.all("tree-validation.json")) {
      var encoded = bytes(vector, "tree");
      var tree = RatchetTree.decode(encoded);
      assertEquals(encoded, tree.encode());
      for (var node = 0; node < tree.nodeCount(); node++) {
        var expected =
            Vectors.elements(vector.get("resolutions").get(node)).stream()
                .map(JsonNode::asInt)
                .toList();
        assertEquals(expected, tree.resolution(node));
      }
      var suite = vector.get("cipher_suite").asInt();
      if (SHA256_SUITES.contains(suite)) {
        var hashes = tree.treeHashes();
        for (var node = 0; node < tree.nodeCount(); node++) {
          assertEquals(bytes(vector.get("tree_hashes").get(node)), hashes.get(node));
        }
        assertNull(TreeRules.structuralDefect(tree));
      }
      if (suite == Suite.CODE) {
        assertNull(TreeRules.defect(tree, bytes(vector, "group_id")));
        assertEquals(
            "a leaf's signature is wrong", TreeRules.defect(tree, Bytes.fromHex("00")), "bound");
        judged++;
      }
    }
    assertEquals(14, judged);
  }

  @Test
  void transcriptHashes() throws IOException, DecodeException {
    var judged = 0;
    for (var vector : Vectors.all("transcript-hashes.json")) {
      if (!SHA256_SUITES.contains(vector.get("cipher_suite").asInt())) {
        continue;
      }
      var in = new Reader(bytes(vector, "authenticated_content").toArray());
      var wireFormat = in.u16("wire_format");
      var content = MessageCodec.readFramedContent(in);
      var signature = in.opaque("signature", MlsLimits.SIGNATURE_BYTES_MAX);
      var tag = in.opaque("confirmation_tag", MlsLimits.DIGEST_BYTES_MAX);
      in.finish("authenticated_content");
      var confirmed =
          TranscriptHash.confirmed(
              bytes(vector, "interim_transcript_hash_before"), wireFormat, content, signature);
      assertEquals(bytes(vector, "confirmed_transcript_hash_after"), confirmed);
      assertEquals(
          bytes(vector, "interim_transcript_hash_after"), TranscriptHash.interim(confirmed, tag));
      judged++;
    }
    assertEquals(3, judged);
  }
}
