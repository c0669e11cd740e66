package crypho.server.contact;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A stored invitation, its address and note sealed under the inviter's data key.
///
/// | state | inviter sees it | invitee sees it |
/// | --- | --- | --- |
/// | open | yes | once the address has an account |
/// | rejected | yes | no |
/// | withdrawn | no | no |
/// | expired | no | no |
///
/// Rejected and withdrawn ones are kept until they expire, so that inviting again right after a
/// withdrawal neither undoes a rejection nor mails without end.
///
/// @param inviteeOrNull null as long as the address has no account
record Invitation(
    InvitationId id,
    AccountId inviter,
    @Nullable AccountId inviteeOrNull,
    Bytes emailHash,
    Bytes emailSealed,
    Bytes noteSealed,
    boolean isRejected,
    boolean isWithdrawn,
    Instant sentAt,
    Instant expiresAt) {

  boolean isExpired(Instant now) {
    return !expiresAt.isAfter(now);
  }

  /// Whether the invitee may still answer it.
  boolean isOpen(Instant now) {
    return !isRejected && !isWithdrawn && !isExpired(now);
  }

  boolean isShownToInviter(Instant now) {
    return !isWithdrawn && !isExpired(now);
  }

  Invitation withInvitee(AccountId invitee) {
    return new Invitation(
        id,
        inviter,
        invitee,
        emailHash,
        emailSealed,
        noteSealed,
        isRejected,
        isWithdrawn,
        sentAt,
        expiresAt);
  }

  Invitation withRejected(boolean rejected) {
    return new Invitation(
        id,
        inviter,
        inviteeOrNull,
        emailHash,
        emailSealed,
        noteSealed,
        rejected,
        isWithdrawn,
        sentAt,
        expiresAt);
  }

  Invitation asWithdrawn() {
    return new Invitation(
        id,
        inviter,
        inviteeOrNull,
        emailHash,
        emailSealed,
        noteSealed,
        isRejected,
        true,
        sentAt,
        expiresAt);
  }
}
