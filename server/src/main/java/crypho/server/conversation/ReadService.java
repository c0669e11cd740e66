package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.mls.MemberId;
import crypho.server.db.Db;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.ConversationHead;
import crypho.wire.v1.GetConversationResponse;
import crypho.wire.v1.GetGroupInfoResponse;
import crypho.wire.v1.GetWelcomeResponse;
import crypho.wire.v1.Marker;
import crypho.wire.v1.Member;
import crypho.wire.v1.PutMarkerRequest;
import crypho.wire.v1.PutMarkerResponse;
import crypho.wire.v1.ReadDepositsRequest;
import crypho.wire.v1.ReadDepositsResponse;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Answers what members, and former ones up to their last entry, may read; and keeps read markers.
final class ReadService {
  private static final int FETCH_ROWS = 50;

  /// Ids, times and numbers of one entry on the wire.
  private static final int ENTRY_OVERHEAD_BYTES = 128;

  private static final String HEADS =
      "SELECT c.id, c.row_id, "
          + ConversationSql.HEAD_COLUMNS
          + ", m.role, m.first_seq, m.until_seq, m.until_ms,"
          + " EXISTS (SELECT FROM conversation_leaf l"
          + "   WHERE l.conversation = c.row_id AND l.device = :device) AS is_joined,"
          + " EXISTS (SELECT FROM conversation_welcome_device w"
          + "   WHERE w.conversation = c.row_id AND w.device = :device) AS has_welcome"
          + " FROM conversation_member m JOIN conversation c ON c.row_id = m.conversation"
          + " WHERE m.account = :account";

  private final Db db;
  private final Publisher publisher;

  ReadService(Db db, Publisher publisher) {
    this.db = db;
    this.publisher = publisher;
  }

  private record RowHead(long rowId, ConversationHead head, long untilMs) {}

  List<ConversationHead> list(MemberId caller) {
    return db.read(handle ->
        handle
            .createQuery(HEADS + " ORDER BY c.row_id DESC LIMIT " + Limits.CONVERSATIONS_MAX)
            .bind("account", caller.account().value())
            .bind("device", DeviceCode.of(caller.device()))
            .map((rs, _) -> rowHead(rs).head())
            .list());
  }

  /// Conversations whose frames an account gets.
  List<ConversationId> subscriptions(AccountId account) {
    return db.read(handle ->
        handle
            .createQuery(
                "SELECT c.id FROM conversation_member m"
                    + " JOIN conversation c ON c.row_id = m.conversation"
                    + " WHERE m.account = :account AND m.until_seq IS NULL"
                    + " ORDER BY c.row_id DESC LIMIT "
                    + Limits.CONVERSATIONS_MAX)
            .bind("account", account.value())
            .map((rs, _) -> new ConversationId(rs.getObject("id", UUID.class)))
            .list());
  }

  private static RowHead rowHead(ResultSet rs) throws SQLException {
    var head = ConversationSql.head(rs);
    long untilSeq = rs.getLong("until_seq");
    boolean isCurrent = rs.wasNull();
    long untilMs = rs.getLong("until_ms");
    var out =
        ConversationHead.newBuilder()
            .setConversationId(rs.getObject("id", UUID.class).toString())
            .setKind(head.kind().wire)
            .setFirstSeq(rs.getLong("first_seq"))
            .setRole(MemberRole.of(rs.getInt("role")).wire)
            .setIsCurrent(isCurrent)
            .setCreatorAccountId(head.creator().toString());
    // What happens after somebody has gone is not theirs to know, the epoch's number included.
    if (isCurrent) {
      out.setLastSeq(head.lastSeq())
          .setGeneration(head.generation())
          .setEpoch(head.epoch())
          .setIsDeposited(head.isDeposited())
          .setHasPendingRemovals(head.pendingCount() > 0)
          .setHasWelcome(rs.getBoolean("has_welcome"))
          .setIsJoined(rs.getBoolean("is_joined"))
          .setLastTimeMs(head.lastTimeMs());
    } else {
      out.setLastSeq(untilSeq).setLastTimeMs(untilMs);
    }
    return new RowHead(rs.getLong("row_id"), out.build(), untilMs);
  }

  private static RowHead head(Handle handle, ConversationId id, MemberId caller) {
    return handle
        .createQuery(HEADS + " AND c.id = :id")
        .bind("account", caller.account().value())
        .bind("device", DeviceCode.of(caller.device()))
        .bind("id", id.value())
        .map((rs, _) -> rowHead(rs))
        .findOne()
        .orElseThrow(RpcException::notFound);
  }

  private static RowHead currentHead(Handle handle, ConversationId id, MemberId caller) {
    var head = head(handle, id, caller);
    if (!head.head().getIsCurrent()) {
      throw RpcException.notFound();
    }
    return head;
  }

