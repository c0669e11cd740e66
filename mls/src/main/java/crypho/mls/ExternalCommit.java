package crypho.mls;

import crypho.mls.CommitOutcome.Reason;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A commit by which a device lets itself in (RFC 9420 §12.4.3.2). It may come while removals are
/// pending and does not lift them: it can remove nobody but its own account's leaf.
final class ExternalCommit {
  private final Submission submission;
  private final DeliveryState state;
  private final MemberId submitter;

  ExternalCommit(Submission submission) {
    this.submission = submission;
    this.state = submission.state();
    this.submitter = submission.submitter();
  }

  Reckoning reckon(PublicMessage message, Commit commit) throws Refused {
    var path = commit.path();
    var removed = externalRemoval(commit);
    if (path == null) {
      throw new Refused(new CommitOutcome.PathRequired());
    }
    var leaf = path.leafNode();
    if (!submission.requireOurDomain(leaf).equals(submitter)) {
      throw new Refused(new CommitOutcome.ForgedSender());
    }
    submission.requireRegistered(submitter, leaf.signatureKey());
    submission.requireSigned(message, leaf.signatureKey());
    var remaining = state.tree().without(removed);
    Submission.requireRoom(remaining, 1);
    var grown = remaining.with(List.of(leaf));
    var place = grown.places().getFirst();
    PathRules.requireDistinct(grown.tree());
    PathRules.requireFreshKeys(remaining, path);
    return new Reckoning(
        PathRules.follow(grown.tree(), place, path, Set.of(), state.context()), place, List.of());
  }

  /// Exactly one ExternalInit, and at most one Remove, of the own account's.
  private Set<Integer> externalRemoval(Commit commit) throws Refused {
    var inits = 0;
    var removed = new HashSet<Integer>();
    for (var entry : commit.proposals()) {
      switch (entry) {
        case Proposal.ExternalInit init -> {
          inits++;
          if (init.kemOutput().size() != Suite.PUBLIC_KEY_BYTES) {
            throw Refused.malformed("kem_output", "another length");
          }
        }
        case Proposal.Remove remove -> {
          if (!removed.isEmpty()) {
            throw new Refused(new CommitOutcome.ForbiddenProposal("remove"));
          }
          removed.add(submission.requireLeaf(remove));
        }
        case Proposal other -> throw Submission.forbidden(other);
        case ProposalOrRef.Reference _ ->
            throw new Refused(new CommitOutcome.ForbiddenProposal("by_reference"));
      }
    }
    if (inits != 1) {
      throw Refused.malformed("proposals", "an external commit has exactly one external_init");
    }
    for (var leaf : state.roster()) {
      if (removed.contains(leaf.leafIndex())
          && !leaf.member().account().equals(submitter.account())) {
        throw Refused.notAllowed(Reason.EXTERNAL_REMOVE_OF_OTHER_ACCOUNT);
      }
    }
    return removed;
  }
}
