package crypho.mls;

import static crypho.mls.Vectors.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bouncycastle.mls.TreeKEM.TreeKEMPublicKey;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// passive-client-handling-commit.json: BouncyCastle follows with the member's secrets, and its
/// epoch authenticators are the vector's; we follow the public tree alone, and must have the same.
final class PassiveClientTest {
  @Test
  void treesAfterCommitsAreThoseOfAMember() throws IOException, DecodeException {
    var commits = 0;
    for (var vector : Vectors.ours("passive-client-handling-commit.json")) {
      var member = join(vector);
      assertEquals(
          bytes(vector, "initial_epoch_authenticator"), Bytes.wrap(member.getEpochAuthenticator()));
      var tree = RatchetTree.decode(BcDevice.bytes(member.getTree()));
      for (var epoch : Vectors.elements(vector.get("epochs"))) {
        var byRef = new HashMap<Bytes, PublicMessage>();
        for (var proposal : Vectors.elements(epoch.get("proposals"))) {
          var message = bytes(proposal);
          handle(member, message);
          var publicMessage = (PublicMessage) MlsMessage.decode(message);
          byRef.put(reference(publicMessage), publicMessage);
        }
        var commit = bytes(epoch, "commit");
        member = Objects.requireNonNull(handle(member, commit));
        assertEquals(
            bytes(epoch, "epoch_authenticator"), Bytes.wrap(member.getEpochAuthenticator()));
        tree = follow(tree, (PublicMessage) MlsMessage.decode(commit), byRef);
        assertEquals(BcDevice.bytes(member.getTree()), tree.encode());
        assertNull(TreeRules.defect(tree, Bytes.wrap(member.getGroupID())));
        commits++;
      }
    }
    assertEquals(26, commits, "commits in the vectors of our suite");
  }

  private static Group handle(Group member, Bytes message) {
    return BcDevice.tried(() -> member.handle(message.toArray(), null));
  }

  /// `ProposalRef` (RFC 9420 §5.2) over AuthenticatedContent.
  private static Bytes reference(PublicMessage message) {
    return Suite.refHash(
        "MLS 1.0 Proposal Reference",
        Writer.bytes(out -> {
          out.u16(MlsMessage.PUBLIC_MESSAGE);
          MessageCodec.writeFramedContent(out, message.content());
          out.opaque(message.signature());
        }));
  }

  private static RatchetTree follow(
      RatchetTree before, PublicMessage message, Map<Bytes, PublicMessage> byRef)
      throws DecodeException {
    var commit = (Commit) message.content().content();
    var tree = before;
    var removed = new ArrayList<Integer>();
    var added = new ArrayList<LeafNode>();
    for (var entry : commit.proposals()) {
      var sender = message.content().sender();
      if (entry instanceof ProposalOrRef.Reference reference) {
        var referred = Objects.requireNonNull(byRef.get(reference.hash()));
        sender = referred.content().sender();
        entry = (Proposal) referred.content().content();
      }
      switch (entry) {
        case Proposal.Add add -> added.add(add.keyPackage().leafNode());
        case Proposal.Remove remove -> removed.add((int) remove.removed());
        case Proposal.Update update ->
            tree = tree.withUpdated((int) ((Sender.Member) sender).leafIndex(), update.leafNode());
        default -> {}
      }
    }
    var grown = tree.without(removed).with(added);
    var path = commit.path();
    if (path == null) {
      return grown.tree();
    }
    if (message.content().sender() instanceof Sender.Member member) {
      return grown.tree().withPath((int) member.leafIndex(), path, new HashSet<>(grown.places()));
    }
    var joined = grown.tree().with(List.of(path.leafNode()));
    return joined.tree().withPath(joined.places().getFirst(), path, new HashSet<>());
  }

  private static Group join(JsonNode vector) {
    return BcDevice.tried(() -> {
      var suite = BcDevice.suite();
      var psks = new HashMap<Secret, byte[]>();
      for (var psk : Vectors.elements(vector.get("external_psks"))) {
        psks.put(new Secret(bytes(psk, "psk_id").toArray()), bytes(psk, "psk").toArray());
      }
      var keyPackage = message(vector, "key_package").keyPackage;
      var encryption = bytes(vector, "encryption_priv").toArray();
      return new Group(
          bytes(vector, "init_priv").toArray(),
          suite
              .getHPKE()
              .deserializePrivateKey(encryption, keyPackage.getLeafNode().getEncryptionKey()),
          bytes(vector, "signature_priv").toArray(),
          keyPackage,
          message(vector, "welcome").welcome,
          tree(vector),
          psks,
          new HashMap<>());
    });
  }

  private static MLSMessage message(JsonNode vector, String field) throws IOException {
    return (MLSMessage) MLSInputStream.decode(bytes(vector, field).toArray(), MLSMessage.class);
  }

  private static @Nullable TreeKEMPublicKey tree(JsonNode vector) throws IOException {
    if (vector.get("ratchet_tree").isNull()) {
      return null;
    }
    var tree =
        (TreeKEMPublicKey)
            MLSInputStream.decode(bytes(vector, "ratchet_tree").toArray(), TreeKEMPublicKey.class);
    tree.setSuite(BcDevice.suite());
    tree.setHashAll();
    return tree;
  }
}
