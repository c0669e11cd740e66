package crypho.client.mls;

import crypho.base.Bytes;
import crypho.base.Rng;
import crypho.client.message.EpochKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.TreeKEM.TreeKEMPublicKey;
import org.bouncycastle.mls.codec.GroupInfo;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.MLSOutputStream;
import org.bouncycastle.mls.codec.Proposal;
import org.bouncycastle.mls.codec.WireFormat;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;
import org.jspecify.annotations.Nullable;

/// A group at one epoch. Immutable: every step gives the next one, and a commit of one's own counts
/// only once the server has taken it. All bytes are whole MLSMessages.
public final class MlsGroup {
  private static final int SECRET_BYTES = 32;

  private final Group group;
  private final Rng rng;

  /// A commit that the server has not seen yet. `welcome` is empty where nobody is added.
  public record Pending(MlsGroup next, Bytes commit, Bytes welcome, Bytes groupInfo) {}

  MlsGroup(Group group, Rng rng) {
    this.group = group;
    this.rng = rng;
  }

  public long epoch() {
    return group.getEpoch();
  }

  public Bytes groupInfo() throws MlsException {
    try {
      return Bytes.wrap(MLSOutputStream.encode(group.getGroupInfo(true)));
    } catch (Exception e) {
      throw new MlsException("making a GroupInfo", e);
    }
  }

  /// The exporter secret that all keys of the epoch come from.
  public byte[] exported() throws MlsException {
    try {
      return group
          .getKeySchedule()
          .MLSExporter(EpochKeys.EXPORTER_LABEL, new byte[0], EpochKeys.EXPORTED_BYTES);
    } catch (IOException e) {
      throw new MlsException("exporting", e);
    }
  }

  public List<Leaf> members() throws MlsException {
    return members(group.getTree());
  }

  public int ownIndex() {
    return group.getIndex().value();
  }

  /// Adds and removes in one commit; without either, it only turns the epoch.
  public Pending commit(Collection<Bytes> keyPackages, Collection<Leaf> removed)
      throws MlsException {
    try {
      var proposals = new ArrayList<Proposal>();
      for (var leaf : removed) {
        proposals.add(Proposal.remove(new LeafIndex(leaf.index())));
      }
      for (var each : keyPackages) {
        proposals.add(Proposal.add(message(each.toArray()).keyPackage));
      }
      var next =
          group.commit(
              new Secret(rng.bytes(SECRET_BYTES)),
              new Group.CommitOptions(proposals, true, true, new Group.LeafNodeOptions()),
              new Group.MessageOptions(),
              new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS));
      return pending(next, !keyPackages.isEmpty(), rng);
    } catch (Exception e) {
      throw new MlsException("committing", e);
    }
  }

  /// The group after someone else's commit.
  public MlsGroup process(byte[] commit) throws MlsException {
    try {
      var next = group.handle(commit, null);
      if (next == null) {
        throw new MlsException("not a commit");
      }
      return new MlsGroup(next, rng);
    } catch (MlsException e) {
      throw e;
    } catch (Exception e) {
      throw new MlsException("processing a commit", e);
    }
  }

  /// @param adds where it does not, the library makes a Welcome for nobody all the same
  static Pending pending(Group.GroupWithMessage next, boolean adds, Rng rng) throws Exception {
    var welcome = Bytes.EMPTY;
    if (adds) {
      var wrapped = new MLSMessage(WireFormat.mls_welcome);
      wrapped.welcome = next.message.welcome;
      welcome = Bytes.wrap(MLSOutputStream.encode(wrapped));
    }
    var group = new MlsGroup(next.group, rng);
    return new Pending(
        group, Bytes.wrap(MLSOutputStream.encode(next.message)), welcome, group.groupInfo());
  }

  static MLSMessage message(byte[] bytes) throws IOException {
    return (MLSMessage) MLSInputStream.decode(bytes, MLSMessage.class);
  }

  /// The leaf of a device that joins again, which its external commit removes.
  static @Nullable LeafIndex find(GroupInfo groupInfo, byte[] identity) throws Exception {
    for (var extension : groupInfo.getExtensions()) {
      var tree = extension.getRatchetTree();
      if (tree != null) {
        for (var i = 0; i < tree.getSize().leafCount(); i++) {
          var index = new LeafIndex(i);
          if (tree.hasLeaf(index)
              && Arrays.equals(tree.getLeafNode(index).getCredential().getIdentity(), identity)) {
            return index;
          }
        }
      }
    }
    return null;
  }

  private static List<Leaf> members(TreeKEMPublicKey tree) throws MlsException {
    var found = new ArrayList<Leaf>();
    for (var i = 0; i < tree.getSize().leafCount(); i++) {
      var index = new LeafIndex(i);
      if (tree.hasLeaf(index)) {
        var leaf = tree.getLeafNode(index);
        found.add(Leaf.parse(i, leaf.getCredential().getIdentity(), leaf.getSignatureKey()));
      }
    }
    return List.copyOf(found);
  }
}
