package crypho.server.db;

import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the database twice a second, over a connection of its own, whether it answers. While it
/// does not, [Db] refuses calls at once: otherwise each of them would wait for the pool to find
/// out, and hold its place among the calls meanwhile.
final class DatabaseProbe implements AutoCloseable {
  /// A database that takes longer than this for nothing at all is away.
  static final Duration ANSWER_MAX = Duration.ofSeconds(2);

  private static final Duration ASK_EVERY = Duration.ofMillis(500);
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseProbe.class);

  private final String url;
  private final Properties properties;
  private final Db db;
  private final Thread thread;
  private @Nullable Connection connection;

  DatabaseProbe(String url, Properties properties, Db db) {
    this.url = url;
    this.properties = properties;
    this.db = db;
    properties.setProperty("socketTimeout", Long.toString(ANSWER_MAX.toSeconds()));
    this.thread = Thread.ofVirtual().name("database-probe").start(this::watch);
  }

  private void watch() {
    while (!Thread.currentThread().isInterrupted()) {
      boolean isAway = !answers();
      if (isAway != db.isAway() && !Thread.currentThread().isInterrupted()) {
        LOG.warn("event=database.{}", isAway ? "away" : "back");
        db.setAway(isAway);
      }
      try {
        Thread.sleep(ASK_EVERY);
      } catch (InterruptedException e) {
        break;
      }
    }
    drop();
  }

  private boolean answers() {
    boolean wasOpen = connection != null;
    try {
      var open = connection;
      if (open == null) {
        open = DriverManager.getConnection(url, properties);
        connection = open;
      }
      try (var statement = open.createStatement()) {
        return statement.execute("SELECT 1");
      }
    } catch (SQLException e) {
      drop();
      // An old connection may have ended with a server that has been replaced since.
      return wasOpen && !isTimeout(e) && answers();
    }
  }

  private static boolean isTimeout(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SocketTimeoutException) {
        return true;
      }
    }
    return false;
  }

  private void drop() {
    var open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        LOG.debug("event=database.probe_closed", e);
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