  GetConversationResponse get(ConversationId id, MemberId caller) {
    return db.transact(handle -> {
      handle.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      var head = head(handle, id, caller);
      var out = GetConversationResponse.newBuilder().setHead(head.head());
      var stored = ConversationSql.load(handle, id);
      if (stored == null) {
        throw RpcException.notFound();
      }
      var state = stored.state();
      boolean isCurrent = head.head().getIsCurrent();
      state.members().values().stream()
          .filter(member -> isCurrent || member.sinceMs() <= head.untilMs())
          .sorted((a, b) -> a.account().value().compareTo(b.account().value()))
          .forEach(member -> out.addMembers(wire(member, isCurrent, head.untilMs())));
      if (isCurrent) {
        state.pending().forEach(each -> out.addPendingRemovals(each.toWire()));
        state.missingDeposits().forEach(each -> out.addMissingDeposits(each.toString()));
        out.addAllMarkers(markers(handle, stored.rowId()));
      }
      return out.build();
    });
  }

  /// To one who has gone, others are members as they were then.
  private static Member wire(MemberState member, boolean isReaderCurrent, long readerUntilMs) {
    var until = member.until();
    return Member.newBuilder()
        .setAccountId(member.account().toString())
        .setRole(member.role().wire)
        .setSinceMs(member.sinceMs())
        .setIsCurrent(until == null || (!isReaderCurrent && until.timeMs() > readerUntilMs))
        .build();
  }

  private static List<Marker> markers(Handle handle, long rowId) {
    return handle
        .createQuery("SELECT * FROM conversation_marker WHERE conversation = :row ORDER BY account")
        .bind("row", rowId)
        .map((rs, _) ->
            Marker.newBuilder()
                .setAccountId(ConversationSql.account(rs, "account").toString())
                .setGeneration(rs.getInt("generation"))
                .setEpoch(rs.getLong("epoch"))
                .setMessage(ByteString.copyFrom(rs.getBytes("message")))
                .build())
        .list();
  }

  GetGroupInfoResponse groupInfo(ConversationId id, MemberId caller) {
    return db.transact(handle -> {
      handle.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      var head = currentHead(handle, id, caller);
      var group = ConversationSql.group(handle, head.rowId());
      return GetGroupInfoResponse.newBuilder()
          .setGeneration(head.head().getGeneration())
          .setEpoch(head.head().getEpoch())
          .setGroupInfo(ByteString.copyFrom(group.groupInfo().asBuffer()))
          .setCommitSeq(group.commitSeq())
          .build();
    });
  }

  GetWelcomeResponse welcome(ConversationId id, MemberId caller) {
    return db.transact(handle -> {
      var head = currentHead(handle, id, caller);
      return handle
          .createQuery(
              """
              SELECT w.* FROM conversation_welcome_device d
              JOIN conversation_welcome w USING (conversation, commit_seq)
              WHERE d.conversation = :row AND d.device = :device
              """)
          .bind("row", head.rowId())
          .bind("device", DeviceCode.of(caller.device()))
          .map((rs, _) ->
              GetWelcomeResponse.newBuilder()
                  .setWelcome(ByteString.copyFrom(rs.getBytes("welcome")))
                  .setGeneration(rs.getInt("generation"))
                  .setEpoch(rs.getLong("epoch"))
                  .setCommitSeq(rs.getLong("commit_seq"))
                  .build())
          .findOne()
          .orElse(GetWelcomeResponse.getDefaultInstance());
    });
  }

  void acknowledgeWelcome(ConversationId id, MemberId caller, long commitSeq) {
    db.run(handle -> {
      var head = currentHead(handle, id, caller);
      int dropped =
          handle
              .createUpdate(
                  """
                  DELETE FROM conversation_welcome_device
                  WHERE conversation = :row AND device = :device AND commit_seq = :seq
                  """)
              .bind("row", head.rowId())
              .bind("device", DeviceCode.of(caller.device()))
              .bind("seq", commitSeq)
              .execute();
      if (dropped > 0) {
        EffectSql.dropUnwaited(handle, head.rowId());
      }
    });
  }

  ReadDepositsResponse deposits(
      ConversationId id, MemberId caller, ReadDepositsRequest request, int limit) {
    return db.transact(handle -> {
      var head = head(handle, id, caller);
      var found =
          handle
              .createQuery(
                  """
                  SELECT * FROM conversation_deposit
                  WHERE conversation = :row AND account = :account
                    AND (generation, epoch) >= (:generation, :epoch)
                  ORDER BY generation, epoch LIMIT :limit
                  """)
              .bind("row", head.rowId())
              .bind("account", caller.account().value())
              .bind("generation", request.getGeneration())
              .bind("epoch", request.getFromEpoch())
              .bind("limit", limit + 1)
              .map((rs, _) -> ConversationSql.deposit(rs))
              .list();
      return ReadDepositsResponse.newBuilder()
          .addAllDeposits(found.subList(0, Math.min(limit, found.size())))
          .setHasMore(found.size() > limit)
          .build();
    });
  }

