package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import crypho.mls.MemberId;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.Erased;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Executes the changes of a decision, in the caller's transaction, which holds the conversation's
/// lock.
final class EffectSql {
  private final Handle handle;
  private final long rowId;

  private EffectSql(Handle handle, long rowId) {
    this.handle = handle;
    this.rowId = rowId;
  }

  static void apply(Handle handle, long rowId, List<Effect> effects) {
    var sql = new EffectSql(handle, rowId);
    for (var effect : effects) {
      if (effect instanceof Effect.Change change) {
        sql.apply(change);
      }
    }
  }

  private void apply(Effect.Change change) {
    switch (change) {
      case Effect.PutHead(var head) -> putHead(head);
      case Effect.PutMember(var member) -> putMember(member);
      case Effect.AddLeaves(var leaves) -> addLeaves(leaves);
      case Effect.DropLeaves(var devices) -> dropLeaves(devices);
      case Effect.AddPending(var pending) -> addPending(pending);
      case Effect.DropPending(var pending) -> dropPending(pending);
      case Effect.PutGroup group -> putGroup(group);
      case Effect.PutWelcome welcome -> putWelcome(welcome);
      case Effect.DropWelcomes() -> {
        run("DELETE FROM conversation_welcome_device WHERE conversation = :row");
        run("DELETE FROM conversation_welcome WHERE conversation = :row");
      }
      case Effect.PutDeposit(var deposit) -> putDeposit(deposit);
      case Effect.Erase(var seq, var timeMs) -> erase(seq, timeMs);
      case Effect.Append(var entry) -> append(entry);
      case Effect.Delete() -> {
        run("DELETE FROM conversation_entry WHERE conversation = :row");
        run("DELETE FROM conversation WHERE row_id = :row");
      }
    }
  }

  private void run(String sql) {
    handle.createUpdate(sql).bind("row", rowId).execute();
  }

  private void putHead(Head head) {
    handle
        .createUpdate(
            """
            UPDATE conversation SET generation = :generation, epoch = :epoch, last_seq = :seq,
              last_time_ms = :time, is_deposited = :deposited, pending_count = :pending
            WHERE row_id = :row
            """)
        .bind("generation", head.generation())
        .bind("epoch", head.epoch())
        .bind("seq", head.lastSeq())
        .bind("time", head.lastTimeMs())
        .bind("deposited", head.isDeposited())
        .bind("pending", head.pendingCount())
        .bind("row", rowId)
        .execute();
  }

  private void putMember(MemberState member) {
    var until = member.until();
    handle
        .createUpdate(
            """
            INSERT INTO conversation_member
              (conversation, account, role, since_ms, first_seq, until_seq, until_ms)
            VALUES (:row, :account, :role, :since, :first, :untilSeq, :untilMs)
            ON CONFLICT (conversation, account) DO UPDATE SET role = excluded.role,
              since_ms = excluded.since_ms, first_seq = excluded.first_seq,
              until_seq = excluded.until_seq, until_ms = excluded.until_ms
            """)
        .bind("row", rowId)
        .bind("account", member.account().value())
        .bind("role", member.role().code)
        .bind("since", member.sinceMs())
        .bind("first", member.firstSeq())
        .bindBySqlType("untilSeq", until == null ? null : until.seq(), Types.BIGINT)
        .bindBySqlType("untilMs", until == null ? null : until.timeMs(), Types.BIGINT)
        .execute();
  }

  private void addLeaves(List<MemberId> leaves) {
    if (leaves.isEmpty()) {
      return;
    }
    var devices = leaves.stream().map(MemberId::device).toList();
    dropWelcomes(devices);
    var accounts = leaves.stream().map(MemberId::account).map(AccountId::value);
    var codes = leaves.stream().map(leaf -> DeviceCode.of(leaf.device()));
    try {
      var connection = handle.getConnection();
      handle
          .createUpdate(
              """
              INSERT INTO conversation_leaf (conversation, device, account)
              SELECT :row, device, account FROM unnest(:devices::bigint[], :accounts::uuid[])
                AS leaf (device, account)
              ON CONFLICT (conversation, device) DO UPDATE SET account = excluded.account
              """)
          .bind("row", rowId)
          .bindBySqlType(
              "devices",
              connection.createArrayOf("bigint", codes.toArray(Long[]::new)),
              Types.ARRAY)
          .bindBySqlType(
              "accounts",
              connection.createArrayOf("uuid", accounts.toArray(UUID[]::new)),
              Types.ARRAY)
          .execute();
    } catch (SQLException e) {
      throw new IllegalStateException("arrays of leaves", e);
    }
  }

  private void dropLeaves(List<DeviceId> devices) {
    if (devices.isEmpty()) {
      return;
    }
    handle
        .createUpdate(
            "DELETE FROM conversation_leaf WHERE conversation = :row AND device = ANY(:devices)")
        .bind("row", rowId)
        .bindBySqlType("devices", ConversationSql.codes(handle, devices), Types.ARRAY)
        .execute();
    dropWelcomes(devices);
  }

  private void dropWelcomes(List<DeviceId> devices) {
    int dropped =
        handle
            .createUpdate(
                """
                DELETE FROM conversation_welcome_device
                WHERE conversation = :row AND device = ANY(:devices)
                """)
            .bind("row", rowId)
            .bindBySqlType("devices", ConversationSql.codes(handle, devices), Types.ARRAY)
            .execute();
    if (dropped > 0) {
      dropUnwaited(handle, rowId);
    }
  }

