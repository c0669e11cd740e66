package crypho.client;

/// The server's answer is none that an honest server gives: keys that do not open, devices without
/// a certificate, members that nobody vouches for. Nothing was sent under such keys.
public final class ClientException extends Exception {
  private static final long serialVersionUID = 1;

  public ClientException(String what) {
    super(what);
  }

  public ClientException(String what, Throwable cause) {
    super(what, cause);
  }
}
