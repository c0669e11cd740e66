package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.mls.MemberId;
import crypho.wire.v1.CommitEntry;
import crypho.wire.v1.CommitRefusal;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.ResetEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The delivery service's decisions about epochs: commits, resets, deposits, devices that must go.
/// Pure: a conversation's state and a request go in, an answer and effects come out. The service
/// runs them in a transaction that holds the conversation's lock; the simulation runs the same code
/// against a store with faults.
///
/// | what happens | epoch | deposits | messages |
/// | --- | --- | --- | --- |
/// | a member's commit is accepted | +1 | none | wait for deposits |
/// | an external commit is accepted | +1 | none | wait for deposits, and for pending removals |
/// | reset | generation +1, epoch 0 | none | wait for deposits |
/// | the last missing deposit comes | same | complete | flow, unless removals are pending |
/// | a device is unlinked, a member leaves | same | same | wait for a commit |
final class DeliveryRules {
  private final Limits limits;

  DeliveryRules(Limits limits) {
    this.limits = limits;
  }

  /// What can be said before the handshake is looked at; null where it must be judged.
  ///
  /// @param prior the commit that ended the epoch which the request starts from, where there is one
  @Nullable CommitResponse beforeJudging(
      ConversationState state, MemberId caller, CommitRequestIn request, @Nullable Entry prior) {
    if (prior != null
        && prior.device() == DeviceCode.of(caller.device())
        && request.clientId().equals(prior.clientId())) {
      return accepted(prior.seq(), prior.generation(), prior.epoch() + 1, prior.timeMs());
    }
    if (state.currentMember(caller.account()) == null) {
      return refused(CommitRefusal.COMMIT_REFUSAL_NOT_A_MEMBER);
    }
    var head = state.head();
    int order = Integer.compare(request.generation(), head.generation());
    order = order != 0 ? order : Long.compareUnsigned(request.epoch(), head.epoch());
    if (order < 0) {
      return conflict(head);
    }
    return order > 0 ? refused(CommitRefusal.COMMIT_REFUSAL_FUTURE_EPOCH) : null;
  }

  /// Whether what was judged against `before` still stands: a handshake is judged without the lock.
  static boolean isUnchanged(ConversationState before, ConversationState now) {
    return before.head().generation() == now.head().generation()
        && before.head().epoch() == now.head().epoch()
        && before.pending().equals(now.pending())
        && before.members().equals(now.members());
  }

  /// The answer to a commit whose handshake was judged against this same state.
  ///
  /// @param contacts those of the added accounts that are contacts of the caller
  Decision<CommitResponse> commit(
      ConversationState state,
      MemberId caller,
      CommitRequestIn request,
      GroupRules.Judged judged,
      Set<AccountId> contacts,
      long nowMs) {
    return switch (judged) {
      case GroupRules.Judged.Refused(var reason, var limit, var missing) ->
          Decision.nothing(
              refused(
                  reason,
                  limit,
                  missing.stream()
                      .map(member -> new Pending(member.account(), member.device()))
                      .toList()));
      case GroupRules.Judged.Accepted accepted -> {
        var refusal = membershipRefusal(state, caller, request, accepted, contacts);
        yield refusal != null
            ? Decision.nothing(refusal)
            : turn(state, caller, request, accepted, nowMs);
      }
    };
  }

  private @Nullable CommitResponse membershipRefusal(
      ConversationState state,
      MemberId caller,
      CommitRequestIn request,
      GroupRules.Judged.Accepted judged,
      Set<AccountId> contacts) {
    var changesMembers = !request.added().isEmpty() || !request.removed().isEmpty();
    var self = state.currentMember(caller.account());
    if (self == null) {
      return refused(CommitRefusal.COMMIT_REFUSAL_NOT_A_MEMBER);
    }
    if (changesMembers && (state.head().kind() == Kind.DIRECT || !self.role().manages())) {
      return refused(CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED);
    }
    for (var account : request.removed()) {
      var member = state.currentMember(account);
      if (member == null) {
        return refused(CommitRefusal.COMMIT_REFUSAL_MEMBERSHIP_MISMATCH);
      }
      if (member.role() == MemberRole.OWNER || account.equals(caller.account())) {
        return refused(CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED);
      }
    }
    for (var account : request.added()) {
      if (state.currentMember(account) != null) {
        return refused(CommitRefusal.COMMIT_REFUSAL_MEMBERSHIP_MISMATCH);
      }
      if (!contacts.contains(account)) {
        return refused(CommitRefusal.COMMIT_REFUSAL_NOT_ALLOWED);
      }
    }
    int members =
        state.currentAccounts().size() + request.added().size() - request.removed().size();
    if (members > limits.membersMax()) {
      return refused(CommitRefusal.COMMIT_REFUSAL_GROUP_TOO_LARGE, limits.membersMax(), List.of());
    }
    return leavesRefusal(state, caller, request, judged);
  }

