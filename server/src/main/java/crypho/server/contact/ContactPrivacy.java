package crypho.server.contact;

import crypho.server.privacy.api.DataElement.Category;
import crypho.server.privacy.api.DataElement.LegalGround;
import crypho.server.privacy.api.DataElement.Protection;
import crypho.server.privacy.api.Register;
import java.util.List;

/// Declares every column of this feature.
public final class ContactPrivacy {
  private static final String WITH_INVITATION =
      "Until the invitation is accepted, or 30 days after it was sent.";

  private ContactPrivacy() {}

  public static void declare(Register register) {
    register.add(
        "contact",
        List.of("owner_id", "other_id", "since"),
        Category.CONTACT,
        "Lists with whom a person has agreed to be in contact.",
        LegalGround.CONTRACT,
        "Until either side removes the contact or deletes the account.",
        Protection.PLAIN);
    invitation(
        register,
        List.of(
            "invitation_id",
            "inviter_id",
            "invitee_id",
            "is_rejected",
            "is_withdrawn",
            "sent_at",
            "expires_at"),
        "Asks for consent to be in contact, and keeps people from being asked without end.",
        LegalGround.LEGITIMATE_INTEREST,
        Protection.PLAIN);
    invitation(
        register,
        List.of("email_hash"),
        "Shows the invitation to whoever has or gets an account with the address.",
        LegalGround.LEGITIMATE_INTEREST,
        Protection.HASHED);
    invitation(
        register,
        List.of("email_sealed", "note_sealed"),
        "Shows the inviter who was invited, and the invited what the inviter wrote.",
        LegalGround.LEGITIMATE_INTEREST,
        Protection.SEALED);
  }

  private static void invitation(
      Register register,
      List<String> columns,
      String purpose,
      LegalGround ground,
      Protection protection) {
    register.add(
        "invitation", columns, Category.CONTACT, purpose, ground, WITH_INVITATION, protection);
  }
}
