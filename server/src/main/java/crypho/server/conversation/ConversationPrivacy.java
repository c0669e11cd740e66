package crypho.server.conversation;

import crypho.server.privacy.api.DataElement.Category;
import crypho.server.privacy.api.DataElement.LegalGround;
import crypho.server.privacy.api.DataElement.Protection;
import crypho.server.privacy.api.Register;
import java.util.List;

/// Declares what conversations store.
public final class ConversationPrivacy {
  private static final String WITH_CONVERSATION =
      "Until the conversation is deleted, or the contact of a direct one is removed";

  private ConversationPrivacy() {}

  public static void declare(Register register) {
    group(register);
    content(register);
    keys(register);
  }

  private static void group(Register register) {
    plain(
        register,
        "conversation",
        List.of(
            "row_id",
            "id",
            "kind",
            "creator",
            "direct_low",
            "direct_high",
            "generation",
            "epoch",
            "last_seq",
            "last_time_ms",
            "is_deposited",
            "pending_count"),
        "To know which conversations there are, who made them, and where their logs stand.");
    plain(
        register,
        "conversation_group",
        List.of("conversation", "delivery_state", "group_info", "commit_seq"),
        "To check changes of a group's keys and let devices join: public keys of its devices.");
    plain(
        register,
        "conversation_member",
        List.of(
            "conversation", "account", "role", "since_ms", "first_seq", "until_seq", "until_ms"),
        "To deliver messages to the members of a conversation and to nobody else.");
    plain(
        register,
        "conversation_leaf",
        List.of("conversation", "device", "account"),
        "To know which devices hold a group's current keys.");
    plain(
        register,
        "conversation_pending",
        List.of("conversation", "account", "device", "has_leaf"),
        "To keep messages back until a device or member that went has lost its keys.");
  }

  private static void content(Register register) {
    register.add(
        "conversation_entry",
        List.of(
            "conversation",
            "seq",
            "time_ms",
            "epoch",
            "account",
            "device",
            "client_id",
            "generation",
            "kind"),
        Category.CONTENT,
        "To keep a conversation's entries in order and say who wrote them, when.",
        LegalGround.CONTRACT,
        WITH_CONVERSATION,
        Protection.PLAIN);
    endToEnd(
        register,
        "conversation_entry",
        List.of("body"),
        "To give members their messages on every device.",
        "Until the sender or an admin takes the message back, or the conversation is deleted");
    plain(
        register,
        "conversation_marker",
        List.of("conversation", "account", "generation", "epoch"),
        "To show on all devices how far a person has read.");
    endToEnd(
        register,
        "conversation_marker",
        List.of("message"),
        "To show on all devices how far a person has read.",
        "Until the next marker, or the conversation is deleted");
  }

  private static void keys(Register register) {
    plain(
        register,
        "conversation_welcome",
        List.of("conversation", "commit_seq", "generation", "epoch"),
        "To let added devices join a group.");
    endToEnd(
        register,
        "conversation_welcome",
        List.of("welcome"),
        "To let added devices join a group.",
        "Until all added devices have joined");
    plain(
        register,
        "conversation_welcome_device",
        List.of("conversation", "device", "commit_seq"),
        "To let added devices join a group.");
    plain(
        register,
        "conversation_deposit",
        List.of(
            "conversation",
            "account",
            "generation",
            "epoch",
            "key_generation",
            "depositor_account",
            "depositor_device",
            "signature"),
        "To let a person read the history on a new device.");
    endToEnd(
        register,
        "conversation_deposit",
        List.of("sealed_key"),
        "To let a person read the history on a new device.",
        WITH_CONVERSATION);
    register.add(
        "key_package",
        List.of("row_id", "account", "device", "ref", "not_after", "is_last_resort", "key_package"),
        Category.DEVICE,
        "To let others add a device to a group while it is away: one-time public keys.",
        LegalGround.CONTRACT,
        "Until used or expired, or the device is unlinked",
        Protection.PLAIN);
  }

  private static void plain(Register register, String table, List<String> columns, String purpose) {
    register.add(
        table,
        columns,
        Category.GROUP,
        purpose,
        LegalGround.CONTRACT,
        WITH_CONVERSATION,
        Protection.PLAIN);
  }

  private static void endToEnd(
      Register register, String table, List<String> columns, String purpose, String retention) {
    register.add(
        table,
        columns,
        Category.CONTENT,
        purpose,
        LegalGround.CONTRACT,
        retention,
        Protection.END_TO_END);
  }
}
