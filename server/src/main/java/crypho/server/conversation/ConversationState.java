package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Everything that the rules look at, except the log: one conversation at one moment, immutable.
///
/// @param members current and former ones
/// @param leaves the devices in the current epoch's tree
/// @param deposited accounts with a deposit of the current epoch
record ConversationState(
    ConversationId id,
    Head head,
    Map<AccountId, MemberState> members,
    Map<DeviceId, AccountId> leaves,
    Set<Pending> pending,
    Set<AccountId> deposited) {

  /// Null for one who does not belong now.
  @Nullable MemberState currentMember(AccountId account) {
    var member = members.get(account);
    return member != null && member.isCurrent() ? member : null;
  }

  /// Accounts that belong now, in a fixed order.
  Set<AccountId> currentAccounts() {
    var out = new TreeSet<AccountId>((a, b) -> a.value().compareTo(b.value()));
    members.values().stream()
        .filter(MemberState::isCurrent)
        .forEach(member -> out.add(member.account()));
    return out;
  }

  /// Accounts whose deposit is missing in the current epoch, in a fixed order.
  Set<AccountId> missingDeposits() {
    var out = currentAccounts();
    out.removeAll(deposited);
    return out;
  }
}
