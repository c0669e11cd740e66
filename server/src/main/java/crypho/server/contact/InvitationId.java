package crypho.server.contact;

import java.util.UUID;

/// Identifies an invitation. Random, made by the server.
record InvitationId(UUID value) {
  @Override
  public String toString() {
    return value.toString();
  }
}