  private @Nullable CommitResponse leavesRefusal(
      ConversationState state,
      MemberId caller,
      CommitRequestIn request,
      GroupRules.Judged.Accepted judged) {
    for (var leaf : judged.added()) {
      boolean belongs =
          state.currentMember(leaf.account()) != null
              && !request.removed().contains(leaf.account());
      if (!belongs && !request.added().contains(leaf.account())) {
        return refused(CommitRefusal.COMMIT_REFUSAL_MEMBERSHIP_MISMATCH);
      }
    }
    for (var leaf : judged.removed()) {
      boolean isExpected =
          leaf.account().equals(caller.account())
              || request.removed().contains(leaf.account())
              || state.pending().contains(new Pending(leaf.account(), leaf.device()));
      if (!isExpected) {
        return refused(CommitRefusal.COMMIT_REFUSAL_MEMBERSHIP_MISMATCH);
      }
    }
    var leaves = leavesAfter(state, judged);
    if (leaves.values().stream().anyMatch(request.removed()::contains)) {
      return refused(CommitRefusal.COMMIT_REFUSAL_MEMBERSHIP_MISMATCH);
    }
    return leaves.size() > limits.devicesMax()
        ? refused(CommitRefusal.COMMIT_REFUSAL_GROUP_TOO_LARGE, limits.devicesMax(), List.of())
        : null;
  }

  private static Map<DeviceId, AccountId> leavesAfter(
      ConversationState state, GroupRules.Judged.Accepted judged) {
    var leaves = new HashMap<>(state.leaves());
    judged.removed().forEach(leaf -> leaves.remove(leaf.device()));
    judged.added().forEach(leaf -> leaves.put(leaf.device(), leaf.account()));
    return leaves;
  }

  private static Decision<CommitResponse> turn(
      ConversationState state,
      MemberId caller,
      CommitRequestIn request,
      GroupRules.Judged.Accepted judged,
      long nowMs) {
    var effects = new ArrayList<Effect>();
    var leaves = leavesAfter(state, judged);
    int pendingLeft = settlePending(state, leaves, effects);
    var head = state.head();
    var next = head.appended(nowMs).turned(head.generation(), head.epoch() + 1, pendingLeft);
    long seq = next.lastSeq();
    long timeMs = next.lastTimeMs();
    effects.add(new Effect.PutHead(next));
    effects.add(new Effect.PutGroup(judged.deliveryState(), request.bundle().groupInfo(), seq));
    effects.add(new Effect.DropLeaves(judged.removed().stream().map(MemberId::device).toList()));
    effects.add(new Effect.AddLeaves(judged.added()));
    var welcome = request.bundle().welcome();
    if (welcome != null && !judged.welcomed().isEmpty()) {
      effects.add(
          new Effect.PutWelcome(seq, next.generation(), next.epoch(), welcome, judged.welcomed()));
    }
    for (var account : request.removed()) {
      var member = state.currentMember(account);
      if (member != null) {
        effects.add(new Effect.PutMember(member.gone(seq, timeMs)));
      }
    }
    long firstSeq = request.sharesHistory() ? 1 : seq;
    for (var account : request.added()) {
      effects.add(
          new Effect.PutMember(
              new MemberState(account, MemberRole.MEMBER, timeMs, firstSeq, null)));
    }
    if (!request.added().isEmpty()) {
      effects.add(new Effect.Subscribe(request.added()));
    }
    effects.add(new Effect.Append(commitEntry(head, next, caller, request)));
    if (!request.added().isEmpty()) {
      effects.add(new Effect.Tell(request.added()));
    }
    if (!request.removed().isEmpty()) {
      effects.add(new Effect.Unsubscribe(request.removed()));
      effects.add(new Effect.Tell(request.removed()));
    }
    return new Decision<>(accepted(seq, next.generation(), next.epoch(), timeMs), effects);
  }

