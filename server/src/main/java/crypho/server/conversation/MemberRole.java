package crypho.server.conversation;

import crypho.wire.v1.Role;
import org.jspecify.annotations.Nullable;

/// What a member may do. In a direct conversation both are plain members.
enum MemberRole {
  MEMBER(1, Role.ROLE_MEMBER),
  ADMIN(2, Role.ROLE_ADMIN),
  OWNER(3, Role.ROLE_OWNER);

  final int code;
  final Role wire;

  MemberRole(int code, Role wire) {
    this.code = code;
    this.wire = wire;
  }

  /// Whether this role may add, remove, and take back the messages of others, in a group.
  boolean manages() {
    return this != MEMBER;
  }

  static MemberRole of(int code) {
    return switch (code) {
      case 1 -> MEMBER;
      case 2 -> ADMIN;
      case 3 -> OWNER;
      default -> throw new IllegalStateException("stored role " + code);
    };
  }

  /// Null for what is not a role.
  static @Nullable MemberRole of(Role wire) {
    return switch (wire) {
      case ROLE_MEMBER -> MEMBER;
      case ROLE_ADMIN -> ADMIN;
      case ROLE_OWNER -> OWNER;
      case ROLE_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }
}
