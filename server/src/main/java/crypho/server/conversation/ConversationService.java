package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.mls.GroupId;
import crypho.mls.MemberId;
import crypho.server.account.DeviceDirectory;
import crypho.server.contact.ContactDirectory;
import crypho.server.db.Db;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.CommitRefusal;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.CreateConversationResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.LeaveResponse;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.SetRoleResponse;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Changes conversations: loads the state under its lock, lets the rules decide, executes what they
/// say in the same transaction, tells those concerned after it.
final class ConversationService {
  private static final int TRIES_MAX = 5;
  private static final int MAX_EPOCHS_A_CALL = 1_000;

  private final Db db;
  private final LogWriter writer;
  private final Publisher publisher;
  private final Group group;
  private final Limits limits;
  private final DeliveryRules delivery;
  private final MembershipRules membership;

  /// How handshakes are judged, and against what.
  record Group(
      GroupRules rules, String domain, DeviceDirectory devices, ContactDirectory contacts) {}

  ConversationService(Db db, LogWriter writer, Publisher publisher, Group group, Limits limits) {
    this.db = db;
    this.writer = writer;
    this.publisher = publisher;
    this.group = group;
    this.limits = limits;
    this.delivery = new DeliveryRules(limits);
    this.membership = new MembershipRules(limits);
  }

  /// A new conversation as the client asks for it.
  ///
  /// @param peer of a direct one, null for groups
  record NewConversation(ConversationId id, @Nullable AccountId peer, Bytes groupInfo) {}

  CreateConversationResponse create(MemberId caller, NewConversation wanted, Instant now) {
    var done =
        db.transact(handle -> {
          var begun = begin(handle, caller, new GroupId(wanted.id(), 0), wanted.groupInfo(), now);
          ConversationSql.lockAccount(handle, caller.account());
          return create(handle, caller, wanted, begun, now);
        });
    publisher.publish(wanted.id(), done.effects());
    return done.answer();
  }

  private Decision<CreateConversationResponse> create(
      Handle handle,
      MemberId caller,
      NewConversation wanted,
      GroupRules.Begun.Accepted begun,
      Instant now) {
    var peer = wanted.peer();
    var existing = ConversationSql.load(handle, wanted.id());
    if (existing != null) {
      return Decision.nothing(repeated(handle, caller, wanted, existing));
    }
    if (peer != null) {
      if (!group.contacts().contactsAmong(handle, caller.account(), Set.of(peer)).contains(peer)) {
        return Decision.nothing(
            CreateConversationResponse.newBuilder()
                .setNotAContact(CreateConversationResponse.NotAContact.getDefaultInstance())
                .build());
      }
    } else if (ConversationSql.ownedGroups(handle, caller.account()) >= limits.ownedGroupsMax()) {
      return Decision.nothing(
          CreateConversationResponse.newBuilder()
              .setOwnedGroupsLimit(
                  CreateConversationResponse.OwnedGroupsLimit.newBuilder()
                      .setOwnedGroupsMax(limits.ownedGroupsMax()))
              .build());
    }
    long timeMs = now.toEpochMilli();
    var kind = peer == null ? Kind.GROUP : Kind.DIRECT;
    var head = new Head(kind, caller.account(), 0, begun.epoch(), 0, timeMs, false, 0);
    var pair = peer == null ? null : List.of(caller.account(), peer);
    var rowId = ConversationSql.create(handle, wanted.id(), head, pair);
    if (rowId == null) {
      return Decision.nothing(taken(handle, caller, peer));
    }
    var effects = MembershipRules.begin(head, caller, peer, wanted.groupInfo(), begun);
    EffectSql.apply(handle, rowId, effects);
    return new Decision<>(created(), effects);
  }

  /// The same request sent again gets the same answer; an id that somebody else took gets none.
  private static CreateConversationResponse repeated(
      Handle handle, MemberId caller, NewConversation wanted, ConversationSql.Stored existing) {
    var head = existing.state().head();
    boolean isSame =
        head.creator().equals(caller.account())
            && (head.lastSeq() > 0
                || ConversationSql.group(handle, existing.rowId())
                    .groupInfo()
                    .equals(wanted.groupInfo()));
    if (!isSame) {
      throw RpcException.invalid("conversation_id");
    }
    return created();
  }

  private static CreateConversationResponse taken(
      Handle handle, MemberId caller, @Nullable AccountId peer) {
    var other = peer == null ? null : ConversationSql.directBetween(handle, caller.account(), peer);
    if (other == null) {
      throw RpcException.invalid("conversation_id");
    }
    return CreateConversationResponse.newBuilder()
        .setExists(
            CreateConversationResponse.Exists.newBuilder().setConversationId(other.toString()))
        .build();
  }

  private static CreateConversationResponse created() {
    return CreateConversationResponse.newBuilder()
        .setCreated(CreateConversationResponse.Created.getDefaultInstance())
        .build();
  }