  private static int settlePending(
      ConversationState state, Map<DeviceId, AccountId> leaves, List<Effect> effects) {
    int left = 0;
    for (var pending : state.pending()) {
      if (pending.device() != null && leaves.containsKey(pending.device())) {
        left++;
      } else {
        effects.add(new Effect.DropPending(pending));
      }
    }
    return left;
  }

  private static Entry commitEntry(Head head, Head next, MemberId caller, CommitRequestIn request) {
    var body =
        CommitEntry.newBuilder()
            .setCommit(ByteString.copyFrom(request.bundle().commit().asBuffer()))
            .setSharesHistory(request.sharesHistory());
    request.added().forEach(account -> body.addAddedAccountIds(account.toString()));
    request.removed().forEach(account -> body.addRemovedAccountIds(account.toString()));
    return new Entry(
        next.lastSeq(),
        next.lastTimeMs(),
        caller.account().value(),
        DeviceCode.of(caller.device()),
        request.clientId(),
        head.generation(),
        head.epoch(),
        EntryKind.COMMIT,
        body.build().toByteString());
  }

  /// The answer to a reset whose GroupInfo was judged.
  ///
  /// @param prior the reset that gave up the request's generation, where there is one
  Decision<CommitResponse> reset(
      ConversationState state,
      MemberId caller,
      int generation,
      Bytes groupInfo,
      GroupRules.Begun begun,
      @Nullable Entry prior,
      long nowMs) {
    var clientId = CommitRequestIn.fingerprint(groupInfo);
    if (prior != null
        && prior.device() == DeviceCode.of(caller.device())
        && clientId.equals(prior.clientId())) {
      long epoch = begun instanceof GroupRules.Begun.Accepted accepted ? accepted.epoch() : 0;
      return Decision.nothing(accepted(prior.seq(), prior.generation() + 1, epoch, prior.timeMs()));
    }
    if (state.currentMember(caller.account()) == null) {
      return Decision.nothing(refused(CommitRefusal.COMMIT_REFUSAL_NOT_A_MEMBER));
    }
    var head = state.head();
    if (generation != head.generation()) {
      return Decision.nothing(
          generation < head.generation()
              ? conflict(head)
              : refused(CommitRefusal.COMMIT_REFUSAL_FUTURE_EPOCH));
    }
    return switch (begun) {
      case GroupRules.Begun.Refused(var reason, var limit) ->
          Decision.nothing(refused(reason, limit, List.of()));
      case GroupRules.Begun.Accepted accepted -> {
        var group = new Effect.PutGroup(accepted.deliveryState(), groupInfo, head.lastSeq() + 1);
        yield begin(state, caller, clientId, group, accepted.epoch(), nowMs);
      }
    };
  }

  private static Decision<CommitResponse> begin(
      ConversationState state,
      MemberId caller,
      UUID clientId,
      Effect.PutGroup group,
      long epoch,
      long nowMs) {
    var head = state.head();
    var next = head.appended(nowMs).turned(head.generation() + 1, epoch, 0);
    var effects = new ArrayList<Effect>();
    effects.add(new Effect.PutHead(next));
    effects.add(group);
    effects.add(new Effect.DropWelcomes());
    effects.add(new Effect.DropLeaves(List.copyOf(state.leaves().keySet())));
    effects.add(new Effect.AddLeaves(List.of(caller)));
    state.pending().forEach(pending -> effects.add(new Effect.DropPending(pending)));
    effects.add(
        new Effect.Append(
            new Entry(
                next.lastSeq(),
                next.lastTimeMs(),
                caller.account().value(),
                DeviceCode.of(caller.device()),
                clientId,
                head.generation(),
                head.epoch(),
                EntryKind.RESET,
                ResetEntry.newBuilder().setGeneration(next.generation()).build().toByteString())));
    effects.add(new Effect.TellAll());
    return new Decision<>(
        accepted(next.lastSeq(), next.generation(), epoch, next.lastTimeMs()), effects);
  }

