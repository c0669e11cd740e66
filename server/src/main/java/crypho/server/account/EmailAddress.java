package crypho.server.account;

import crypho.base.Personal;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An e-mail address that has been checked for form and normalised: white space at the ends cut,
/// Unicode NFC, lower case, the domain in its ASCII form. Two spellings of one mailbox that differ
/// only in these are one address; nothing else is assumed about local parts (no cutting at `+`).
public record EmailAddress(String value) {
  /// Octets of a path without its angle brackets (RFC 5321 §4.5.3.1.3).
  private static final int BYTES_MAX = 254;

  private static final int LOCAL_BYTES_MAX = 64;
  private static final Pattern LOCAL =
      Pattern.compile("[\\p{L}\\p{N}!#$%&'*+/=?^_`{|}~-]+(\\.[\\p{L}\\p{N}!#$%&'*+/=?^_`{|}~-]+)*");
  private static final Pattern DOMAIN =
      Pattern.compile("([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  /// The normalised address, or null where `text` has not the form of one.
  public static @Nullable EmailAddress parse(String text) {
    var trimmed = Normalizer.normalize(text.strip(), Normalizer.Form.NFC);
    int at = trimmed.lastIndexOf('@');
    if (at < 1 || trimmed.length() > BYTES_MAX) {
      return null;
    }
    var local = trimmed.substring(0, at).toLowerCase(Locale.ROOT);
    var domain = asciiDomain(trimmed.substring(at + 1));
    var address = local + "@" + domain;
    boolean isSound =
        domain != null
            && LOCAL.matcher(local).matches()
            && DOMAIN.matcher(domain).matches()
            && utf8Length(local) <= LOCAL_BYTES_MAX
            && utf8Length(address) <= BYTES_MAX;
    return isSound ? new EmailAddress(address) : null;
  }

  private static @Nullable String asciiDomain(String domain) {
    try {
      return IDN.toASCII(domain).toLowerCase(Locale.ROOT);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public String toString() {
    return Personal.email(value).toString();
  }
}
