package crypho.mls;

import java.time.Instant;

/// When a key package may be used (RFC 9420 §7.2), in seconds since 1970, unsigned.
public record Lifetime(long notBefore, long notAfter) {
  public boolean contains(Instant now) {
    var seconds = now.getEpochSecond();
    return Long.compareUnsigned(notBefore, seconds) <= 0
        && Long.compareUnsigned(seconds, notAfter) <= 0;
  }
}
