package crypho.server.conversation;

import crypho.base.ConversationId;
import crypho.wire.v1.SendResponse;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

/// Decides about many messages in one transaction.
final class SendBatch {
  /// @param answers in the order of the drafts
  /// @param published accepted ones, in the order of their logs
  record Result(List<SendResponse> answers, List<Published> published) {}

  record Published(ConversationId conversation, Entry entry) {}

  /// A message's name within the batch: the same one may stand in it twice.
  private record Name(ConversationId conversation, long device, UUID clientId) {}

  private record Erasure(long rowId, Effect.Erase effect) {}

  private final List<Draft> drafts;
  private final long nowMs;
  private final List<SendResponse> answers = new ArrayList<>();
  private final List<SendSql.Written> written = new ArrayList<>();
  private final Map<Name, SendResponse> accepted = new HashMap<>();
  private final Map<Long, SendSql.Row> touched = new LinkedHashMap<>();
  private final List<Erasure> erasures = new ArrayList<>();

  private SendBatch(List<Draft> drafts, long nowMs) {
    this.drafts = drafts;
    this.nowMs = nowMs;
  }

  /// In the caller's transaction.
  static Result run(Handle handle, List<Draft> drafts, long nowMs) {
    try {
      return new SendBatch(drafts, nowMs).run(handle);
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException(e, null);
    }
  }

  private Result run(Handle handle) throws SQLException {
    var sql = new SendSql(handle.getConnection());
    var ids = new LinkedHashSet<ConversationId>();
    drafts.forEach(draft -> ids.add(draft.conversation()));
    var rows = sql.lock(ids);
    var senders = sql.senders(drafts, rows);
    for (int place = 0; place < drafts.size(); place++) {
      var draft = drafts.get(place);
      answers.add(judge(sql, rows.get(draft.conversation()), senders.get(place), draft));
    }
    if (!written.isEmpty()) {
      sql.write(written, touched.values());
      erasures.forEach(
          erasure -> EffectSql.apply(handle, erasure.rowId(), List.of(erasure.effect())));
    }
    return new Result(
        answers, written.stream().map(each -> new Published(each.row().id, each.entry())).toList());
  }

  private SendResponse judge(
      SendSql sql, SendSql.@Nullable Row row, SendRules.@Nullable Sender sender, Draft draft)
      throws SQLException {
    if (row == null || sender == null) {
      return SendResponse.newBuilder()
          .setNotAMember(SendResponse.NotAMember.getDefaultInstance())
          .build();
    }
    var name = new Name(draft.conversation(), draft.device(), draft.clientId());
    var twin = accepted.get(name);
    if (twin != null) {
      return twin;
    }
    var verdict = SendRules.judge(row.head, sender, draft);
    return switch (verdict) {
      case DUPLICATE -> {
        var prior = sender.prior();
        yield prior == null
            ? SendResponse.getDefaultInstance()
            : SendRules.accepted(prior.seq(), prior.timeMs());
      }
      case OK -> {
        row.head = row.head.appended(nowMs);
        touched.put(row.rowId, row);
        written.add(new SendSql.Written(row, SendRules.entry(row.head, draft)));
        if (draft.erasesSeq() != 0) {
          erasures.add(
              new Erasure(row.rowId, new Effect.Erase(draft.erasesSeq(), row.head.lastTimeMs())));
        }
        var answer = SendRules.accepted(row.head.lastSeq(), row.head.lastTimeMs());
        accepted.put(name, answer);
        yield answer;
      }
      case REMOVALS_PENDING -> {
        var pending = row.pending;
        if (pending == null) {
          pending = sql.pending(row.rowId);
          row.pending = pending;
        }
        yield SendRules.refused(verdict, row.head, pending);
      }
      case NOT_A_MEMBER, STALE_EPOCH, DEPOSIT_INCOMPLETE, ERASE_NOT_ALLOWED ->
          SendRules.refused(verdict, row.head, List.of());
    };
  }
}
