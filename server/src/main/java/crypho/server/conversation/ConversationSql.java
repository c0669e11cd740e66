package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.mls.MemberId;
import crypho.wire.v1.Deposit;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Reads a conversation's state from the tables, and executes what the rules decide.
///
/// Locks: whoever changes a conversation holds its row's lock. Whoever needs several takes them in
/// the order of their row ids.
final class ConversationSql {
  static final String HEAD_COLUMNS =
      "c.kind, c.creator, c.generation, c.epoch, c.last_seq, c.last_time_ms, c.is_deposited,"
          + " c.pending_count";
  static final String ENTRY_COLUMNS =
      "e.seq, e.time_ms, e.account, e.device, e.client_id, e.generation, e.epoch, e.kind, e.body";

  /// A state, and where it lies.
  record Stored(long rowId, ConversationState state) {}

  /// What only commits and joins need.
  record StoredGroup(Bytes deliveryState, Bytes groupInfo, long commitSeq) {}

  private ConversationSql() {}

  static @Nullable Stored load(Handle handle, ConversationId id) {
    return load(handle, id, "");
  }

  /// Holds the conversation's lock to the end of the transaction.
  static @Nullable Stored lock(Handle handle, ConversationId id) {
    return load(handle, id, " FOR NO KEY UPDATE");
  }

  private record RowHead(long rowId, Head head) {}

  private static @Nullable Stored load(Handle handle, ConversationId id, String lock) {
    var row =
        handle
            .createQuery(
                "SELECT c.row_id, " + HEAD_COLUMNS + " FROM conversation c WHERE c.id = :id" + lock)
            .bind("id", id.value())
            .map((rs, _) -> new RowHead(rs.getLong("row_id"), head(rs)))
            .findOne()
            .orElse(null);
    return row == null ? null : new Stored(row.rowId(), state(handle, id, row));
  }

  private static ConversationState state(Handle handle, ConversationId id, RowHead row) {
    var members = new HashMap<AccountId, MemberState>();
    handle
        .createQuery("SELECT * FROM conversation_member WHERE conversation = :row")
        .bind("row", row.rowId())
        .map((rs, _) -> member(rs))
        .forEach(member -> members.put(member.account(), member));
    var leaves = new HashMap<DeviceId, AccountId>();
    handle
        .createQuery("SELECT device, account FROM conversation_leaf WHERE conversation = :row")
        .bind("row", row.rowId())
        .map((rs, _) -> memberId(rs))
        .forEach(leaf -> leaves.put(leaf.device(), leaf.account()));
    var pending = new HashSet<Pending>(pending(handle, row.rowId()));
    var deposited = new HashSet<AccountId>();
    handle
        .createQuery(
            """
            SELECT account FROM conversation_deposit
            WHERE conversation = :row AND generation = :generation AND epoch = :epoch
            """)
        .bind("row", row.rowId())
        .bind("generation", row.head().generation())
        .bind("epoch", row.head().epoch())
        .map((rs, _) -> account(rs, "account"))
        .forEach(deposited::add);
    return new ConversationState(id, row.head(), members, leaves, pending, deposited);
  }

  static List<Pending> pending(Handle handle, long rowId) {
    return handle
        .createQuery("SELECT * FROM conversation_pending WHERE conversation = :row")
        .bind("row", rowId)
        .map((rs, _) ->
            new Pending(
                account(rs, "account"),
                rs.getBoolean("has_leaf") ? DeviceCode.toDevice(rs.getLong("device")) : null))
        .list();
  }

  static Head head(ResultSet rs) throws SQLException {
    return new Head(
        Kind.of(rs.getInt("kind")),
        account(rs, "creator"),
        rs.getInt("generation"),
        rs.getLong("epoch"),
        rs.getLong("last_seq"),
        rs.getLong("last_time_ms"),
        rs.getBoolean("is_deposited"),
        rs.getInt("pending_count"));
  }

  static MemberState member(ResultSet rs) throws SQLException {
    long untilSeq = rs.getLong("until_seq");
    var until = rs.wasNull() ? null : new MemberState.Until(untilSeq, rs.getLong("until_ms"));
    return new MemberState(
        account(rs, "account"),
        MemberRole.of(rs.getInt("role")),
        rs.getLong("since_ms"),
        rs.getLong("first_seq"),
        until);
  }

