package crypho.mls;

/// Carries a refusal out of the steps of a judgement to the one place that returns it. Without a
/// stack trace, never seen outside this package.
final class Refused extends Exception {
  private static final long serialVersionUID = 1;

  private final transient CommitOutcome.Refusal outcome;

  Refused(CommitOutcome.Refusal outcome) {
    super(null, null, false, false);
    this.outcome = outcome;
  }

  static Refused malformed(String where, String why) {
    return new Refused(new CommitOutcome.Malformed(where, why));
  }

  static Refused mismatch(CommitOutcome.Part what) {
    return new Refused(new CommitOutcome.GroupInfoMismatch(what));
  }

  static Refused notAllowed(CommitOutcome.Reason reason) {
    return new Refused(new CommitOutcome.NotAllowed(reason));
  }

  CommitOutcome.Refusal outcome() {
    return outcome;
  }
}
