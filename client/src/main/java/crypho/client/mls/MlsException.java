package crypho.client.mls;

/// Something of MLS that does not fit: a Welcome for another device, a commit of another epoch,
/// bytes that are no message. The group stays as it was.
public final class MlsException extends Exception {
  private static final long serialVersionUID = 1;

  public MlsException(String what, Throwable cause) {
    super(what, cause);
  }

  public MlsException(String what) {
    super(what);
  }
}
