package crypho.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the delivery service answers to a commit. One commit wins each epoch (RFC 9420 §14): the
/// caller stores an accepted one by compare-and-set on the epoch.
public sealed interface CommitOutcome {
  /// `added` are devices that came in (by Welcome, or the external committer itself), `removed`
  /// those that have no leaf any more; accounts likewise.
  record Accepted(
      DeliveryState state,
      RosterLeaf committer,
      boolean isExternal,
      List<AddedDevice> added,
      List<MemberId> removed,
      Set<AccountId> addedAccounts,
      Set<AccountId> removedAccounts,
      Bytes commitHash)
      implements CommitOutcome {}

  /// `keyPackageRef` names the key package that the Welcome uses up; null for who came by external
  /// commit.
  record AddedDevice(RosterLeaf leaf, @Nullable Bytes keyPackageRef) {}

  /// The commit changes nothing.
  sealed interface Refusal extends CommitOutcome {}

  /// Somebody else was first, or the client is behind.
  record StaleEpoch(long current) implements Refusal {}

  record FutureEpoch(long current) implements Refusal {}

  /// The bytes name another group than the one they were sent to.
  record WrongGroup() implements Refusal {}

  /// The submitting device has no leaf, or one that is not the claimed sender's.
  record NotAMember() implements Refusal {}

  /// The claimed sender is another device than the one that submitted.
  record ForgedSender() implements Refusal {}

  record NotAllowed(Reason reason) implements Refusal {}

  /// The key at this device's leaf is not its registered one.
  record UnregisteredKey(MemberId member) implements Refusal {}

  /// These must go in the next commit, and this one leaves them in.
  record PendingRemovalsMissing(List<MemberId> missing) implements Refusal {}

  record GroupInfoMismatch(Part what) implements Refusal {}

  /// By KeyPackageRef.
  record WelcomeMismatch(Set<Bytes> missing, Set<Bytes> unexpected) implements Refusal {}

  record TooLarge(String what, int bytesMax) implements Refusal {}

  record GroupTooLarge(int leavesMax) implements Refusal {}

  record Malformed(String where, String why) implements Refusal {}

  /// `type` is the RFC's name in lower case, or `by_reference`.
  record ForbiddenProposal(String type) implements Refusal {}

  record PathRequired() implements Refusal {}

  record BadSignature(String what) implements Refusal {}

  /// A device or key would be in the group twice.
  record Duplicate(String what) implements Refusal {}

  /// An added device's key package breaks a rule of its own.
  record BadKeyPackage(MemberId member, String why) implements Refusal {}

  /// Why a well-formed commit is not this committer's to make.
  enum Reason {
    /// The committer's account does not belong to the conversation.
    COMMITTER_NOT_ENTITLED,
    /// The committer itself is among the pending removals.
    COMMITTER_MUST_GO,
    ADD,
    REMOVE,
    /// Some, but not all devices of another account.
    REMOVE_PART_OF_ACCOUNT,
    REMOVE_SELF,
    /// An external commit removes only a leaf of its own account.
    EXTERNAL_REMOVE_OF_OTHER_ACCOUNT,
    /// The group's context has an extension that we do not admit.
    GROUP_CONTEXT_EXTENSION
  }

  /// Where a GroupInfo differs from the server's own reckoning.
  enum Part {
    VERSION,
    GROUP_ID,
    EPOCH,
    TREE,
    TREE_HASH,
    CONFIRMED_TRANSCRIPT_HASH,
    GROUP_CONTEXT_EXTENSIONS,
    CONFIRMATION_TAG,
    SIGNER,
    EXTERNAL_PUB,
    MEMBERS
  }
}
