package crypho.server.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.Properties;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// The pool of connections to PostgreSQL, embedded or not, and what is built on it.
public final class Database implements AutoCloseable {
  /// Enough for the writers, the reads and the mail queue; the embedded server takes 40.
  private static final int CONNECTIONS_MAX = 16;

  /// A call waits this long for a connection, then answers UNAVAILABLE.
  private static final Duration CONNECTION_WAIT_MAX = Duration.ofSeconds(3);

  private final HikariDataSource pool;
  private final Jdbi jdbi;
  private final Db db;
  private @Nullable DatabaseProbe probe;

  private Database(HikariConfig config) {
    this.pool = new HikariDataSource(config);
    this.jdbi = Jdbi.create(pool);
    this.db = new Db(jdbi);
  }

  /// Connects to the embedded server.
  public static Database embedded(EmbeddedPostgres postgres) {
    return embedded(postgres, EmbeddedPostgres.DATABASE, CONNECTIONS_MAX);
  }

  /// One of the embedded server's databases, by name.
  public static Database embedded(EmbeddedPostgres postgres, String name, int connectionsMax) {
    var config = config("jdbc:postgresql://localhost/" + name, connectionsMax);
    config.setUsername(EmbeddedPostgres.ROLE);
    config.addDataSourceProperty("sslmode", "disable");
    config.addDataSourceProperty("gssEncMode", "disable");
    config.addDataSourceProperty("socketFactory", UnixSocketFactory.class.getName());
    config.addDataSourceProperty("socketFactoryArg", postgres.socket().toString());
    return new Database(config);
  }

  /// @param url JDBC URL, with user, password and sslmode as its parameters where needed
  public static Database external(String url) {
    return external(url, CONNECTIONS_MAX);
  }

  public static Database external(String url, int connectionsMax) {
    return new Database(config(url, connectionsMax));
  }

  private static HikariConfig config(String url, int connectionsMax) {
    var config = new HikariConfig();
    config.setPoolName("crypho");
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(connectionsMax);
    config.setMinimumIdle(Math.min(2, connectionsMax));
    config.setConnectionTimeout(CONNECTION_WAIT_MAX.toMillis());
    config.setValidationTimeout(Duration.ofSeconds(1).toMillis());
    config.setInitializationFailTimeout(-1);
    config.setAutoCommit(true);
    config.addDataSourceProperty("reWriteBatchedInserts", "true");
    config.addDataSourceProperty("prepareThreshold", "2");
    config.addDataSourceProperty("connectTimeout", "3");
    config.addDataSourceProperty("socketTimeout", "30");
    config.addDataSourceProperty("tcpKeepAlive", "true");
    config.addDataSourceProperty("ApplicationName", "crypho");
    config.addDataSourceProperty("logServerErrorDetail", "false");
    return config;
  }

  public Db db() {
    return db;
  }

  public Jdbi jdbi() {
    return jdbi;
  }

  public DataSource dataSource() {
    return pool;
  }

  /// @throws UnsupportedPostgresException where the server is too old for the schema
  public void requireSupportedVersion() throws UnsupportedPostgresException {
    var number =
        jdbi.withHandle(
            handle -> handle.createQuery("SHOW server_version_num").mapTo(Integer.class).one());
    UnsupportedPostgresException.throwIfOlder(number);
  }

  /// Keeps [Db#isAway] true to the facts from now on.
  public void watch() {
    var properties = new Properties();
    properties.putAll(pool.getDataSourceProperties());
    if (pool.getUsername() != null) {
      properties.setProperty("user", pool.getUsername());
    }
    probe = new DatabaseProbe(pool.getJdbcUrl(), properties, db);
  }

  @Override
  public void close() {
    if (probe != null) {
      probe.close();
    }
    pool.close();
  }
}
