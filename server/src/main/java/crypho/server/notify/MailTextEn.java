package crypho.server.notify;

import crypho.server.notify.api.MailQueue.Template;
import java.util.List;

/// The mails in English.
final class MailTextEn {
  private MailTextEn() {}

  static MailText of(Template template) {
    return switch (template) {
      case SIGN_UP ->
          new MailText(
              "Create your Crypho account",
              List.of(
                  "Hello,",
                  "Someone, most likely you, asked to create a Crypho account with this address."
                      + " Follow the link to choose a name and a passphrase."),
              "Create account",
              List.of(
                  "The link works once, for 24 hours. If it was not you, you need not do anything:"
                      + " without the link there is no account."));
      case SIGN_UP_HAS_ACCOUNT ->
          new MailText(
              "You already have a Crypho account",
              List.of(
                  "Hello,",
                  "Someone, most likely you, asked to create a Crypho account with this address, but"
                      + " there is one already. Log in instead."),
              "Log in",
              List.of("If it was not you, you need not do anything. Nothing has changed."));
      case INVITATION ->
          new MailText(
              "Someone wants to get in touch with you on Crypho",
              List.of(
                  "Hello,",
                  "{inviter} would like to have you as a contact on Crypho, and writes:",
                  "{note}"),
              "See the invitation",
              List.of("You decide. If you decline, or do nothing, the other person is not told."));
      case INVITATION_NEW ->
          new MailText(
              "You are invited to Crypho",
              List.of(
                  "Hello,",
                  "{inviter} would like to talk to you on Crypho, where only you and the people you"
                      + " write to can read what is said, and writes:",
                  "{note}"),
              "Create account and see the invitation",
              List.of(
                  "An account is free. You decide whether to accept the invitation. If you do"
                      + " nothing, no account is made and the other person is not told."));
      case CONFIRM_EMAIL ->
          new MailText(
              "Confirm your new e-mail address",
              List.of("Hello,", "Follow the link to use this address for your Crypho account."),
              "Confirm address",
              List.of(
                  "The link works once, for 24 hours. If you did not ask for this, do not follow"
                      + " it."));
      case EMAIL_CHANGED ->
          new MailText(
              "Your e-mail address was changed",
              List.of(
                  "Hello,",
                  "Your Crypho account now uses another e-mail address. This one is no longer"
                      + " connected to it.",
                  "If it was not you, someone else has access to your account: log in, change the"
                      + " passphrase, and unlink devices that you do not know."),
              "",
              List.of());
      case PASSPHRASE_CHANGED ->
          new MailText(
              "Your passphrase was changed",
              List.of(
                  "Hello,",
                  "The passphrase of your Crypho account was changed.",
                  "If it was not you, someone else has access to one of your devices: unlink it from"
                      + " another device, under Settings, and change the passphrase again."),
              "",
              List.of());
      case NEW_DEVICE ->
          new MailText(
              "A new device has logged in",
              List.of(
                  "Hello,",
                  "A new device logged in to your Crypho account: {time}.",
                  "If it was you, you need not do anything. If it was not you, unlink the device"
                      + " under Settings, and change your passphrase."),
              "",
              List.of());
    };
  }
}