  private GroupRules.Begun.Accepted begin(
      Handle handle, MemberId caller, GroupId id, Bytes groupInfo, Instant now) {
    var directory = new JudgingDirectory(handle, group, null, caller.account(), Set.of());
    return switch (group.rules().begin(id, caller, groupInfo, directory, now)) {
      case GroupRules.Begun.Accepted accepted -> accepted;
      case GroupRules.Begun.Refused(var reason, var limit) -> {
        if (reason == CommitRefusal.COMMIT_REFUSAL_TOO_LARGE) {
          throw RpcException.tooLarge("group_info", limit);
        }
        throw RpcException.malformed("group_info");
      }
    };
  }

  /// Judging a handshake costs up to a tenth of a second in a large group, so it happens before the
  /// lock is taken; where the conversation has changed meanwhile it is judged again.
  CommitResponse commit(ConversationId id, MemberId caller, CommitRequestIn request, Instant now) {
    for (int tries = 0; tries < TRIES_MAX; tries++) {
      var judged = db.transact(handle -> judge(handle, id, caller, request, now));
      if (judged.early() != null) {
        return judged.early();
      }
      var answer = writer.run(id, () -> commit(id, caller, request, judged, now));
      if (answer.getOutcomeCase() != CommitResponse.OutcomeCase.OUTCOME_NOT_SET) {
        return answer;
      }
    }
    throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
  }

  /// @param early the answer, where nothing had to be judged
  /// @param state that the handshake was judged against
  private record JudgedCommit(
      @Nullable CommitResponse early,
      ConversationState state,
      GroupRules.Judged judged,
      Set<AccountId> contacts) {}

  private JudgedCommit judge(
      Handle handle, ConversationId id, MemberId caller, CommitRequestIn request, Instant now) {
    var stored = ConversationSql.load(handle, id);
    if (stored == null) {
      throw RpcException.notFound();
    }
    var state = stored.state();
    if (!state.members().containsKey(caller.account())) {
      throw RpcException.notFound();
    }
    var prior =
        ConversationSql.commitFrom(handle, stored.rowId(), request.generation(), request.epoch());
    var early = delivery.beforeJudging(state, caller, request, prior);
    var contacts =
        request.added().isEmpty()
            ? Set.<AccountId>of()
            : group.contacts().contactsAmong(handle, caller.account(), request.added());
    if (early != null) {
      var nothing =
          new GroupRules.Judged.Refused(CommitRefusal.COMMIT_REFUSAL_UNSPECIFIED, 0, List.of());
      return new JudgedCommit(early, state, nothing, contacts);
    }
    var accounts = new HashSet<>(request.added());
    accounts.add(caller.account());
    var directory = new JudgingDirectory(handle, group, state, caller.account(), contacts);
    directory.prefetch(accounts);
    var judged =
        group
            .rules()
            .judge(
                ConversationSql.group(handle, stored.rowId()).deliveryState(),
                mustGo(state),
                caller,
                request.bundle(),
                directory,
                now);
    return new JudgedCommit(null, state, judged, contacts);
  }

  private static Set<DeviceId> mustGo(ConversationState state) {
    var out = new HashSet<DeviceId>();
    for (var pending : state.pending()) {
      if (pending.device() != null) {
        out.add(pending.device());
      }
    }
    return out;
  }

  /// No outcome where the conversation is no longer what the handshake was judged against.
  private CommitResponse commit(
      ConversationId id,
      MemberId caller,
      CommitRequestIn request,
      JudgedCommit judged,
      Instant now) {
    var added =
        judged.judged() instanceof GroupRules.Judged.Accepted accepted
            ? accepted.added().stream().map(MemberId::device).collect(Collectors.toSet())
            : Set.<DeviceId>of();
    return this.<Decision<CommitResponse>>decide(
            id,
            (handle, stored) ->
                isSame(handle, stored.state(), judged)
                    ? delivery.commit(
                        stored.state(),
                        caller,
                        request,
                        judged.judged(),
                        judged.contacts(),
                        now.toEpochMilli())
                    : Decision.nothing(CommitResponse.getDefaultInstance()),
            added)
        .answer();
  }

  private boolean isSame(Handle handle, ConversationState state, JudgedCommit judged) {
    return DeliveryRules.isUnchanged(judged.state(), state)
        && areRegistered(handle, judged.judged());
  }

  /// Asked again under the lock: a device that was unlinked meanwhile must not come in.
  private boolean areRegistered(Handle handle, GroupRules.Judged judged) {
    if (!(judged instanceof GroupRules.Judged.Accepted accepted) || accepted.added().isEmpty()) {
      return true;
    }
    var devices = accepted.added().stream().map(MemberId::device).toList();
    return group.devices().find(handle, devices).size() == devices.size();
  }

