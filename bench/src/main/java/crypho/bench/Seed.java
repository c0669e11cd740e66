package crypho.bench;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.server.db.Database;
import crypho.server.db.EmbeddedPostgres;
import crypho.server.db.Migrations;
import crypho.server.seal.Sealer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/// Writes people, sessions and conversations straight into a data directory, in bulk: signing up
/// 15,000 people by way of Argon2id would take most of an hour and measure nothing that we ask
/// here. The rows are those that the server itself would have written, sealed fields included; keys
/// are random bytes, since the server never uses them.
final class Seed implements AutoCloseable {
  private static final int BATCH = 500;
  private static final Duration SESSION = Duration.ofDays(90);
  private static final int ROLE_MEMBER = 1;
  private static final int ROLE_OWNER = 3;
  private static final int KIND_DIRECT = 1;
  private static final int KIND_GROUP = 2;
  private static final int ENTRY_MESSAGE = 1;

  private final EmbeddedPostgres postgres;
  private final Database database;
  private final Connection connection;
  private final Sealer sealer;
  private final Rng rng = Rng.secure();
  private final Timestamp now;

  private Seed(EmbeddedPostgres postgres, Database database, Sealer sealer, Instant now)
      throws SQLException {
    this.postgres = postgres;
    this.database = database;
    this.sealer = sealer;
    this.now = Timestamp.from(now);
    this.connection = database.dataSource().getConnection();
    this.connection.setAutoCommit(false);
  }

  /// Opens the data directory of a server that is not running and has run once.
  static Seed open(Path data, Instant now) throws IOException, SQLException {
    var master = HexFormat.of().parseHex(Files.readString(data.resolve("master.key")).strip());
    var postgres = EmbeddedPostgres.start(data, data, EmbeddedPostgres.Durability.DURABLE);
    var database = Database.embedded(postgres);
    Migrations.apply(database);
    try (var secret = Secret.wrap(master)) {
      return new Seed(postgres, database, new Sealer(secret, Rng.secure()), now);
    }
  }

  /// People numbered `from` to `to` (exclusive), each with one device and a session.
  void people(int from, int to) throws SQLException {
    try (var accounts =
            connection.prepareStatement(
                "INSERT INTO account (account_id, data_key, email_hash, email_sealed,"
                    + " display_name_sealed, language, kdf_salt, kdf_memory_kib, kdf_iterations,"
                    + " kdf_parallelism, auth_salt, auth_hash, totp_secret_sealed, totp_step,"
                    + " key_generation, identity_public_key, sealed_identity_key,"
                    + " deposit_public_key, deposit_signature, created_at, first_device_at)"
                    + " VALUES (?,?,?,?,?,2,?,65536,3,1,?,?,?,0,1,?,?,?,?,?,?)");
        var devices =
            connection.prepareStatement(
                "INSERT INTO device (device_id, account_id, mls_signature_key, signing_key,"
                    + " unlock_key, certificate, sealed_name, is_shared_computer, linked_at,"
                    + " last_seen_at) VALUES (?,?,?,?,?,?,?,false,?,?)");
        var sessions =
            connection.prepareStatement(
                "INSERT INTO session (token_hash, account_id, device_id, is_shared_computer,"
                    + " created_at, last_used_at, expires_at) VALUES (?,?,?,false,?,?,?)")) {
      for (var number = from; number < to; number++) {
        account(accounts, number);
        device(devices, number);
        session(sessions, number);
        if ((number + 1) % BATCH == 0 || number + 1 == to) {
          accounts.executeBatch();
          devices.executeBatch();
          sessions.executeBatch();
        }
      }
    }
    connection.commit();
  }

  private void account(PreparedStatement row, int number) throws SQLException {
    var email = "bench" + number + "@example.org";
    var dataKey = sealer.newDataKey();
    row.setObject(1, People.account(number).value());
    row.setBytes(2, dataKey);
    row.setBytes(3, sealer.lookupHash("email", email));
    row.setBytes(4, sealer.seal(dataKey, "account.email", email));
    row.setBytes(5, sealer.seal(dataKey, "account.display_name", "Bench " + number));
    row.setBytes(6, rng.bytes(16));
    row.setBytes(7, rng.bytes(16));
    row.setBytes(8, rng.bytes(32));
    row.setBytes(9, sealer.seal(dataKey, "account.totp_secret", rng.bytes(20)));
    row.setBytes(10, rng.bytes(32));
    row.setBytes(11, rng.bytes(60));
    row.setBytes(12, rng.bytes(32));
    row.setBytes(13, rng.bytes(64));
    row.setTimestamp(14, now);
    row.setTimestamp(15, now);
    row.addBatch();
  }

