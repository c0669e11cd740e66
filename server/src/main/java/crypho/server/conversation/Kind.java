package crypho.server.conversation;

import crypho.wire.v1.ConversationKind;

/// What sort of conversation it is. `code` is the stored form.
enum Kind {
  DIRECT(1, ConversationKind.CONVERSATION_KIND_DIRECT),
  GROUP(2, ConversationKind.CONVERSATION_KIND_GROUP);

  final int code;
  final ConversationKind wire;

  Kind(int code, ConversationKind wire) {
    this.code = code;
    this.wire = wire;
  }

  static Kind of(int code) {
    return switch (code) {
      case 1 -> DIRECT;
      case 2 -> GROUP;
      default -> throw new IllegalStateException("stored conversation kind " + code);
    };
  }
}
