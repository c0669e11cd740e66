package crypho.mls;

import crypho.base.DecodeException;
import crypho.mls.CommitOutcome.Reason;

/// One commit on its way through the rules. Cheap checks come first, and among them the epoch, so
/// that a client that is merely late learns just that; signatures and hashes over the whole tree
/// come last.
final class Judgement {
  private Judgement() {}

  static CommitOutcome.Accepted accept(Submission submission) throws Refused {
    var message = read(submission);
    var content = message.content();
    checkPlace(submission.state(), content);
    if (!(content.content() instanceof Commit commit)) {
      throw Refused.malformed("content_type", "not a commit");
    }
    if (!submission.directory().isEntitled(submission.submitter().account())) {
      throw Refused.notAllowed(Reason.COMMITTER_NOT_ENTITLED);
    }
    if (submission.state().pendingRemovals().contains(submission.submitter().device())) {
      throw Refused.notAllowed(Reason.COMMITTER_MUST_GO);
    }
    return switch (content.sender()) {
      case Sender.Member sender -> {
        var reckoning = new MemberCommit(submission).reckon(message, sender, commit);
        yield new Conclusion(submission, message, reckoning).accept(false);
      }
      case Sender.NewMemberCommit _ -> {
        var reckoning = new ExternalCommit(submission).reckon(message, commit);
        yield new Conclusion(submission, message, reckoning).accept(true);
      }
      case Sender.External _, Sender.NewMemberProposal _ ->
          throw Refused.malformed("sender_type", "cannot commit");
    };
  }

  private static PublicMessage read(Submission submission) throws Refused {
    var commit = submission.bundle().commit();
    if (commit.size() > MlsLimits.COMMIT_BYTES_MAX) {
      throw new Refused(new CommitOutcome.TooLarge("commit", MlsLimits.COMMIT_BYTES_MAX));
    }
    try {
      if (MlsMessage.decode(commit) instanceof PublicMessage message) {
        return message;
      }
      throw Refused.malformed("wire_format", "not a public message");
    } catch (DecodeException e) {
      throw Submission.malformed(e);
    }
  }

  private static void checkPlace(DeliveryState state, FramedContent content) throws Refused {
    if (!content.groupId().equals(state.context().groupId())) {
      throw new Refused(new CommitOutcome.WrongGroup());
    }
    var order = Long.compareUnsigned(content.epoch(), state.epoch());
    if (order < 0) {
      throw new Refused(new CommitOutcome.StaleEpoch(state.epoch()));
    }
    if (order > 0) {
      throw new Refused(new CommitOutcome.FutureEpoch(state.epoch()));
    }
  }
}
