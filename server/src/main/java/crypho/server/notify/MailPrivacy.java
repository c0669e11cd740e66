package crypho.server.notify;

import crypho.server.privacy.api.DataElement.Category;
import crypho.server.privacy.api.DataElement.LegalGround;
import crypho.server.privacy.api.DataElement.Protection;
import crypho.server.privacy.api.Register;
import java.util.List;

/// Declares what the mail queue stores.
public final class MailPrivacy {
  private static final String RETENTION = "Until a mail server has taken the mail; a day at most.";

  private MailPrivacy() {}

  public static void declare(Register register) {
    register.add(
        "mail",
        List.of("sealed"),
        Category.SERVICE_NOTICE,
        "Address, language and text of a service mail that waits to be sent.",
        LegalGround.CONTRACT,
        RETENTION,
        Protection.SEALED);
    register.add(
        "mail",
        List.of("id", "queued_at", "tries", "next_try_at"),
        Category.NONE,
        "Order and repetition of mails that wait.",
        LegalGround.NONE,
        RETENTION,
        Protection.PLAIN);
  }
}
