package crypho.mls;

/// What the delivery service answers to the first GroupInfo of a group.
public sealed interface CreateOutcome {
  record Created(DeliveryState state) implements CreateOutcome {}

  record Refused(CommitOutcome.Refusal reason) implements CreateOutcome {}
}
