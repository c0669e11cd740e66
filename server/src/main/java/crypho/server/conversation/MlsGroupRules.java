package crypho.server.conversation;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.base.DeviceId;
import crypho.mls.CommitBundle;
import crypho.mls.CommitOutcome;
import crypho.mls.CommitRules;
import crypho.mls.CreateOutcome;
import crypho.mls.DeliveryState;
import crypho.mls.Directory;
import crypho.mls.GroupId;
import crypho.mls.MemberId;
import crypho.wire.v1.CommitRefusal;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/// The real thing: the rules of module mls, with its outcomes in the words of the contract.
final class MlsGroupRules implements GroupRules {
  @Override
  public Judged judge(
      Bytes deliveryState,
      Set<DeviceId> mustGo,
      MemberId submitter,
      CommitBundle bundle,
      Directory directory,
      Instant now) {
    var state = decode(deliveryState).withPendingRemovals(mustGo);
    return switch (CommitRules.judge(state, submitter, bundle, directory, now)) {
      case CommitOutcome.Accepted accepted ->
          new Judged.Accepted(
              accepted.state().encode(),
              accepted.added().stream()
                  .filter(added -> added.keyPackageRef() != null)
                  .map(added -> added.leaf().member().device())
                  .toList(),
              accepted.added().stream().map(added -> added.leaf().member()).toList(),
              accepted.removed());
      case CommitOutcome.Refusal refusal ->
          new Judged.Refused(reason(refusal), limit(refusal), missing(refusal));
    };
  }

  @Override
  public Begun begin(
      GroupId group, MemberId creator, Bytes groupInfo, Directory directory, Instant now) {
    return switch (CommitRules.create(group, creator, groupInfo, directory)) {
      case CreateOutcome.Created(var state) -> new Begun.Accepted(state.encode(), state.epoch());
      case CreateOutcome.Refused(var refusal) -> new Begun.Refused(reason(refusal), limit(refusal));
    };
  }

  private static DeliveryState decode(Bytes stored) {
    try {
      return DeliveryState.decode(stored);
    } catch (DecodeException e) {
      throw new IllegalStateException("a stored delivery state reads back", e);
    }
  }

  private static CommitRefusal reason(CommitOutcome.Refusal refusal) {
    return switch (refusal) {
      // The epoch in the request is current, so the commit inside must start from it too.
      case CommitOutcome.StaleEpoch _,
          CommitOutcome.WrongGroup _,
          CommitOutcome.Malformed _,
          CommitOutcome.PathRequired _ ->
          CommitRefusal.COMMIT_REFUSAL_MALFORMED;
      case CommitOutcome.FutureEpoch _ -> CommitRefusal.COMMIT_REFUSAL_FUTURE_EPOCH;
      case CommitOutcome.NotAMember _ -> CommitRefusal.COMMIT_REFUSAL_NOT_A_MEMBER;
      case CommitOutcome.ForgedSender _, CommitOutcome.NotAllowed _ ->
          CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED;
      case CommitOutcome.UnregisteredKey _, CommitOutcome.BadKeyPackage _ ->
          CommitRefusal.COMMIT_REFUSAL_UNREGISTERED_KEY;
      case CommitOutcome.PendingRemovalsMissing _ -> CommitRefusal.COMMIT_REFUSAL_PENDING_REMOVALS;
      case CommitOutcome.GroupInfoMismatch _ -> CommitRefusal.COMMIT_REFUSAL_GROUP_INFO_MISMATCH;
      case CommitOutcome.WelcomeMismatch _ -> CommitRefusal.COMMIT_REFUSAL_WELCOME_MISMATCH;
      case CommitOutcome.TooLarge _ -> CommitRefusal.COMMIT_REFUSAL_TOO_LARGE;
      case CommitOutcome.GroupTooLarge _ -> CommitRefusal.COMMIT_REFUSAL_GROUP_TOO_LARGE;
      case CommitOutcome.ForbiddenProposal _, CommitOutcome.Duplicate _ ->
          CommitRefusal.COMMIT_REFUSAL_FORBIDDEN_PROPOSAL;
      case CommitOutcome.BadSignature _ -> CommitRefusal.COMMIT_REFUSAL_BAD_SIGNATURE;
    };
  }

  private static long limit(CommitOutcome.Refusal refusal) {
    return switch (refusal) {
      case CommitOutcome.TooLarge(_, var bytesMax) -> bytesMax;
      case CommitOutcome.GroupTooLarge(var leavesMax) -> leavesMax;
      default -> 0;
    };
  }

  private static List<MemberId> missing(CommitOutcome.Refusal refusal) {
    return refusal instanceof CommitOutcome.PendingRemovalsMissing(var missing)
        ? missing
        : List.of();
  }
}
