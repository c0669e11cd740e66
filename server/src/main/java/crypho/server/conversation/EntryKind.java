package crypho.server.conversation;

/// What an entry of the log holds. `code` is the stored form.
enum EntryKind {
  /// The body is the message as it came.
  MESSAGE(1),
  /// The body is a `CommitEntry`.
  COMMIT(2),
  /// Was a message; the body is an `Erased`.
  ERASED(3),
  /// The body is a `RoleEntry`.
  ROLE(4),
  /// The body is empty.
  LEFT(5),
  /// The body is a `ResetEntry`.
  RESET(6);

  final int code;

  EntryKind(int code) {
    this.code = code;
  }

  static EntryKind of(int code) {
    return switch (code) {
      case 1 -> MESSAGE;
      case 2 -> COMMIT;
      case 3 -> ERASED;
      case 4 -> ROLE;
      case 5 -> LEFT;
      case 6 -> RESET;
      default -> throw new IllegalStateException("stored entry kind " + code);
    };
  }
}
