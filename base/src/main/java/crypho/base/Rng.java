package crypho.base;

import java.security.SecureRandom;

/// Randomness as an argument, so that a simulation can replay it.
@FunctionalInterface
public interface Rng {
  void fill(byte[] target);

  default byte[] bytes(int size) {
    var out = new byte[size];
    fill(out);
    return out;
  }

  /// The operating system's generator, for everything outside tests.
  static Rng secure() {
    var random = new SecureRandom();
    return random::nextBytes;
  }
}
