package crypho.bench;

import crypho.base.Rng;
import crypho.server.db.Database;
import crypho.server.db.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;

/// ejabberd's database, on the same embedded PostgreSQL with the same settings as ours, filled with
/// the same people.
final class EjabberdData implements AutoCloseable {
  private static final String NAME = "ejabberd";
  private static final Path SCHEMA = Path.of("/usr/share/ejabberd/sql/pg.sql");
  private static final int CONNECTIONS = 2;

  private final EmbeddedPostgres postgres;
  private final Database database;
  private final String password;
  private final int port;
  private final double startSeconds;
  private final Thread atExit = new Thread(this::stop);

  private EjabberdData(EmbeddedPostgres postgres, String password, int port, double startSeconds) {
    this.postgres = postgres;
    this.database = Database.embedded(postgres, NAME, CONNECTIONS);
    this.password = password;
    this.port = port;
    this.startSeconds = startSeconds;
  }

  /// Makes the cluster, the schema and the people; then starts it where ejabberd, which knows no
  /// Unix sockets, can reach it.
  static EjabberdData create(Path data, Instant now) throws IOException, SQLException {
    var password = HexFormat.of().formatHex(Rng.secure().bytes(16));
    try (var postgres = EmbeddedPostgres.start(data, data, EmbeddedPostgres.Durability.DURABLE)) {
      try (var whole = Database.embedded(postgres);
          var connection = whole.dataSource().getConnection()) {
        execute(connection, "CREATE ROLE " + NAME + " LOGIN PASSWORD '" + password + "'");
        execute(connection, "CREATE DATABASE " + NAME + " OWNER " + NAME);
      }
      try (var own = Database.embedded(postgres, NAME, CONNECTIONS);
          var connection = own.dataSource().getConnection()) {
        execute(connection, "SET ROLE " + NAME);
        execute(connection, Files.readString(SCHEMA));
        people(connection);
        history(connection, now);
        execute(connection, "ANALYZE");
      }
    }
    Files.writeString(
        data.resolve("pg").resolve("pg_hba.conf"),
        "host " + NAME + " " + NAME + " 127.0.0.1/32 scram-sha-256\n",
        StandardOpenOption.APPEND);
    var port = ServerProcess.freePort();
    var began = System.nanoTime();
    var postgres = EmbeddedPostgres.start(data, data, EmbeddedPostgres.Durability.DURABLE, port);
    var seconds = (System.nanoTime() - began) / 1e9;
    var made = new EjabberdData(postgres, password, port, seconds);
    Runtime.getRuntime().addShutdownHook(made.atExit);
    return made;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void people(Connection connection) throws SQLException {
    execute(
        connection,
        "INSERT INTO users (username, password) SELECT 'u' || n, 'p' || n FROM generate_series(0, "
            + (Layout.PEOPLE - 1)
            + ") n");
  }

  /// What the returning people find in their archives: each as many messages as our people find in
  /// their conversation.
  private static void history(Connection connection, Instant now) throws SQLException {
    var oldest = historyAt(now, 0);
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO archive (username, timestamp, peer, bare_peer, xml, txt, kind, nick)"
                + " SELECT 'u' || n, ? + i * 1000000, ?, ?, '<message xmlns=''jabber:client''"
                + " type=''chat'' from=''' || ? || ''' id=''h' || i || '''><body>' || ?"
                + " || '</body></message>', ?, 'chat', ''"
                + " FROM generate_series(?, ?) n, generate_series(0, ?) i")) {
      var body = XmppMessage.body();
      var sender = Ejabberd.user(0) + "@" + Ejabberd.DOMAIN;
      insert.setLong(1, oldest);
      insert.setString(2, sender + "/" + Ejabberd.RESOURCE);
      insert.setString(3, sender);
      insert.setString(4, sender);
      insert.setString(5, body);
      insert.setString(6, body);
      insert.setInt(7, Layout.RETURNING_FROM);
      insert.setInt(8, Layout.RETURNING_TO - 1);
      insert.setInt(9, Layout.HISTORY - 1);
      insert.executeUpdate();
    }
  }

  /// When the message with this index was archived, which is its id (microseconds).
  static long historyAt(Instant now, int index) {
    return now.minus(Duration.ofHours(1)).toEpochMilli() * 1000 + index * 1_000_000L;
  }

  EmbeddedPostgres postgres() {
    return postgres;
  }

  String user() {
    return NAME;
  }

  String name() {
    return NAME;
  }

  String password() {
    return password;
  }

  int port() {
    return port;
  }

  double startSeconds() {
    return startSeconds;
  }

  /// How many messages the archives hold, of users and rooms.
  long archived() throws SQLException {
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement();
        var result = statement.executeQuery("SELECT count(*) FROM archive")) {
      result.next();
      return result.getLong(1);
    }
  }

  private void stop() {
    database.close();
    postgres.close();
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(atExit);
    stop();
  }
}
