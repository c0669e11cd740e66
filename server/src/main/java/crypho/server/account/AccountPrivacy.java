package crypho.server.account;

import crypho.server.privacy.api.DataElement.Category;
import crypho.server.privacy.api.DataElement.LegalGround;
import crypho.server.privacy.api.DataElement.Protection;
import crypho.server.privacy.api.Register;
import java.util.List;

/// Declares every column of this feature.
public final class AccountPrivacy {
  private static final String WITH_ACCOUNT = "Until the account is deleted.";
  private static final String WITH_DEVICE = "Until the device is unlinked.";
  private static final String WITH_SESSION =
      "Until the session ends: at log-out, when its device is unlinked, or 90 days after its last"
          + " use (12 hours after the log-in on a shared computer).";
  private static final String WITH_TICKET = "Five minutes, or until the log-in is complete.";
  private static final String WITH_SIGN_UP =
      "Until the sign-up is complete or its link has expired: after a day, or after 30 days where"
          + " the link came with an invitation.";
  private static final String WITH_CHANGE = "Until the new address is confirmed; a day at most.";

  private AccountPrivacy() {}

  public static void declare(Register register) {
    declareAccount(register);
    declareKeys(register);
    declareDevices(register);
    declareWaiting(register);
    declareVault(register);
  }

  private static void declareAccount(Register register) {
    account(
        register,
        List.of("account_id", "created_at", "first_device_at"),
        "Names the account, and says since when it exists.",
        Protection.PLAIN);
    account(
        register,
        List.of("data_key"),
        "Seals the account's personal fields, so that destroying it erases them.",
        Protection.SEALED);
    account(
        register,
        List.of("email_hash"),
        "Finds the account at log-in and when someone invites the address.",
        Protection.HASHED);
    account(
        register,
        List.of("email_sealed"),
        "Sends service mails, and shows people who invited whom.",
        Protection.SEALED);
    account(
        register,
        List.of("display_name_sealed"),
        "Shows contacts and members of common conversations who someone is.",
        Protection.SEALED);
    account(
        register, List.of("language"), "Writes mails in the person's language.", Protection.PLAIN);
    account(
        register,
        List.of("kdf_salt", "kdf_memory_kib", "kdf_iterations", "kdf_parallelism", "auth_salt"),
        "Lets clients and the server compute from the passphrase what log-in compares.",
        Protection.PLAIN);
    account(
        register,
        List.of("auth_hash"),
        "Checks at log-in that the client knows the passphrase.",
        Protection.HASHED);
    account(
        register,
        List.of("totp_secret_sealed"),
        "Checks codes of the authenticator app.",
        Protection.SEALED);
    account(
        register,
        List.of("totp_step"),
        "Refuses a code of the authenticator app that was used before.",
        Protection.PLAIN);
  }

  private static void declareKeys(Register register) {
    account(
        register,
        List.of("key_generation", "identity_public_key", "deposit_public_key", "deposit_signature"),
        "Lets others check the account's devices and seal conversation keys to it.",
        Protection.PLAIN);
    account(
        register,
        List.of("sealed_identity_key"),
        "Gives the person's own devices the key that certifies devices.",
        Protection.END_TO_END);
    register.add(
        "account_previous_key",
        List.of("account_id", "key_generation"),
        Category.ACCOUNT,
        "Says which earlier account key a sealed one is.",
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        Protection.PLAIN);
    register.add(
        "account_previous_key",
        List.of("sealed_key"),
        Category.ACCOUNT,
        "Keeps what was encrypted under earlier account keys readable for its owner.",
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        Protection.END_TO_END);
    register.add(
        "account_unlock",
        List.of("account_id", "kind", "unlock_id", "public_key", "signature", "key_generation"),
        Category.ACCOUNT,
        "Lists the keys to which the account key is sealed.",
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        Protection.PLAIN);
    register.add(
        "account_unlock",
        List.of("sealed_account_key"),
        Category.ACCOUNT,
        "Gives the person the account key after log-in.",
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        Protection.END_TO_END);
  }

