package crypho.client.crypto;

/// Something sealed that does not open under the key at hand, or a signature that does not hold.
/// Says what it was, never what was in it.
public final class OpenException extends Exception {
  private static final long serialVersionUID = 1;

  public OpenException(String what) {
    super(what + " does not open");
  }
}
