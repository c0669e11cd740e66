package crypho.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One conversation: BouncyCastle's devices on one side, our delivery state on the other, and a
/// directory whose answers a test can change. One owner thread.
final class World implements Directory {
  final Instant now = Instant.ofEpochSecond(BcDevice.nowSeconds());

  final GroupId groupId =
      new GroupId(new ConversationId(new UUID(0x4111L, 0x8222_0000_0000_0000L)), 3);
  final Map<DeviceId, BcDevice> devices = new LinkedHashMap<>();
  final Map<DeviceId, Bytes> registered = new HashMap<>();
  final Set<AccountId> entitled = new HashSet<>();
  boolean mayAdd = true;
  boolean mayRemove = true;
  @Nullable DeliveryState state;
  Bytes groupInfo = Bytes.EMPTY;
  private long nextDevice = 1;

  BcDevice device(long account) {
    var device = new BcDevice(BcDevice.account(account), nextDevice++);
    devices.put(device.member.device(), device);
    registered.put(device.member.device(), device.signatureKey());
    return device;
  }

  /// A world with one device of account 1 in the group.
  static World created() {
    var world = new World();
    var first = world.device(1);
    world.entitled.add(first.member.account());
    world.groupInfo = first.create(world.groupId);
    var outcome = CommitRules.create(world.groupId, first.member, world.groupInfo, world);
    if (!(outcome instanceof CreateOutcome.Created created)) {
      throw new AssertionError(outcome);
    }
    world.state = created.state();
    return world;
  }

  /// A world where each of `accounts` has one device in the group, in that order.
  static World of(long... accounts) {
    var world = created();
    var newcomers = new ArrayList<BcDevice>();
    for (var account : accounts) {
      newcomers.add(world.device(account));
    }
    world.add(world.at(0), newcomers);
    return world;
  }

  DeliveryState state() {
    return Objects.requireNonNull(state);
  }

  /// The device at a leaf.
  BcDevice at(int leafIndex) {
    for (var leaf : state().roster()) {
      if (leaf.leafIndex() == leafIndex) {
        return Objects.requireNonNull(devices.get(leaf.member().device()));
      }
    }
    throw new AssertionError("nobody at leaf " + leafIndex);
  }

  int place(BcDevice device) {
    return Objects.requireNonNull(state().leafOf(device.member.device())).leafIndex();
  }

  List<BcDevice> members() {
    return state().roster().stream()
        .map(leaf -> Objects.requireNonNull(devices.get(leaf.member().device())))
        .toList();
  }

  CommitOutcome judge(BcDevice submitter, CommitBundle bundle) {
    return CommitRules.judge(state(), submitter.member, bundle, this, now);
  }

  /// Submits, and where it is accepted lets everybody follow.
  CommitOutcome submit(BcDevice committer, BcDevice.Made made) {
    var outcome = judge(committer, made.bundle());
    if (outcome instanceof CommitOutcome.Accepted accepted) {
      for (var member : members()) {
        if (member != committer) {
          if (accepted.state().contains(member.member)) {
            member.process(made.bundle().commit());
          } else {
            member.group = null;
          }
        }
      }
      committer.group = made.next();
      state = accepted.state();
      groupInfo = made.bundle().groupInfo();
      entitled.addAll(accepted.addedAccounts());
      entitled.removeAll(accepted.removedAccounts());
    }
    return outcome;
  }

  CommitOutcome.Accepted accepted(BcDevice committer, BcDevice.Made made) {
    if (submit(committer, made) instanceof CommitOutcome.Accepted accepted) {
      return accepted;
    }
    throw new AssertionError(judge(committer, made.bundle()));
  }

  CommitOutcome.Accepted add(BcDevice committer, List<BcDevice> newcomers) {
    var deposits = newcomers.stream().map(BcDevice::deposit).toList();
    var made = committer.commit(deposits, List.of());
    var outcome = accepted(committer, made);
    for (var i = 0; i < newcomers.size(); i++) {
      newcomers.get(i).join(Objects.requireNonNull(made.bundle().welcome()), deposits.get(i));
    }
    return outcome;
  }

  @Override
  public String domain() {
    return BcDevice.DOMAIN;
  }

  @Override
  public boolean isRegistered(MemberId member, Bytes signatureKey) {
    var device = devices.get(member.device());
    return device != null
        && device.member.equals(member)
        && Objects.equals(registered.get(member.device()), signatureKey);
  }

  @Override
  public boolean isEntitled(AccountId account) {
    return entitled.contains(account);
  }

  @Override
  public boolean mayAdd(AccountId committer, AccountId account) {
    return mayAdd;
  }

  @Override
  public boolean mayRemove(AccountId committer, AccountId account) {
    return mayRemove;
  }
}
