package crypho.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.base.DeviceId;
import crypho.base.Invariant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the delivery service knows of a group in its current epoch: everything that is needed to
/// judge the next commit, and no secret. Immutable. Made by [CommitRules] or read back from
/// storage.
public final class DeliveryState {
  private static final int FORMAT = 1;

  private final GroupId groupId;
  private final GroupContext context;
  private final Bytes interimTranscriptHash;
  private final RatchetTree tree;
  private final List<RosterLeaf> roster;
  private final Map<DeviceId, RosterLeaf> byDevice;
  private final Set<DeviceId> pendingRemovals;

  private DeliveryState(
      GroupId groupId,
      GroupContext context,
      Bytes interimTranscriptHash,
      RatchetTree tree,
      List<RosterLeaf> roster,
      Collection<DeviceId> pendingRemovals) {
    this.groupId = groupId;
    this.context = context;
    this.interimTranscriptHash = interimTranscriptHash;
    this.tree = tree;
    this.roster = roster;
    this.byDevice = new HashMap<>();
    roster.forEach(leaf -> byDevice.put(leaf.member().device(), leaf));
    this.pendingRemovals =
        pendingRemovals.stream().filter(byDevice::containsKey).collect(Collectors.toSet());
    Invariant.check(byDevice.size() == roster.size(), "one leaf a device");
  }

  /// Pending removals of devices without a leaf are dropped.
  ///
  /// @throws DecodeException where a leaf has a foreign identity, or a device two leaves
  static DeliveryState of(
      GroupContext context,
      Bytes interimTranscriptHash,
      RatchetTree tree,
      Collection<DeviceId> pendingRemovals)
      throws DecodeException {
    return new DeliveryState(
        GroupId.parse(context.groupId()),
        context,
        interimTranscriptHash,
        tree,
        roster(tree),
        pendingRemovals);
  }

  private static List<RosterLeaf> roster(RatchetTree tree) throws DecodeException {
    var out = new ArrayList<RosterLeaf>();
    var seen = new TreeSet<String>();
    for (var index = 0; index < tree.width(); index++) {
      var leaf = tree.leaf(index);
      if (leaf != null) {
        var member = ClientIdentity.parse(leaf.credential()).member();
        if (!seen.add(member.device().hex())) {
          throw new DecodeException("roster", index, "a device has two leaves");
        }
        out.add(new RosterLeaf(index, member, leaf.signatureKey()));
      }
    }
    return List.copyOf(out);
  }

  public GroupId groupId() {
    return groupId;
  }

  public long epoch() {
    return context.epoch();
  }

  public GroupContext context() {
    return context;
  }

  Bytes interimTranscriptHash() {
    return interimTranscriptHash;
  }

  RatchetTree tree() {
    return tree;
  }

  /// Everybody in the group, by leaf index.
  public List<RosterLeaf> roster() {
    return roster;
  }

  /// Where a device stands, or null where it is not in the group.
  public @Nullable RosterLeaf leafOf(DeviceId device) {
    return byDevice.get(device);
  }

  public boolean contains(MemberId member) {
    var leaf = byDevice.get(member.device());
    return leaf != null && leaf.member().equals(member);
  }

  /// Accounts with at least one leaf.
  public Set<AccountId> accounts() {
    return roster.stream().map(leaf -> leaf.member().account()).collect(Collectors.toSet());
  }

  /// Devices that the next member's commit must remove.
  public Set<DeviceId> pendingRemovals() {
    return pendingRemovals;
  }

  /// Messages are refused while somebody is still in the group who must go.
  public boolean messagesAreBlocked() {
    return !pendingRemovals.isEmpty();
  }

  /// Notes devices that must go (unlinked); those without a leaf are ignored.
  public DeliveryState withPendingRemovals(Collection<DeviceId> devices) {
    var all = new TreeSet<DeviceId>((a, b) -> a.hex().compareTo(b.hex()));
    all.addAll(pendingRemovals);
    all.addAll(devices);
    return new DeliveryState(groupId, context, interimTranscriptHash, tree, roster, all);
  }

  /// Notes all devices of an account that left, was removed by decision, or was deleted.
  public DeliveryState withPendingRemoval(AccountId account) {
    return withPendingRemovals(
        roster.stream()
            .map(RosterLeaf::member)
            .filter(member -> member.account().equals(account))
            .map(MemberId::device)
            .toList());
  }

  /// A compact form for one database column. About 300 bytes a device.
  public Bytes encode() {
    return Writer.bytes(out -> {
      out.u8(FORMAT);
      MessageCodec.writeGroupContext(out, context);
      out.opaque(interimTranscriptHash);
      TreeCodec.writeTree(out, tree);
      out.vector(
          pendingRemovals.stream().map(DeviceId::hex).sorted().toList(),
          (each, hex) -> each.raw(Bytes.fromHex(hex)));
    });
  }

  public static DeliveryState decode(Bytes stored) throws DecodeException {
    var in = Reader.of(stored, "DeliveryState", MlsLimits.STATE_BYTES_MAX);
    if (in.u8("format") != FORMAT) {
      throw in.fault("format", "unknown");
    }
    var context = MessageCodec.readGroupContext(in);
    var interim = in.opaque("interim_transcript_hash", MlsLimits.DIGEST_BYTES_MAX);
    var tree = TreeCodec.readTree(in);
    var pending =
        in.vector(
            "pending_removals",
            MlsLimits.LEAVES_MAX,
            each -> new DeviceId(each.fixed("device", 8).toHex()));
    in.finish("DeliveryState");
    return of(context, interim, tree, pending);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DeliveryState that && encode().equals(that.encode());
  }

  @Override
  public int hashCode() {
    return context.hashCode();
  }

  @Override
  public String toString() {
    return "DeliveryState[epoch "
        + Long.toUnsignedString(epoch())
        + ", "
        + roster.size()
        + " leaves]";
  }
}
