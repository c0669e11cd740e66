package crypho.mls;

import crypho.base.AccountId;
import crypho.mls.CommitOutcome.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A commit by somebody who is in the group (RFC 9420 §12.4.2, as far as a server can see).
final class MemberCommit {
  /// What such a commit may hold.
  private record Changes(List<KeyPackage> added, List<Integer> removed) {}

  private final Submission submission;
  private final DeliveryState state;
  private final MemberId submitter;
  private final Directory directory;

  MemberCommit(Submission submission) {
    this.submission = submission;
    this.state = submission.state();
    this.submitter = submission.submitter();
    this.directory = submission.directory();
  }

  Reckoning reckon(PublicMessage message, Sender.Member sender, Commit commit) throws Refused {
    var own = state.leafOf(submitter.device());
    if (own == null || !own.member().equals(submitter)) {
      throw new Refused(new CommitOutcome.NotAMember());
    }
    if (sender.leafIndex() != own.leafIndex()) {
      throw new Refused(new CommitOutcome.ForgedSender());
    }
    submission.requireRegistered(submitter, own.signatureKey());
    var changes = memberChanges(commit);
    checkRemovals(changes, own.leafIndex());
    checkPending(changes);
    var remaining = state.tree().without(changes.removed());
    Submission.requireRoom(remaining, changes.added().size());
    for (var keyPackage : changes.added()) {
      checkAddition(keyPackage);
    }
    submission.requireSigned(message, own.signatureKey());
    var grown = remaining.with(changes.added().stream().map(KeyPackage::leafNode).toList());
    PathRules.requireDistinct(grown.tree());
    var tree = grown.tree();
    var path = commit.path();
    if (path != null) {
      tree = follow(own, path, grown);
    } else if (!changes.removed().isEmpty() || changes.added().isEmpty()) {
      throw new Refused(new CommitOutcome.PathRequired());
    }
    return new Reckoning(tree, own.leafIndex(), additions(changes, grown));
  }

  /// The committer may renew its signature key, but only by another registered one.
  private RatchetTree follow(RosterLeaf own, UpdatePath path, RatchetTree.WithAdded grown)
      throws Refused {
    if (!submission.requireOurDomain(path.leafNode()).equals(submitter)) {
      throw new Refused(new CommitOutcome.ForgedSender());
    }
    submission.requireRegistered(submitter, path.leafNode().signatureKey());
    PathRules.requireFreshKeys(grown.tree(), path);
    return PathRules.follow(
        grown.tree(), own.leafIndex(), path, Set.copyOf(grown.places()), state.context());
  }

  private static List<Reckoning.Addition> additions(Changes changes, RatchetTree.WithAdded grown) {
    var out = new ArrayList<Reckoning.Addition>();
    for (var i = 0; i < changes.added().size(); i++) {
      out.add(new Reckoning.Addition(grown.places().get(i), changes.added().get(i)));
    }
    return out;
  }

  private Changes memberChanges(Commit commit) throws Refused {
    var added = new ArrayList<KeyPackage>();
    var removed = new ArrayList<Integer>();
    for (var entry : commit.proposals()) {
      switch (entry) {
        case Proposal.Add add -> added.add(add.keyPackage());
        case Proposal.Remove remove -> removed.add(submission.requireLeaf(remove));
        case Proposal other -> throw Submission.forbidden(other);
        case ProposalOrRef.Reference _ ->
            throw new Refused(new CommitOutcome.ForbiddenProposal("by_reference"));
      }
    }
    if (Set.copyOf(removed).size() != removed.size()) {
      throw Refused.malformed("proposals", "a leaf is removed twice");
    }
    return new Changes(added, removed);
  }

  /// Pending removals anybody may carry out; one's own devices too; another account only as a whole
  /// and by who may.
  private void checkRemovals(Changes changes, int ownIndex) throws Refused {
    if (changes.removed().contains(ownIndex)) {
      throw Refused.notAllowed(Reason.REMOVE_SELF);
    }
    var gone = Set.copyOf(changes.removed());
    var asked = new HashSet<AccountId>();
    for (var leaf : state.roster()) {
      var account = leaf.member().account();
      if (gone.contains(leaf.leafIndex())
          && !account.equals(submitter.account())
          && !state.pendingRemovals().contains(leaf.member().device())) {
        asked.add(account);
      }
    }
    for (var account : asked) {
      if (!directory.mayRemove(submitter.account(), account)) {
        throw Refused.notAllowed(Reason.REMOVE);
      }
    }
    for (var leaf : state.roster()) {
      if (asked.contains(leaf.member().account()) && !gone.contains(leaf.leafIndex())) {
        throw Refused.notAllowed(Reason.REMOVE_PART_OF_ACCOUNT);
      }
    }
  }

  private void checkPending(Changes changes) throws Refused {
    var missing = new ArrayList<MemberId>();
    for (var leaf : state.roster()) {
      if (state.pendingRemovals().contains(leaf.member().device())
          && !changes.removed().contains(leaf.leafIndex())) {
        missing.add(leaf.member());
      }
    }
    if (!missing.isEmpty()) {
      throw new Refused(new CommitOutcome.PendingRemovalsMissing(List.copyOf(missing)));
    }
  }

  private void checkAddition(KeyPackage keyPackage) throws Refused {
    var member = submission.requireOurDomain(keyPackage.leafNode());
    submission.requireRegistered(member, keyPackage.leafNode().signatureKey());
    if (!directory.isEntitled(member.account())
        && !directory.mayAdd(submitter.account(), member.account())) {
      throw Refused.notAllowed(Reason.ADD);
    }
    switch (KeyPackageRules.check(keyPackage, state.context().extensions(), submission.now())) {
      case KeyPackageOutcome.Valid _ -> {}
      case KeyPackageOutcome.BadSignature _ ->
          throw new Refused(new CommitOutcome.BadSignature("key_package"));
      case KeyPackageOutcome.OutsideLifetime _ -> throw bad(member, "outside its lifetime");
      case KeyPackageOutcome.Unusable unusable -> throw bad(member, unusable.why());
      case KeyPackageOutcome.Malformed _,
          KeyPackageOutcome.TooLarge _,
          KeyPackageOutcome.ForeignIdentity _,
          KeyPackageOutcome.UnregisteredKey _ ->
          throw bad(member, "not usable");
    }
  }

  private static Refused bad(MemberId member, String why) {
    return new Refused(new CommitOutcome.BadKeyPackage(member, why));
  }
}