  static Entry entry(ResultSet rs) throws SQLException {
    return new Entry(
        rs.getLong("seq"),
        rs.getLong("time_ms"),
        rs.getObject("account", UUID.class),
        rs.getLong("device"),
        rs.getObject("client_id", UUID.class),
        rs.getInt("generation"),
        rs.getLong("epoch"),
        EntryKind.of(rs.getInt("kind")),
        ByteString.copyFrom(rs.getBytes("body")));
  }

  static AccountId account(ResultSet rs, String column) throws SQLException {
    return new AccountId(rs.getObject(column, UUID.class));
  }

  static MemberId memberId(ResultSet rs) throws SQLException {
    return new MemberId(account(rs, "account"), DeviceCode.toDevice(rs.getLong("device")));
  }

  static StoredGroup group(Handle handle, long rowId) {
    return handle
        .createQuery("SELECT * FROM conversation_group WHERE conversation = :row")
        .bind("row", rowId)
        .map((rs, _) ->
            new StoredGroup(
                Bytes.wrap(rs.getBytes("delivery_state")),
                Bytes.wrap(rs.getBytes("group_info")),
                rs.getLong("commit_seq")))
        .one();
  }

  /// The commit that ended an epoch, or null.
  static @Nullable Entry commitFrom(Handle handle, long rowId, int generation, long epoch) {
    return handle
        .createQuery(
            "SELECT "
                + ENTRY_COLUMNS
                + " FROM conversation_entry e WHERE conversation = :row"
                + " AND generation = :generation AND epoch = :epoch AND kind = 2")
        .bind("row", rowId)
        .bind("generation", generation)
        .bind("epoch", epoch)
        .map((rs, _) -> entry(rs))
        .findOne()
        .orElse(null);
  }

  /// The reset that gave up a generation, or null. Resets are rare: the log is searched.
  static @Nullable Entry resetFrom(Handle handle, long rowId, int generation) {
    return handle
        .createQuery(
            "SELECT "
                + ENTRY_COLUMNS
                + " FROM conversation_entry e WHERE conversation = :row"
                + " AND generation = :generation AND kind = 6")
        .bind("row", rowId)
        .bind("generation", generation)
        .map((rs, _) -> entry(rs))
        .findOne()
        .orElse(null);
  }

  /// Creates the row; null where the id, or the pair of a direct conversation, is taken.
  static @Nullable Long create(
      Handle handle, ConversationId id, Head head, @Nullable List<AccountId> pair) {
    // The database puts the pair in order: Java's order of UUIDs is another.
    var one = pair == null ? null : pair.getFirst().value();
    var other = pair == null ? null : pair.getLast().value();
    return handle
        .createQuery(
            """
            INSERT INTO conversation (id, kind, creator, direct_low, direct_high, generation, epoch,
              last_seq, last_time_ms, is_deposited, pending_count)
            VALUES (:id, :kind, :creator, least(:one::uuid, :other::uuid),
              greatest(:one::uuid, :other::uuid), 0, 0, 0, :time, false, 0)
            ON CONFLICT DO NOTHING RETURNING row_id
            """)
        .bind("id", id.value())
        .bind("kind", head.kind().code)
        .bind("creator", head.creator().value())
        .bindBySqlType("one", one, Types.OTHER)
        .bindBySqlType("other", other, Types.OTHER)
        .bind("time", head.lastTimeMs())
        .mapTo(Long.class)
        .findOne()
        .orElse(null);
  }

  static @Nullable ConversationId directBetween(Handle handle, AccountId one, AccountId other) {
    return handle
        .createQuery(
            """
            SELECT id FROM conversation WHERE direct_low = least(:one, :other)
              AND direct_high = greatest(:one, :other)
            """)
        .bind("one", one.value())
        .bind("other", other.value())
        .map((rs, _) -> new ConversationId(rs.getObject("id", UUID.class)))
        .findOne()
        .orElse(null);
  }

  static int ownedGroups(Handle handle, AccountId account) {
    return handle
        .createQuery(
            "SELECT count(*) FROM conversation_member WHERE account = :account AND role = 3"
                + " AND until_seq IS NULL")
        .bind("account", account.value())
        .mapTo(Integer.class)
        .one();
  }