  /// Stores deposits. In the current epoch an account's first one counts, and only the account
  /// itself may replace it: a false one from somebody else then hurts nobody for long.
  ///
  /// @param deposits with the caller as depositor
  /// @param spans of the earlier epochs that are named; epochs that never were are missing
  /// @param present accounts and earlier epochs that have a deposit already
  Decision<PutDepositsResponse> deposits(
      ConversationState state,
      MemberId caller,
      List<Deposit> deposits,
      Map<EpochName, EpochSpan> spans,
      Set<DepositName> present) {
    var head = state.head();
    var current = new EpochName(head.generation(), head.epoch());
    var effects = new ArrayList<Effect>();
    var missing = state.missingDeposits();
    for (var deposit : deposits) {
      var epoch = new EpochName(deposit.getGeneration(), deposit.getEpoch());
      var account = AccountId.parse(deposit.getAccountId());
      var member = state.members().get(account);
      boolean isOwn = account.equals(caller.account());
      boolean mayRead;
      boolean isNew;
      if (epoch.equals(current)) {
        mayRead = member != null && member.isCurrent();
        isNew = missing.remove(account);
      } else {
        var span = spans.get(epoch);
        mayRead = span != null && member != null && member.mayRead(span);
        isNew = !present.contains(new DepositName(epoch, account));
      }
      if (!mayRead) {
        return Decision.nothing(refusedDeposit(account));
      }
      if (isNew || isOwn) {
        effects.add(new Effect.PutDeposit(deposit));
      }
    }
    if (missing.isEmpty() && !head.isDeposited()) {
      effects.add(new Effect.PutHead(head.with(true, head.pendingCount())));
      effects.add(new Effect.TellAll());
    }
    var stored = PutDepositsResponse.Stored.newBuilder();
    missing.forEach(account -> stored.addMissingAccountIds(account.toString()));
    return new Decision<>(PutDepositsResponse.newBuilder().setStored(stored).build(), effects);
  }

  /// A device's key is no longer registered: its leaf must go.
  static List<Effect> unlinked(ConversationState state, DeviceId device) {
    var account = state.leaves().get(device);
    return account == null ? List.of() : mustGo(state, Set.of(new Pending(account, device)));
  }

  /// The effects of new pending removals; what is pending already changes nothing.
  static List<Effect> mustGo(ConversationState state, Set<Pending> added) {
    var fresh = new LinkedHashSet<>(added);
    fresh.removeAll(state.pending());
    if (fresh.isEmpty()) {
      return List.of();
    }
    var effects = new ArrayList<Effect>();
    fresh.forEach(pending -> effects.add(new Effect.AddPending(pending)));
    var head = state.head();
    effects.add(
        new Effect.PutHead(head.with(head.isDeposited(), state.pending().size() + fresh.size())));
    effects.add(new Effect.TellAll());
    return effects;
  }

  private static CommitResponse accepted(long seq, int generation, long epoch, long timeMs) {
    return CommitResponse.newBuilder()
        .setAccepted(
            CommitResponse.Accepted.newBuilder()
                .setSeq(seq)
                .setGeneration(generation)
                .setEpoch(epoch)
                .setTimeMs(timeMs))
        .build();
  }

  private static CommitResponse conflict(Head head) {
    return CommitResponse.newBuilder()
        .setConflict(
            CommitResponse.Conflict.newBuilder()
                .setGeneration(head.generation())
                .setEpoch(head.epoch()))
        .build();
  }

  static CommitResponse refused(CommitRefusal reason) {
    return refused(reason, 0, List.of());
  }

  private static CommitResponse refused(CommitRefusal reason, long limit, List<Pending> pending) {
    return CommitResponse.newBuilder()
        .setRefused(
            CommitResponse.Refused.newBuilder()
                .setReason(reason)
                .setLimit(limit)
                .addAllPendingRemovals(pending.stream().map(Pending::toWire).toList()))
        .build();
  }

  private static PutDepositsResponse refusedDeposit(AccountId account) {
    return PutDepositsResponse.newBuilder()
        .setRefused(PutDepositsResponse.Refused.newBuilder().setAccountId(account.toString()))
        .build();
  }
}