  private static void declareDevices(Register register) {
    register.add(
        "device",
        List.of(
            "device_id",
            "account_id",
            "mls_signature_key",
            "signing_key",
            "unlock_key",
            "certificate",
            "is_shared_computer",
            "linked_at",
            "last_seen_at"),
        Category.DEVICE,
        "Shows people their devices, and lets others check whose a device is.",
        LegalGround.CONTRACT,
        WITH_DEVICE,
        Protection.PLAIN);
    register.add(
        "device",
        List.of("sealed_name"),
        Category.DEVICE,
        "Shows people which of their devices is which.",
        LegalGround.CONTRACT,
        WITH_DEVICE,
        Protection.END_TO_END);
    register.add(
        "former_device",
        List.of(
            "device_id",
            "account_id",
            "mls_signature_key",
            "signing_key",
            "unlock_key",
            "certificate",
            "unlinked_at"),
        Category.DEVICE,
        "Lets others check who sent a message whose device has been unlinked since.",
        LegalGround.CONTRACT,
        "Until the account is deleted; of more than a thousand of an account the oldest goes.",
        Protection.PLAIN);
    register.add(
        "session",
        List.of(
            "session_id",
            "account_id",
            "device_id",
            "is_shared_computer",
            "created_at",
            "last_used_at",
            "expires_at"),
        Category.DEVICE,
        "Keeps people logged in, and ends that in time.",
        LegalGround.CONTRACT,
        WITH_SESSION,
        Protection.PLAIN);
    register.add(
        "session",
        List.of("token_hash"),
        Category.DEVICE,
        "Recognises a client that is logged in.",
        LegalGround.CONTRACT,
        WITH_SESSION,
        Protection.HASHED);
  }

  private static void declareWaiting(Register register) {
    waiting(
        register,
        "log_in_ticket",
        List.of("account_id", "codes_left", "expires_at"),
        "Awaits the second factor of a log-in, and limits guessing.",
        WITH_TICKET,
        Protection.PLAIN);
    waiting(
        register,
        "log_in_ticket",
        List.of("ticket_hash"),
        "Recognises a log-in under way.",
        WITH_TICKET,
        Protection.HASHED);
    waiting(
        register,
        "sign_up",
        List.of("account_id", "language", "created_at", "expires_at"),
        "Awaits that a sign-up link is opened, and limits how many are sent.",
        WITH_SIGN_UP,
        Protection.PLAIN);
    waiting(
        register,
        "sign_up",
        List.of("token_hash", "email_hash"),
        "Recognises a sign-up link, and the address it was sent to.",
        WITH_SIGN_UP,
        Protection.HASHED);
    waiting(
        register,
        "sign_up",
        List.of("email_sealed", "totp_secret_sealed"),
        "Becomes the account's address and second factor.",
        WITH_SIGN_UP,
        Protection.SEALED);
    waiting(
        register,
        "email_change",
        List.of("account_id", "expires_at"),
        "Awaits that a new address is confirmed.",
        WITH_CHANGE,
        Protection.PLAIN);
    waiting(
        register,
        "email_change",
        List.of("token_hash", "email_hash"),
        "Recognises the link that confirms a new address, and the address.",
        WITH_CHANGE,
        Protection.HASHED);
    waiting(
        register,
        "email_change",
        List.of("email_sealed"),
        "Becomes the account's address once confirmed.",
        WITH_CHANGE,
        Protection.SEALED);
  }

  private static void declareVault(Register register) {
    register.add(
        "vault",
        List.of("account_id", "revision", "entries", "value_bytes"),
        Category.CONTENT,
        "Keeps devices in step with the vault, and limits its size.",
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        Protection.PLAIN);
    register.add(
        "vault_entry",
        List.of("account_id", "revision"),
        Category.CONTENT,
        "Keeps devices in step with the vault.",
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        Protection.PLAIN);
    register.add(
        "vault_entry",
        List.of("entry_key", "value"),
        Category.CONTENT,
        "Gives a person's devices their conversation keys, verified contacts, settings and drafts.",
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        Protection.END_TO_END);
  }

  private static void account(
      Register register, List<String> columns, String purpose, Protection protection) {
    register.add(
        "account",
        columns,
        Category.ACCOUNT,
        purpose,
        LegalGround.CONTRACT,
        WITH_ACCOUNT,
        protection);
  }

  private static void waiting(
      Register register,
      String table,
      List<String> columns,
      String purpose,
      String retention,
      Protection protection) {
    register.add(
        table, columns, Category.ACCOUNT, purpose, LegalGround.CONTRACT, retention, protection);
  }
}