  ReadLogResponse log(ConversationId id, MemberId caller, ReadLogRequest request, int limit) {
    boolean isDown = request.getFromCase() == ReadLogRequest.FromCase.BEFORE_SEQ;
    return db.transact(handle -> {
      var head = head(handle, id, caller);
      long first = head.head().getFirstSeq();
      long last = head.head().getLastSeq();
      long from = isDown ? first : Math.max(first, plusOne(request.getAfterSeq()));
      long to = isDown ? Math.min(last, minusOne(request.getBeforeSeq())) : last;
      return page(handle, head.rowId(), new Range(from, to, isDown, limit), request);
    });
  }

  private static long plusOne(long seq) {
    return seq < 0 || seq == Long.MAX_VALUE ? Long.MAX_VALUE : seq + 1;
  }

  /// Numbers on the wire are unsigned.
  private static long minusOne(long seq) {
    return seq < 0 ? Long.MAX_VALUE : seq - 1;
  }

  private record Range(long from, long to, boolean isDown, int limit) {}

  /// Rows come one by one: what lies beyond the limit of bytes is not read into memory.
  private static ReadLogResponse page(
      Handle handle, long rowId, Range range, ReadLogRequest request) {
    var found = new ArrayList<Entry>();
    boolean hasMore = false;
    long bytes = 0;
    var rows =
        handle
            .createQuery(
                "SELECT "
                    + ConversationSql.ENTRY_COLUMNS
                    + " FROM conversation_entry e"
                    + " WHERE e.conversation = :row AND e.seq BETWEEN :from AND :to"
                    + (request.getCommitsOnly() ? " AND e.kind = 2" : "")
                    + " ORDER BY e.seq "
                    + (range.isDown() ? "DESC" : "ASC")
                    + " LIMIT :limit")
            .bind("row", rowId)
            .bind("from", range.from())
            .bind("to", range.to())
            .bind("limit", range.limit() + 1)
            .setFetchSize(FETCH_ROWS)
            .map((rs, _) -> ConversationSql.entry(rs));
    try (var entries = rows.stream()) {
      for (var iterator = entries.iterator(); iterator.hasNext(); ) {
        var entry = iterator.next();
        bytes += entry.body().size() + ENTRY_OVERHEAD_BYTES;
        if (found.size() == range.limit()
            || (bytes > Limits.ENTRIES_BYTES_MAX && !found.isEmpty())) {
          hasMore = true;
          break;
        }
        found.add(entry);
      }
    }
    if (range.isDown()) {
      Collections.reverse(found);
    }
    var out = ReadLogResponse.newBuilder().setHasMore(hasMore);
    found.forEach(entry -> out.addEntries(entry.toWire()));
    return out.build();
  }

  PutMarkerResponse putMarker(ConversationId id, MemberId caller, PutMarkerRequest request) {
    var marker = request.getMarker().toBuilder().setAccountId(caller.account().toString()).build();
    var answer =
        db.transact(handle -> {
          var head = currentHead(handle, id, caller).head();
          if (marker.getGeneration() != head.getGeneration()
              || marker.getEpoch() != head.getEpoch()) {
            return PutMarkerResponse.newBuilder()
                .setStaleEpoch(
                    PutMarkerResponse.StaleEpoch.newBuilder()
                        .setGeneration(head.getGeneration())
                        .setEpoch(head.getEpoch()))
                .build();
          }
          store(handle, id, caller, marker);
          return PutMarkerResponse.newBuilder()
              .setStored(PutMarkerResponse.Stored.getDefaultInstance())
              .build();
        });
    if (answer.hasStored()) {
      publisher.marker(id, marker);
    }
    return answer;
  }

  private static void store(Handle handle, ConversationId id, MemberId caller, Marker marker) {
    handle
        .createUpdate(
            """
            INSERT INTO conversation_marker (conversation, account, generation, epoch, message)
            SELECT row_id, :account, :generation, :epoch, :message FROM conversation WHERE id = :id
            ON CONFLICT (conversation, account) DO UPDATE SET generation = excluded.generation,
              epoch = excluded.epoch, message = excluded.message
            """)
        .bind("id", id.value())
        .bind("account", caller.account().value())
        .bind("generation", marker.getGeneration())
        .bind("epoch", marker.getEpoch())
        .bind("message", marker.getMessage().toByteArray())
        .execute();
  }

  /// Accounts among `asked` that share a conversation with `account` now.
  static List<AccountId> coMembers(Handle handle, AccountId account, List<AccountId> asked) {
    return handle
        .createQuery(
            """
            SELECT DISTINCT other.account FROM conversation_member other
            WHERE other.account = ANY (:asked) AND EXISTS (
              SELECT FROM conversation_member own
              WHERE own.account = :account AND own.conversation = other.conversation)
            """)
        .bind("account", account.value())
        .bindBySqlType("asked", Columns.accounts(handle, asked), Types.ARRAY)
        .map((rs, _) -> ConversationSql.account(rs, "account"))
        .list();
  }
}