  CommitResponse reset(
      ConversationId id, MemberId caller, int generation, Bytes groupInfo, Instant now) {
    return writer.run(
        id,
        () ->
            this.<Decision<CommitResponse>>decide(
                    id,
                    (handle, stored) -> {
                      known(stored.state(), caller.account());
                      var directory =
                          new JudgingDirectory(
                              handle, group, stored.state(), caller.account(), Set.of());
                      var begun =
                          group
                              .rules()
                              .begin(
                                  new GroupId(id, generation + 1),
                                  caller,
                                  groupInfo,
                                  directory,
                                  now);
                      return delivery.reset(
                          stored.state(),
                          caller,
                          generation,
                          groupInfo,
                          begun,
                          ConversationSql.resetFrom(handle, stored.rowId(), generation),
                          now.toEpochMilli());
                    },
                    Set.of(caller.device()))
                .answer());
  }

  PutDepositsResponse deposits(ConversationId id, MemberId caller, List<Deposit> deposits) {
    return this.<Decision<PutDepositsResponse>>decide(
            id,
            (handle, stored) -> {
              current(stored.state(), caller.account());
              var head = stored.state().head();
              var named =
                  deposits.stream()
                      .map(each -> new EpochName(each.getGeneration(), each.getEpoch()))
                      .collect(Collectors.toSet());
              named.remove(new EpochName(head.generation(), head.epoch()));
              if (named.size() > MAX_EPOCHS_A_CALL) {
                throw RpcException.tooLarge("deposits", MAX_EPOCHS_A_CALL);
              }
              return delivery.deposits(
                  stored.state(),
                  caller,
                  deposits,
                  ConversationSql.spans(handle, stored.rowId(), named),
                  ConversationSql.present(handle, stored.rowId(), named));
            },
            Set.of())
        .answer();
  }

  LeaveResponse leave(ConversationId id, MemberId caller, Instant now) {
    return writer.run(
        id,
        () ->
            this.<Decision<LeaveResponse>>decide(
                    id,
                    (_, stored) -> {
                      known(stored.state(), caller.account());
                      if (stored.state().head().kind() == Kind.DIRECT) {
                        throw RpcException.invalid("conversation_id");
                      }
                      return membership.leave(stored.state(), caller, now.toEpochMilli());
                    },
                    Set.of())
                .answer());
  }

  SetRoleResponse setRole(
      ConversationId id, MemberId caller, AccountId target, MemberRole role, Instant now) {
    return writer.run(
        id,
        () ->
            this.<Decision<SetRoleResponse>>decide(
                    id,
                    (handle, stored) -> {
                      known(stored.state(), caller.account());
                      return membership.setRole(
                          stored.state(),
                          caller,
                          target,
                          role,
                          ConversationSql.ownedGroups(handle, target),
                          now.toEpochMilli());
                    },
                    Set.of(),
                    target)
                .answer());
  }

  /// By the owner of a group.
  void delete(ConversationId id, AccountId caller) {
    writer.run(
        id,
        () ->
            this.<Decision<Boolean>>decide(
                id,
                (_, stored) -> {
                  var self = current(stored.state(), caller);
                  if (self.role() != MemberRole.OWNER) {
                    throw RpcException.forbidden();
                  }
                  return new Decision<>(true, MembershipRules.delete());
                },
                Set.of()));
  }

  /// One who belongs now.
  static MemberState current(ConversationState state, AccountId account) {
    var member = state.currentMember(account);
    if (member == null) {
      throw RpcException.notFound();
    }
    return member;
  }

  /// One who belongs, or did: others may not know that the conversation exists.
  static MemberState known(ConversationState state, AccountId account) {
    var member = state.members().get(account);
    if (member == null) {
      throw RpcException.notFound();
    }
    return member;
  }

  private <D extends Decision<?>> D decide(
      ConversationId id, BiFunction<Handle, ConversationSql.Stored, D> rule, Set<DeviceId> held) {
    return decide(id, rule, held, null);
  }

  /// @param held devices whose unlinking must wait
  /// @param lockedAccount whose count of groups must stand still
  private <D extends Decision<?>> D decide(
      ConversationId id,
      BiFunction<Handle, ConversationSql.Stored, D> rule,
      Set<DeviceId> held,
      @Nullable AccountId lockedAccount) {
    var decision =
        db.transact(handle -> {
          ConversationSql.holdDevices(handle, held);
          if (lockedAccount != null) {
            ConversationSql.lockAccount(handle, lockedAccount);
          }
          var stored = ConversationSql.lock(handle, id);
          if (stored == null) {
            throw RpcException.notFound();
          }
          var made = rule.apply(handle, stored);
          EffectSql.apply(handle, stored.rowId(), made.effects());
          return made;
        });
    publisher.publish(id, decision.effects());
    return decision;
  }
}
