package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The three statements of a batch of messages: lock and read the heads, look the senders up,
/// write. Plain JDBC with arrays, so that a batch costs the same few round trips whatever its size.
final class SendSql {
  /// A locked conversation; `head` moves on as messages of the batch are accepted.
  static final class Row {
    final long rowId;
    final ConversationId id;
    Head head;
    @Nullable List<Pending> pending;

    Row(long rowId, ConversationId id, Head head) {
      this.rowId = rowId;
      this.id = id;
      this.head = head;
    }
  }

  private static final String LOCK =
      "SELECT c.row_id, c.id, "
          + ConversationSql.HEAD_COLUMNS
          + " FROM conversation c WHERE c.id = ANY (?) ORDER BY c.row_id FOR NO KEY UPDATE";

  // Sub-selects rather than joins: each is one index probe a message, whatever the planner believes
  // about the tables' sizes.
  private static final String SENDERS =
      """
      SELECT s.place,
        (SELECT m.role FROM conversation_member m
          WHERE m.conversation = s.conversation AND m.account = s.account AND m.until_seq IS NULL),
        EXISTS (SELECT FROM conversation_leaf l
          WHERE l.conversation = s.conversation AND l.device = s.device AND l.account = s.account),
        prior.seq, prior.time_ms
      FROM unnest(?::int[], ?::bigint[], ?::uuid[], ?::bigint[], ?::uuid[])
        AS s (place, conversation, account, device, client_id)
      LEFT JOIN LATERAL (
        SELECT e.seq, e.time_ms FROM conversation_entry e
        WHERE e.conversation = s.conversation AND e.device = s.device AND e.client_id = s.client_id
        LIMIT 1
      ) prior ON true
      """;

  private static final String ERASABLE =
      """
      SELECT s.place, e.account, e.kind
      FROM unnest(?::int[], ?::bigint[], ?::bigint[]) AS s (place, conversation, seq)
      JOIN LATERAL (
        SELECT e.account, e.kind FROM conversation_entry e
        WHERE e.conversation = s.conversation AND e.seq = s.seq LIMIT 1
      ) e ON true
      """;

  private static final String WRITE =
      """
      WITH written AS (
        INSERT INTO conversation_entry (conversation, seq, time_ms, epoch, account, device,
          client_id, generation, kind, body)
        SELECT conversation, seq, time_ms, epoch, account, device, client_id, generation, 1, body
        FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::uuid[], ?::bigint[],
            ?::uuid[], ?::int[], ?::bytea[])
          AS e (conversation, seq, time_ms, epoch, account, device, client_id, generation, body)
      )
      UPDATE conversation c SET last_seq = h.last_seq, last_time_ms = h.last_time_ms
      FROM unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS h (row_id, last_seq, last_time_ms)
      WHERE c.row_id = h.row_id
      """;

  private final Connection connection;

  SendSql(Connection connection) {
    this.connection = connection;
  }

  /// In the order of row ids, so that two batches never wait for each other in a circle.
  Map<ConversationId, Row> lock(Collection<ConversationId> ids) throws SQLException {
    var out = new HashMap<ConversationId, Row>();
    try (var statement = connection.prepareStatement(LOCK)) {
      set(statement, 1, "uuid", ids.stream().map(ConversationId::value).toArray(UUID[]::new));
      try (var rs = statement.executeQuery()) {
        while (rs.next()) {
          var id = new ConversationId(rs.getObject("id", UUID.class));
          out.put(id, new Row(rs.getLong("row_id"), id, ConversationSql.head(rs)));
        }
      }
    }
    return out;
  }

  /// What the rules must know of each draft's sender, by its place in the list. Drafts of unknown
  /// conversations get null.
  List<SendRules.@Nullable Sender> senders(List<Draft> drafts, Map<ConversationId, Row> rows)
      throws SQLException {
    int count = drafts.size();
    var places = new ArrayList<Integer>(count);
    var out = new ArrayList<SendRules.@Nullable Sender>(count);
    boolean erases = false;
    for (int place = 0; place < count; place++) {
      out.add(null);
      if (rows.containsKey(drafts.get(place).conversation())) {
        places.add(place);
        erases |= drafts.get(place).erasesSeq() != 0;
      }
    }
    if (places.isEmpty()) {
      return out;
    }
    var erasable = erases ? erasable(drafts, rows, places) : Map.<Integer, SendRules.Erasable>of();
    try (var statement = connection.prepareStatement(SENDERS)) {
      set(statement, 1, "int4", places.toArray(Integer[]::new));
      set(statement, 2, "int8", rowIds(drafts, rows, places));
      set(
          statement,
          3,
          "uuid",
          places.stream().map(place -> drafts.get(place).account()).toArray(UUID[]::new));
      set(
          statement,
          4,
          "int8",
          places.stream().map(place -> drafts.get(place).device()).toArray(Long[]::new));
      set(
          statement,
          5,
          "uuid",
          places.stream().map(place -> drafts.get(place).clientId()).toArray(UUID[]::new));
      try (var rs = statement.executeQuery()) {
        while (rs.next()) {
          int place = rs.getInt(1);
          int role = rs.getInt(2);
          long seq = rs.getLong(4);
          var prior = rs.wasNull() ? null : new SendRules.Prior(seq, rs.getLong(5));
          out.set(
              place,
              new SendRules.Sender(
                  role == 0 ? null : MemberRole.of(role),
                  rs.getBoolean(3),
                  prior,
                  erasable.get(place)));
        }
      }
    }
    return out;
  }