  /// Serialises what concerns one account over conversations: how many groups it owns.
  static void lockAccount(Handle handle, AccountId account) {
    handle
        .createQuery("SELECT pg_advisory_xact_lock(1, hashtext(:account))")
        .bind("account", account.toString())
        .map((_, _) -> true)
        .one();
  }

  /// Holds off [#lockDevice] for these: a commit that adds a device and the device's unlinking
  /// happen one after the other, so that one of them sees the other. Taken before any
  /// conversation's lock.
  static void holdDevices(Handle handle, Collection<DeviceId> devices) {
    if (!devices.isEmpty()) {
      handle
          .createQuery(
              "SELECT count(pg_advisory_xact_lock_shared(d)) FROM unnest(:devices::bigint[]) d")
          .bindBySqlType("devices", codes(handle, devices), Types.ARRAY)
          .mapTo(Long.class)
          .one();
    }
  }

  static void lockDevice(Handle handle, DeviceId device) {
    handle
        .createQuery("SELECT pg_advisory_xact_lock(:device)")
        .bind("device", DeviceCode.of(device))
        .map((_, _) -> true)
        .one();
  }

  static Array codes(Handle handle, Collection<DeviceId> devices) {
    return Columns.longs(handle, devices.stream().map(DeviceCode::of).sorted().toList());
  }

  /// Spans of the named epochs, those that never were left out. The current epoch has no end and is
  /// not among them.
  static Map<EpochName, EpochSpan> spans(Handle handle, long rowId, Set<EpochName> epochs) {
    var out = new HashMap<EpochName, EpochSpan>();
    for (var epoch : epochs) {
      handle
          .createQuery(
              """
              SELECT ended.seq AS ended, coalesce((
                  SELECT max(began.seq) FROM conversation_entry began
                  WHERE began.conversation = :row AND began.seq < ended.seq
                    AND began.kind IN (2, 6)
                ), 0) AS began
              FROM conversation_entry ended
              WHERE ended.conversation = :row AND ended.kind IN (2, 6)
                AND ended.generation = :generation AND ended.epoch = :epoch
              """)
          .bind("row", rowId)
          .bind("generation", epoch.generation())
          .bind("epoch", epoch.epoch())
          .map((rs, _) ->
              new EpochSpan(
                  epoch.generation(), epoch.epoch(), rs.getLong("began"), rs.getLong("ended")))
          .findOne()
          .ifPresent(span -> out.put(epoch, span));
    }
    return out;
  }

  static Set<DepositName> present(Handle handle, long rowId, Set<EpochName> epochs) {
    var out = new HashSet<DepositName>();
    for (var epoch : epochs) {
      handle
          .createQuery(
              """
              SELECT account FROM conversation_deposit
              WHERE conversation = :row AND generation = :generation AND epoch = :epoch
              """)
          .bind("row", rowId)
          .bind("generation", epoch.generation())
          .bind("epoch", epoch.epoch())
          .map((rs, _) -> new DepositName(epoch, account(rs, "account")))
          .forEach(out::add);
    }
    return out;
  }

  /// Direct conversations and groups in which a device has a leaf, or a Welcome, by row id.
  static List<ConversationId> withDevice(Handle handle, DeviceId device) {
    return handle
        .createQuery(
            """
            SELECT c.id FROM conversation_leaf l JOIN conversation c ON c.row_id = l.conversation
            WHERE l.device = :device ORDER BY c.row_id
            """)
        .bind("device", DeviceCode.of(device))
        .map((rs, _) -> new ConversationId(rs.getObject("id", UUID.class)))
        .list();
  }

  static Deposit deposit(ResultSet rs) throws SQLException {
    return Deposit.newBuilder()
        .setGeneration(rs.getInt("generation"))
        .setEpoch(rs.getLong("epoch"))
        .setAccountId(account(rs, "account").toString())
        .setSealedKey(ByteString.copyFrom(rs.getBytes("sealed_key")))
        .setKeyGeneration(rs.getInt("key_generation"))
        .setDepositorAccountId(account(rs, "depositor_account").toString())
        .setDepositorDeviceId(DeviceCode.toHex(rs.getLong("depositor_device")))
        .setSignature(ByteString.copyFrom(rs.getBytes("signature")))
        .build();
  }
}
