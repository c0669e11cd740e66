package crypho.rtc.dtls;

import crypho.base.Bytes;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The hash of a certificate as signalling carries it (RFC 8122 §5).
public record DtlsFingerprint(Algorithm algorithm, Bytes hash) {
  private static final HexFormat COLONS = HexFormat.ofDelimiter(":").withUpperCase();

  /// The hash functions we accept; shorter ones no longer bind.
  public enum Algorithm {
    SHA_256("sha-256", 32),
    SHA_384("sha-384", 48),
    SHA_512("sha-512", 64);

    private final String text;
    private final int bytes;

    Algorithm(String text, int bytes) {
      this.text = text;
      this.bytes = bytes;
    }

    /// The name in SDP and in mediasoup's parameters.
    public String text() {
      return text;
    }

    /// The name that Java has for it.
    private String digestName() {
      return text.toUpperCase(Locale.ROOT);
    }
  }

  public DtlsFingerprint {
    if (hash.size() != algorithm.bytes) {
      throw new IllegalArgumentException("a fingerprint has its algorithm's length");
    }
  }

  /// Reads `sha-256` and `AB:CD:…` in either case; null where it is none of ours.
  public static @Nullable DtlsFingerprint parse(String algorithm, String value) {
    for (var known : Algorithm.values()) {
      if (known.text.equalsIgnoreCase(algorithm)) {
        try {
          var hash = COLONS.parseHex(value);
          return hash.length == known.bytes ? new DtlsFingerprint(known, Bytes.wrap(hash)) : null;
        } catch (IllegalArgumentException _) {
          return null;
        }
      }
    }
    return null;
  }

  /// The fingerprint of a DER-encoded certificate.
  public static DtlsFingerprint of(Algorithm algorithm, byte[] certificate) {
    try {
      var digest = MessageDigest.getInstance(algorithm.digestName());
      return new DtlsFingerprint(algorithm, Bytes.wrap(digest.digest(certificate)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Whether a certificate is the one named, in constant time.
  public boolean matches(byte[] certificate) {
    return MessageDigest.isEqual(hash.toArray(), of(algorithm, certificate).hash.toArray());
  }

  /// `AB:CD:…`
  public String value() {
    return COLONS.formatHex(hash.toArray());
  }
}