  private void device(PreparedStatement row, int number) throws SQLException {
    row.setString(1, People.device(number).hex());
    row.setObject(2, People.account(number).value());
    row.setBytes(3, rng.bytes(32));
    row.setBytes(4, rng.bytes(32));
    row.setBytes(5, rng.bytes(32));
    row.setBytes(6, rng.bytes(64));
    row.setBytes(7, rng.bytes(40));
    row.setTimestamp(8, now);
    row.setTimestamp(9, now);
    row.addBatch();
  }

  private void session(PreparedStatement row, int number) throws SQLException {
    row.setBytes(1, Sealer.tokenHash(People.token(number)));
    row.setObject(2, People.account(number).value());
    row.setString(3, People.device(number).hex());
    row.setTimestamp(4, now);
    row.setTimestamp(5, now);
    row.setTimestamp(6, Timestamp.from(now.toInstant().plus(SESSION)));
    row.addBatch();
  }

  /// A one-to-one conversation, epoch 0, ready for messages.
  void direct(ConversationId id, int one, int other) throws SQLException {
    conversation(id, KIND_DIRECT, new int[] {one, other}, 0);
  }

  /// A group whose first member owns it, with `history` messages in its log.
  void group(ConversationId id, int[] members, int history) throws SQLException {
    conversation(id, KIND_GROUP, members, history);
  }

  private void conversation(ConversationId id, int kind, int[] members, int history)
      throws SQLException {
    var row = insertConversation(id, kind, members, history);
    try (var group =
            connection.prepareStatement(
                "INSERT INTO conversation_group (conversation, delivery_state, group_info,"
                    + " commit_seq) VALUES (?, '', '', 0)");
        var member =
            connection.prepareStatement(
                "INSERT INTO conversation_member (conversation, account, role, since_ms,"
                    + " first_seq) VALUES (?,?,?,?,1)");
        var leaf =
            connection.prepareStatement(
                "INSERT INTO conversation_leaf (conversation, device, account) VALUES (?,?,?)")) {
      group.setLong(1, row);
      group.executeUpdate();
      for (var i = 0; i < members.length; i++) {
        var account = People.account(members[i]).value();
        member.setLong(1, row);
        member.setObject(2, account);
        member.setInt(3, i == 0 && kind == KIND_GROUP ? ROLE_OWNER : ROLE_MEMBER);
        member.setLong(4, now.getTime());
        member.addBatch();
        leaf.setLong(1, row);
        leaf.setLong(2, Long.parseUnsignedLong(People.device(members[i]).hex(), 16));
        leaf.setObject(3, account);
        leaf.addBatch();
      }
      member.executeBatch();
      leaf.executeBatch();
    }
    for (var seq = 1; seq <= history; seq++) {
      entry(row, id, seq, members[seq % members.length]);
    }
    connection.commit();
  }

  private long insertConversation(ConversationId id, int kind, int[] members, int history)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO conversation (id, kind, creator, direct_low, direct_high, generation,"
                + " epoch, last_seq, last_time_ms, is_deposited, pending_count)"
                + " VALUES (?,?,?,?,?,0,0,?,?,true,0) RETURNING row_id")) {
      var pair =
          kind == KIND_DIRECT
              ? lowFirst(People.account(members[0]), People.account(members[1]))
              : List.<AccountId>of();
      insert.setObject(1, id.value());
      insert.setInt(2, kind);
      insert.setObject(3, People.account(members[0]).value());
      insert.setObject(4, pair.isEmpty() ? null : pair.getFirst().value());
      insert.setObject(5, pair.isEmpty() ? null : pair.getLast().value());
      insert.setLong(6, history);
      insert.setLong(7, now.getTime());
      try (var keys = insert.executeQuery()) {
        keys.next();
        return keys.getLong(1);
      }
    }
  }

  private void entry(long row, ConversationId id, int seq, int sender) throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "INSERT INTO conversation_entry (conversation, seq, time_ms, epoch, account, device,"
                + " client_id, generation, kind, body) VALUES (?,?,?,0,?,?,?,0,?,?)")) {
      var message = new BenchMessage(id, sender).next();
      insert.setLong(1, row);
      insert.setLong(2, seq);
      insert.setLong(3, now.getTime());
      insert.setObject(4, People.account(sender).value());
      insert.setLong(5, Long.parseUnsignedLong(People.device(sender).hex(), 16));
      insert.setObject(6, message.clientUuid());
      insert.setInt(7, ENTRY_MESSAGE);
      insert.setBytes(8, message.bytes().toByteArray());
      insert.executeUpdate();
    }
  }

  /// By the text form, as the database orders UUIDs.
  private static List<AccountId> lowFirst(AccountId one, AccountId other) {
    return one.toString().compareTo(other.toString()) < 0
        ? List.of(one, other)
        : List.of(other, one);
  }

  @Override
  public void close() throws SQLException {
    try (var statement = connection.createStatement()) {
      connection.setAutoCommit(true);
      statement.execute("VACUUM ANALYZE");
    } finally {
      connection.close();
      database.close();
      postgres.close();
    }
  }
}
