package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.MemberId;
import crypho.wire.v1.Deposit;
import java.util.List;
import java.util.Set;

/// What the rules decide shall happen. A store executes the changes of one decision in order and in
/// one transaction; the notices go out after it has committed, in order, and may be lost.
sealed interface Effect {
  /// Something in the tables.
  sealed interface Change extends Effect {}

  /// Something that connected devices are told.
  sealed interface Notice extends Effect {}

  /// The head as it is from now on.
  record PutHead(Head head) implements Change {}

  record PutMember(MemberState member) implements Change {}

  record AddLeaves(List<MemberId> leaves) implements Change {}

  /// Those who leave the tree have no Welcome waiting any more.
  record DropLeaves(List<DeviceId> devices) implements Change {}

  record AddPending(Pending pending) implements Change {}

  record DropPending(Pending pending) implements Change {}

  /// `commitSeq` is the entry that led to this epoch.
  record PutGroup(Bytes deliveryState, Bytes groupInfo, long commitSeq) implements Change {}

  /// One Welcome for all of `devices`; `epoch` is the one it leads to.
  record PutWelcome(
      long commitSeq, int generation, long epoch, Bytes welcome, List<DeviceId> devices)
      implements Change {}

  /// A reset makes all waiting Welcomes void.
  record DropWelcomes() implements Change {}

  /// Replaces what there was for the account in that epoch.
  record PutDeposit(Deposit deposit) implements Change {}

  /// The content of an entry goes; its place and sender stay.
  record Erase(long seq, long timeMs) implements Change {}

  /// Everything of the conversation goes.
  record Delete() implements Change {}

  /// An entry at the end of the log; subscribers get it.
  record Append(Entry entry) implements Change, Notice {}

  /// These get the conversation's frames from now on.
  record Subscribe(Set<AccountId> accounts) implements Notice {}

  record Unsubscribe(Set<AccountId> accounts) implements Notice {}

  /// Members, deposits, pending removals or existence changed: to all subscribers.
  record TellAll() implements Notice {}

  /// The same, to single accounts.
  record Tell(Set<AccountId> accounts) implements Notice {}

  /// Nobody gets frames of it any more.
  record Close() implements Notice {}
}
