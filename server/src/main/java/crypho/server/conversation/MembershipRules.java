package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.mls.MemberId;
import crypho.wire.v1.LeaveResponse;
import crypho.wire.v1.RoleEntry;
import crypho.wire.v1.SetRoleResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Who may do what in a group, apart from what a commit does. Pure, as [DeliveryRules].
///
/// | | member | admin | owner |
/// | --- | --- | --- | --- |
/// | add own contacts, remove others | | yes, not the owner | yes |
/// | leave | yes | yes | after handing over |
/// | take back messages of others | | yes | yes |
/// | give roles, hand over, delete | | | yes |
///
/// In a direct conversation both are plain members, and it ends with the contact.
final class MembershipRules {
  private final Limits limits;

  MembershipRules(Limits limits) {
    this.limits = limits;
  }

  /// A conversation just made: the caller's device is alone in its tree. The other side of a direct
  /// one belongs from the beginning; its devices come in by a commit or by themselves.
  static List<Effect> begin(
      Head head,
      MemberId caller,
      @Nullable AccountId peer,
      Bytes groupInfo,
      GroupRules.Begun.Accepted begun) {
    var effects = new ArrayList<Effect>();
    var role = head.kind() == Kind.GROUP ? MemberRole.OWNER : MemberRole.MEMBER;
    var accounts = peer == null ? Set.of(caller.account()) : Set.of(caller.account(), peer);
    effects.add(new Effect.PutHead(head));
    effects.add(
        new Effect.PutMember(new MemberState(caller.account(), role, head.lastTimeMs(), 1, null)));
    if (peer != null) {
      effects.add(
          new Effect.PutMember(
              new MemberState(peer, MemberRole.MEMBER, head.lastTimeMs(), 1, null)));
    }
    effects.add(new Effect.PutGroup(begun.deliveryState(), groupInfo, 0));
    effects.add(new Effect.AddLeaves(List.of(caller)));
    effects.add(new Effect.Subscribe(accounts));
    effects.add(new Effect.TellAll());
    return effects;
  }

  /// Everything of it goes, for everyone.
  static List<Effect> delete() {
    return List.of(new Effect.Delete(), new Effect.TellAll(), new Effect.Close());
  }

  /// @param state of a group to which the caller belongs
  Decision<LeaveResponse> leave(ConversationState state, MemberId caller, long nowMs) {
    var self = state.currentMember(caller.account());
    if (self == null) {
      return Decision.nothing(left());
    }
    if (self.role() == MemberRole.OWNER) {
      return Decision.nothing(
          LeaveResponse.newBuilder()
              .setOwnerMustHandOver(LeaveResponse.OwnerMustHandOver.getDefaultInstance())
              .build());
    }
    var next = state.head().appended(nowMs);
    var pending = new HashSet<Pending>(state.pending());
    state
        .leaves()
        .forEach((device, account) -> {
          if (account.equals(caller.account())) {
            pending.add(new Pending(account, device));
          }
        });
    pending.removeAll(state.pending());
    if (pending.isEmpty()) {
      pending.add(new Pending(caller.account(), null));
    }
    var effects = new ArrayList<Effect>();
    pending.forEach(each -> effects.add(new Effect.AddPending(each)));
    var missing = state.missingDeposits();
    missing.remove(caller.account());
    effects.add(
        new Effect.PutHead(next.with(missing.isEmpty(), state.pending().size() + pending.size())));
    effects.add(new Effect.PutMember(self.gone(next.lastSeq(), next.lastTimeMs())));
    effects.add(new Effect.Append(entry(state, next, caller, EntryKind.LEFT, ByteString.EMPTY)));
    effects.add(new Effect.Unsubscribe(Set.of(caller.account())));
    effects.add(new Effect.TellAll());
    effects.add(new Effect.Tell(Set.of(caller.account())));
    return new Decision<>(left(), effects);
  }

  /// @param ownedByTarget groups that `target` owns now
  Decision<SetRoleResponse> setRole(
      ConversationState state,
      MemberId caller,
      AccountId target,
      MemberRole role,
      int ownedByTarget,
      long nowMs) {
    var self = state.currentMember(caller.account());
    var other = state.currentMember(target);
    if (self == null
        || self.role() != MemberRole.OWNER
        || other == null
        || target.equals(caller.account())) {
      return Decision.nothing(
          SetRoleResponse.newBuilder()
              .setNotAllowed(SetRoleResponse.NotAllowed.getDefaultInstance())
              .build());
    }
    if (role == MemberRole.OWNER && ownedByTarget >= limits.ownedGroupsMax()) {
      return Decision.nothing(
          SetRoleResponse.newBuilder()
              .setOwnedGroupsLimit(
                  SetRoleResponse.OwnedGroupsLimit.newBuilder()
                      .setOwnedGroupsMax(limits.ownedGroupsMax()))
              .build());
    }
    var next = state.head().appended(nowMs);
    var effects = new ArrayList<Effect>();
    effects.add(new Effect.PutHead(next));
    effects.add(new Effect.PutMember(other.with(role)));
    if (role == MemberRole.OWNER) {
      effects.add(new Effect.PutMember(self.with(MemberRole.ADMIN)));
    }
    var body = RoleEntry.newBuilder().setAccountId(target.toString()).setRole(role.wire).build();
    effects.add(new Effect.Append(entry(state, next, caller, EntryKind.ROLE, body.toByteString())));
    return new Decision<>(
        SetRoleResponse.newBuilder()
            .setChanged(SetRoleResponse.Changed.newBuilder().setSeq(next.lastSeq()))
            .build(),
        effects);
  }

  private static Entry entry(
      ConversationState state, Head next, MemberId caller, EntryKind kind, ByteString body) {
    return new Entry(
        next.lastSeq(),
        next.lastTimeMs(),
        caller.account().value(),
        DeviceCode.of(caller.device()),
        null,
        state.head().generation(),
        state.head().epoch(),
        kind,
        body);
  }

  private static LeaveResponse left() {
    return LeaveResponse.newBuilder().setLeft(LeaveResponse.Left.getDefaultInstance()).build();
  }
}
