package crypho.base;

import java.security.MessageDigest;
import java.util.Arrays;

/// Key material, a token or a password. Cannot be printed, compares in constant time, and is wiped
/// by [#close].
public final class Secret implements AutoCloseable {
  private final byte[] value;
  private boolean closed;

  private Secret(byte[] value) {
    this.value = value;
  }

  public static Secret copyOf(byte[] source) {
    return new Secret(source.clone());
  }

  /// Takes over `source` without a copy: the caller must not keep it.
  public static Secret wrap(byte[] source) {
    return new Secret(source);
  }

  public int size() {
    return value.length;
  }

  /// A copy of the secret; the caller wipes it.
  ///
  /// @throws IllegalStateException after [#close]
  public byte[] reveal() {
    Invariant.check(!closed, "a secret is not used after it was wiped");
    return value.clone();
  }

  @Override
  public void close() {
    closed = true;
    Arrays.fill(value, (byte) 0);
  }

  /// Constant time in the length of the shorter value.
  @Override
  public boolean equals(Object other) {
    return other instanceof Secret that && MessageDigest.isEqual(value, that.value);
  }

  @Override
  public int hashCode() {
    return Secret.class.hashCode();
  }

  @Override
  public String toString() {
    return "Secret[" + value.length + " bytes]";
  }
}
