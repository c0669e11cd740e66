package crypho.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;

/// What the server knows about accounts and devices and the rules of this conversation; asked while
/// a commit is judged. Answers must come from the transaction that will store the result.
public interface Directory {
  /// The domain in every identity of this installation.
  String domain();

  /// Whether `signatureKey` is the registered, cross-signed key of that device of that account.
  boolean isRegistered(MemberId member, Bytes signatureKey);

  /// Whether the account belongs to the conversation already, so that its devices may be in the
  /// group.
  boolean isEntitled(AccountId account);

  /// Whether `committer` may bring `account`, which does not belong yet, into the conversation.
  boolean mayAdd(AccountId committer, AccountId account);

  /// Whether `committer` may take `account` out of the conversation. Not asked for pending removals
  /// nor for the committer's own devices.
  boolean mayRemove(AccountId committer, AccountId account);
}
