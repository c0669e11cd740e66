package crypho.server.http;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// The `Date` header (RFC 9110 §6.6.1), formatted once a second. Clients whose own clock is wrong
/// go by it before they have a socket.
final class HttpDate {
  /// IMF-fixdate: two digits for the day, always GMT.
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private record Stamp(long second, String text) {}

  private volatile Stamp stamp = new Stamp(Long.MIN_VALUE, "");

  String at(Instant now) {
    var last = stamp;
    if (last.second() != now.getEpochSecond()) {
      last = new Stamp(now.getEpochSecond(), FORMAT.format(now));
      stamp = last;
    }
    return last.text();
  }
}
