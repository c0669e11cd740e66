package crypho.rtc.ice;

/// What carries packets. TLS is TCP here: engines see what comes out of it.
public enum Protocol {
  UDP,
  TCP
}
