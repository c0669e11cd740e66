package crypho.base;

/// Bytes from outside that are not what they claim: says where, at which offset, and why. Datagram
/// paths drop and count it; HTTP answers 400.
public final class DecodeException extends Exception {
  private static final long serialVersionUID = 1;

  private final String where;
  private final int offset;

  public DecodeException(String where, int offset, String why) {
    super(where + " at " + offset + ": " + why);
    this.where = where;
    this.offset = offset;
  }

  /// The structure or field that was being read.
  public String where() {
    return where;
  }

  /// Offset in bytes from the start of the input.
  public int offset() {
    return offset;
  }
}