  private Map<Integer, SendRules.Erasable> erasable(
      List<Draft> drafts, Map<ConversationId, Row> rows, List<Integer> places) throws SQLException {
    var erasing = places.stream().filter(place -> drafts.get(place).erasesSeq() != 0).toList();
    var out = new HashMap<Integer, SendRules.Erasable>();
    try (var statement = connection.prepareStatement(ERASABLE)) {
      set(statement, 1, "int4", erasing.toArray(Integer[]::new));
      set(statement, 2, "int8", rowIds(drafts, rows, erasing));
      set(
          statement,
          3,
          "int8",
          erasing.stream().map(place -> drafts.get(place).erasesSeq()).toArray(Long[]::new));
      try (var rs = statement.executeQuery()) {
        while (rs.next()) {
          out.put(
              rs.getInt(1),
              new SendRules.Erasable(rs.getObject(2, UUID.class), EntryKind.of(rs.getInt(3))));
        }
      }
    }
    return out;
  }

  private static Long[] rowIds(
      List<Draft> drafts, Map<ConversationId, Row> rows, List<Integer> places) {
    var out = new Long[places.size()];
    for (int i = 0; i < out.length; i++) {
      var row = rows.get(drafts.get(places.get(i)).conversation());
      out[i] = row == null ? 0L : row.rowId;
    }
    return out;
  }

  /// An accepted message and the conversation that it goes to.
  record Written(Row row, Entry entry) {}

  void write(List<Written> written, Collection<Row> touched) throws SQLException {
    int count = written.size();
    var conversations = new Long[count];
    var seqs = new Long[count];
    var times = new Long[count];
    var epochs = new Long[count];
    var accounts = new UUID[count];
    var devices = new Long[count];
    var clients = new UUID[count];
    var generations = new Integer[count];
    var bodies = new byte[count][];
    for (int i = 0; i < count; i++) {
      var entry = written.get(i).entry();
      conversations[i] = written.get(i).row().rowId;
      seqs[i] = entry.seq();
      times[i] = entry.timeMs();
      epochs[i] = entry.epoch();
      accounts[i] = entry.account();
      devices[i] = entry.device();
      clients[i] = Objects.requireNonNull(entry.clientId(), "a message has a client id");
      generations[i] = entry.generation();
      bodies[i] = entry.body().toByteArray();
    }
    try (var statement = connection.prepareStatement(WRITE)) {
      set(statement, 1, "int8", conversations);
      set(statement, 2, "int8", seqs);
      set(statement, 3, "int8", times);
      set(statement, 4, "int8", epochs);
      set(statement, 5, "uuid", accounts);
      set(statement, 6, "int8", devices);
      set(statement, 7, "uuid", clients);
      set(statement, 8, "int4", generations);
      set(statement, 9, "bytea", bodies);
      set(statement, 10, "int8", touched.stream().map(row -> row.rowId).toArray(Long[]::new));
      set(
          statement,
          11,
          "int8",
          touched.stream().map(row -> row.head.lastSeq()).toArray(Long[]::new));
      set(
          statement,
          12,
          "int8",
          touched.stream().map(row -> row.head.lastTimeMs()).toArray(Long[]::new));
      statement.executeUpdate();
    }
  }

  List<Pending> pending(long rowId) throws SQLException {
    var out = new ArrayList<Pending>();
    try (var statement =
        connection.prepareStatement(
            "SELECT account, device, has_leaf FROM conversation_pending WHERE conversation = ?")) {
      statement.setLong(1, rowId);
      try (var rs = statement.executeQuery()) {
        while (rs.next()) {
          out.add(
              new Pending(
                  new AccountId(rs.getObject(1, UUID.class)),
                  rs.getBoolean(3) ? DeviceCode.toDevice(rs.getLong(2)) : null));
        }
      }
    }
    return out;
  }

  private void set(PreparedStatement statement, int index, String type, Object[] values)
      throws SQLException {
    statement.setArray(index, connection.createArrayOf(type, values));
  }
}
