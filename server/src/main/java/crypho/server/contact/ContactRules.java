package crypho.server.contact;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Limits and times of invitations. Pure.
final class ContactRules {
  static final Duration INVITATION_LASTS = Duration.ofDays(30);
  static final int OPEN_MAX = 50;
  static final int SENT_PER_DAY_MAX = 50;
  static final int CONTACTS_MAX = 5_000;
  static final int NOTE_CHARACTERS_MAX = 1_000;

  /// More mails than this in a day to one address, from whomever, are not sent.
  static final int MAILS_PER_ADDRESS_AND_DAY_MAX = 5;

  private static final Duration DAY = Duration.ofDays(1);

  private ContactRules() {}

  /// How long the inviter has to wait before inviting someone else; null where it need not.
  ///
  /// @param sent all of the inviter's that have not expired, withdrawn ones too
  static @Nullable Duration wait(List<Invitation> sent, Instant now) {
    var open = sent.stream().filter(invitation -> invitation.isShownToInviter(now)).toList();
    if (open.size() >= OPEN_MAX) {
      var first = open.stream().map(Invitation::expiresAt).min(Instant::compareTo).orElse(now);
      return Duration.between(now, first);
    }
    var ofToday =
        sent.stream().map(Invitation::sentAt).filter(at -> at.isAfter(now.minus(DAY))).toList();
    if (ofToday.size() >= SENT_PER_DAY_MAX) {
      var first = ofToday.stream().min(Instant::compareTo).orElse(now);
      return Duration.between(now, first.plus(DAY));
    }
    return null;
  }

  /// Whether inviting again after a withdrawal mails again.
  static boolean mailsAgain(Invitation withdrawn, Instant now) {
    return !withdrawn.isRejected() && !withdrawn.sentAt().isAfter(now.minus(DAY));
  }

  static Instant dayBefore(Instant now) {
    return now.minus(DAY);
  }
}
