package crypho.mls;

import crypho.base.Bytes;
import java.time.Instant;

/// The rules of the delivery service: which commit may turn the epoch. Pure: no clock, no storage,
/// no secret. The map of rules, RFC sections, outcomes and tests is in `mls/README.md`.
public final class CommitRules {
  private CommitRules() {}

  /// Judges what `submitter`, as the session knows it, sends for the group in `state`. Nothing is
  /// changed: an accepted outcome carries the state to store.
  public static CommitOutcome judge(
      DeliveryState state,
      MemberId submitter,
      CommitBundle bundle,
      Directory directory,
      Instant now) {
    try {
      return Judgement.accept(new Submission(state, submitter, bundle, directory, now));
    } catch (Refused refused) {
      return refused.outcome();
    }
  }

  /// Judges the first GroupInfo of a group: epoch 0, one leaf, which is the creator's.
  public static CreateOutcome create(
      GroupId groupId, MemberId creator, Bytes groupInfo, Directory directory) {
    try {
      return new CreateOutcome.Created(Creation.accept(groupId, creator, groupInfo, directory));
    } catch (Refused refused) {
      return new CreateOutcome.Refused(refused.outcome());
    }
  }
}
