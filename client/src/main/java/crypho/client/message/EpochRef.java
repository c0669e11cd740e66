package crypho.client.message;

import crypho.base.ConversationId;
import crypho.client.crypto.Joined;

/// An epoch of a conversation's MLS group.
public record EpochRef(ConversationId conversation, int generation, long epoch) {
  /// `conversation (16) ‖ generation (4)`.
  public byte[] groupId() {
    return Joined.start().conversation(conversation).u32(generation).toBytes();
  }

  byte[] labelled(String label) {
    return Joined.label(label).bytes(groupId()).u64(epoch).toBytes();
  }
}
