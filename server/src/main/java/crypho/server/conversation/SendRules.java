package crypho.server.conversation;

import crypho.wire.v1.SendResponse;
import java.util.Collection;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Decides about one message. Pure and cheap: this is the hot path.
final class SendRules {
  /// What is known of the sender and of what it names, at the moment of the decision.
  ///
  /// @param role null for one who is no current member
  /// @param hasLeaf whether the sending device is in the current epoch's tree
  /// @param prior the entry with the same client id from the same device, where there is one
  /// @param erased the entry that the message takes back, where it names one that exists
  record Sender(
      @Nullable MemberRole role,
      boolean hasLeaf,
      @Nullable Prior prior,
      @Nullable Erasable erased) {}

  record Prior(long seq, long timeMs) {}

  record Erasable(UUID account, EntryKind kind) {}

  /// Why a message is not taken, or [#OK].
  enum Verdict {
    OK,
    DUPLICATE,
    NOT_A_MEMBER,
    STALE_EPOCH,
    REMOVALS_PENDING,
    DEPOSIT_INCOMPLETE,
    ERASE_NOT_ALLOWED
  }

  private SendRules() {}

  /// In this order: what was accepted once stays accepted; a device that is behind learns so before
  /// it is told that it has no leaf.
  static Verdict judge(Head head, Sender sender, Draft draft) {
    if (sender.prior() != null) {
      return Verdict.DUPLICATE;
    }
    var role = sender.role();
    if (role == null) {
      return Verdict.NOT_A_MEMBER;
    }
    if (draft.generation() != head.generation() || draft.epoch() != head.epoch()) {
      return Verdict.STALE_EPOCH;
    }
    if (!sender.hasLeaf()) {
      return Verdict.NOT_A_MEMBER;
    }
    if (head.pendingCount() > 0) {
      return Verdict.REMOVALS_PENDING;
    }
    if (!head.isDeposited()) {
      return Verdict.DEPOSIT_INCOMPLETE;
    }
    return draft.erasesSeq() == 0 || mayErase(head, role, sender.erased(), draft)
        ? Verdict.OK
        : Verdict.ERASE_NOT_ALLOWED;
  }

  private static boolean mayErase(
      Head head, MemberRole role, @Nullable Erasable erased, Draft draft) {
    if (erased == null
        || (erased.kind() != EntryKind.MESSAGE && erased.kind() != EntryKind.ERASED)) {
      return false;
    }
    return erased.account().equals(draft.account())
        || (head.kind() == Kind.GROUP && role.manages());
  }

  /// The entry for an accepted message; `next` is the head after it.
  static Entry entry(Head next, Draft draft) {
    return new Entry(
        next.lastSeq(),
        next.lastTimeMs(),
        draft.account(),
        draft.device(),
        draft.clientId(),
        draft.generation(),
        draft.epoch(),
        EntryKind.MESSAGE,
        draft.message());
  }

  static SendResponse accepted(long seq, long timeMs) {
    return SendResponse.newBuilder()
        .setAccepted(SendResponse.Accepted.newBuilder().setSeq(seq).setTimeMs(timeMs))
        .build();
  }

  /// The answer to a message that was not taken.
  static SendResponse refused(Verdict verdict, Head head, Collection<Pending> pending) {
    var out = SendResponse.newBuilder();
    switch (verdict) {
      case STALE_EPOCH ->
          out.setStaleEpoch(
              SendResponse.StaleEpoch.newBuilder()
                  .setGeneration(head.generation())
                  .setEpoch(head.epoch()));
      case REMOVALS_PENDING -> {
        var removals = SendResponse.RemovalsPending.newBuilder();
        pending.forEach(each -> removals.addPendingRemovals(each.toWire()));
        out.setRemovalsPending(removals);
      }
      case DEPOSIT_INCOMPLETE ->
          out.setDepositIncomplete(SendResponse.DepositIncomplete.getDefaultInstance());
      case NOT_A_MEMBER -> out.setNotAMember(SendResponse.NotAMember.getDefaultInstance());
      case ERASE_NOT_ALLOWED ->
          out.setEraseNotAllowed(SendResponse.EraseNotAllowed.getDefaultInstance());
      case OK, DUPLICATE -> throw new IllegalArgumentException("not a refusal: " + verdict);
    }
    return out.build();
  }
}
