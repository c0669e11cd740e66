package crypho.server.conversation;

import java.util.List;

/// What the rules say to one request: the answer, and what shall happen. No effects: nothing
/// changes.
///
/// @param <A> the answer
record Decision<A>(A answer, List<Effect> effects) {
  Decision {
    effects = List.copyOf(effects);
  }

  static <A> Decision<A> nothing(A answer) {
    return new Decision<>(answer, List.of());
  }
}
