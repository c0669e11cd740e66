package crypho.base;

import java.util.UUID;

/// Identifies an account. Random (UUID version 4), made by the server at sign-up.
public record AccountId(UUID value) {
  /// @throws IllegalArgumentException where `text` is not a UUID
  public static AccountId parse(String text) {
    return new AccountId(UUID.fromString(text));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
