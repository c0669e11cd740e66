package crypho.server.app;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.slf4j.LoggerFactory;

/// Loads what is needed to report that the process has run out of file descriptors. A class that is
/// first loaded then would need one itself, and the failure would end the acceptor for good.
final class Warm {
  private Warm() {}

  static void up() {
    var now = ZonedDateTime.ofInstant(Instant.EPOCH, ZoneOffset.systemDefault());
    var text = DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(now);
    // An exception's stack trace goes through the same classes as the failure's will.
    LoggerFactory.getLogger("crypho.warm")
        .atDebug()
        .setCause(new IllegalStateException(text))
        .log("event=warm");
  }
}
