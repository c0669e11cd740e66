package crypho.base;

/// States what must hold. A broken one is a defect of ours: it ends the request or engine, is never
/// swallowed, and stays on in production.
public final class Invariant {
  private Invariant() {}

  /// @throws IllegalStateException with `rule` where `holds` is false
  public static void check(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalStateException("broken invariant: " + rule);
    }
  }
}
