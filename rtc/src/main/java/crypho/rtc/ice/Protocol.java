package crypho.rtc.ice;

/// What carries packets. TLS is TCP here: engines see what comes out of it.
public enum Protocol {
  UDP,
  TCP;

  /// As it is signalled: in small letters.
  public String text() {
    return switch (this) {
      case UDP -> "udp";
      case TCP -> "tcp";
    };
  }
}
