package crypho.server.conversation;

import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.CommitBundle;
import crypho.mls.Directory;
import crypho.mls.GroupId;
import crypho.mls.MemberId;
import crypho.wire.v1.CommitRefusal;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/// Judges handshakes against the group as the server knows it. In the product these are the rules
/// of module mls; the simulation has a small model of a group, so that the delivery rules can be
/// run with thousands of seeds.
interface GroupRules {
  /// The answer to a commit that claims the current epoch.
  sealed interface Judged {
    /// @param deliveryState the group in the next epoch
    /// @param welcomed added devices that wait for the Welcome; an external committer does not
    /// @param added all devices that came in
    /// @param removed all devices that have no leaf any more
    record Accepted(
        Bytes deliveryState, List<DeviceId> welcomed, List<MemberId> added, List<MemberId> removed)
        implements Judged {}

    /// @param limit for reasons that have one, or 0
    /// @param missing for PENDING_REMOVALS
    record Refused(CommitRefusal reason, long limit, List<MemberId> missing) implements Judged {}
  }

  /// The answer to the first GroupInfo of a group.
  sealed interface Begun {
    /// @param epoch in which the group begins: 0, or 1 where a library shows a GroupInfo only with
    ///   a commit
    record Accepted(Bytes deliveryState, long epoch) implements Begun {}

    record Refused(CommitRefusal reason, long limit) implements Begun {}
  }

  /// @param deliveryState as the last acceptance gave it
  /// @param mustGo devices with a leaf that must be removed
  Judged judge(
      Bytes deliveryState,
      Set<DeviceId> mustGo,
      MemberId submitter,
      CommitBundle bundle,
      Directory directory,
      Instant now);

  /// @param creator whose leaf is the only one
  Begun begin(GroupId group, MemberId creator, Bytes groupInfo, Directory directory, Instant now);
}