  /// A Welcome that nobody waits for any more is of no use.
  static void dropUnwaited(Handle handle, long rowId) {
    handle
        .createUpdate(
            """
            DELETE FROM conversation_welcome w WHERE w.conversation = :row AND NOT EXISTS (
              SELECT FROM conversation_welcome_device d
              WHERE d.conversation = w.conversation AND d.commit_seq = w.commit_seq)
            """)
        .bind("row", rowId)
        .execute();
  }

  private void addPending(Pending pending) {
    handle
        .createUpdate(
            """
            INSERT INTO conversation_pending (conversation, account, device, has_leaf)
            VALUES (:row, :account, :device, :leaf) ON CONFLICT DO NOTHING
            """)
        .bind("row", rowId)
        .bind("account", pending.account().value())
        .bind("device", pending.device() == null ? 0L : DeviceCode.of(pending.device()))
        .bind("leaf", pending.device() != null)
        .execute();
  }

  private void dropPending(Pending pending) {
    handle
        .createUpdate(
            """
            DELETE FROM conversation_pending
            WHERE conversation = :row AND account = :account AND device = :device
            """)
        .bind("row", rowId)
        .bind("account", pending.account().value())
        .bind("device", pending.device() == null ? 0L : DeviceCode.of(pending.device()))
        .execute();
  }

  private void putGroup(Effect.PutGroup group) {
    handle
        .createUpdate(
            """
            INSERT INTO conversation_group (conversation, delivery_state, group_info, commit_seq)
            VALUES (:row, :state, :info, :seq)
            ON CONFLICT (conversation) DO UPDATE SET delivery_state = excluded.delivery_state,
              group_info = excluded.group_info, commit_seq = excluded.commit_seq
            """)
        .bind("row", rowId)
        .bind("state", group.deliveryState().toArray())
        .bind("info", group.groupInfo().toArray())
        .bind("seq", group.commitSeq())
        .execute();
  }

  private void putWelcome(Effect.PutWelcome welcome) {
    handle
        .createUpdate(
            """
            INSERT INTO conversation_welcome (conversation, commit_seq, generation, epoch, welcome)
            VALUES (:row, :seq, :generation, :epoch, :welcome)
            """)
        .bind("row", rowId)
        .bind("seq", welcome.commitSeq())
        .bind("generation", welcome.generation())
        .bind("epoch", welcome.epoch())
        .bind("welcome", welcome.welcome().toArray())
        .execute();
    handle
        .createUpdate(
            """
            INSERT INTO conversation_welcome_device (conversation, device, commit_seq)
            SELECT :row, device, :seq FROM unnest(:devices::bigint[]) AS added (device)
            """)
        .bind("row", rowId)
        .bind("seq", welcome.commitSeq())
        .bindBySqlType("devices", ConversationSql.codes(handle, welcome.devices()), Types.ARRAY)
        .execute();
  }

  private void putDeposit(Deposit deposit) {
    handle
        .createUpdate(
            """
            INSERT INTO conversation_deposit (conversation, account, generation, epoch, sealed_key,
              key_generation, depositor_account, depositor_device, signature)
            VALUES (:row, :account, :generation, :epoch, :key, :keyGeneration, :depositor, :device,
              :signature)
            ON CONFLICT (conversation, account, generation, epoch) DO UPDATE SET
              sealed_key = excluded.sealed_key, key_generation = excluded.key_generation,
              depositor_account = excluded.depositor_account,
              depositor_device = excluded.depositor_device, signature = excluded.signature
            """)
        .bind("row", rowId)
        .bind("account", AccountId.parse(deposit.getAccountId()).value())
        .bind("generation", deposit.getGeneration())
        .bind("epoch", deposit.getEpoch())
        .bind("key", deposit.getSealedKey().toByteArray())
        .bind("keyGeneration", deposit.getKeyGeneration())
        .bind("depositor", AccountId.parse(deposit.getDepositorAccountId()).value())
        .bind("device", DeviceCode.of(new DeviceId(deposit.getDepositorDeviceId())))
        .bind("signature", deposit.getSignature().toByteArray())
        .execute();
  }

  private void erase(long seq, long timeMs) {
    var tombstone = Erased.newBuilder().setErasedAtMs(timeMs).build().toByteArray();
    handle
        .createUpdate(
            """
            UPDATE conversation_entry SET kind = 3, body = :body
            WHERE conversation = :row AND seq = :seq AND kind = 1
            """)
        .bind("row", rowId)
        .bind("seq", seq)
        .bind("body", tombstone)
        .execute();
  }

  private void append(Entry entry) {
    handle
        .createUpdate(
            """
            INSERT INTO conversation_entry (conversation, seq, time_ms, epoch, account, device,
              client_id, generation, kind, body)
            VALUES (:row, :seq, :time, :epoch, :account, :device, :client, :generation, :kind, :body)
            """)
        .bind("row", rowId)
        .bind("seq", entry.seq())
        .bind("time", entry.timeMs())
        .bind("epoch", entry.epoch())
        .bind("account", entry.account())
        .bind("device", entry.device())
        .bindBySqlType("client", entry.clientId(), Types.OTHER)
        .bind("generation", entry.generation())
        .bind("kind", entry.kind().code)
        .bind("body", entry.body().toByteArray())
        .execute();
  }
}
