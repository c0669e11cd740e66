package crypho.base;

import java.util.UUID;

/// Identifies a conversation. Random (UUID version 4), made by the client that creates it.
public record ConversationId(UUID value) {
  /// @throws IllegalArgumentException where `text` is not a UUID
  public static ConversationId parse(String text) {
    return new ConversationId(UUID.fromString(text));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
